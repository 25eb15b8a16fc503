// Curves as dots, one canvas over the other.

import Telemetry

/// What a chart draws, from top to bottom: points, smoothed lines, lines through points, the raw band; and where there are gaps.
struct ChartLayers {
  /// One canvas, its colour, and its character in ASCII.
  struct Layer {
    var canvas: PlotCanvas
    let role: Role
    let ascii: Unicode.Scalar
  }

  /// Where a value is no number, in dots from the left.
  private(set) var marks: [Int] = []
  /// Where a smoothed curve is above or below the axis, in dots from the left.
  private(set) var above: [Int] = []
  private(set) var below: [Int] = []
  /// Lines and points, from the topmost on: where they meet, a cell shows the dots of all.
  private(set) var lines: [Layer] = []
  /// What lies behind them.
  private(set) var bands: [Layer] = []
  private let blank: PlotCanvas
  private let scale: ChartScale
  private let unicode: Bool

  /// Other runs' curves are told apart by these, and in ASCII by their characters.
  private static let others: [(Role, Unicode.Scalar)] = [(.curve3, "a"), (.curve4, "b"), (.curve5, "c")]

  init(_ content: ChartContent, _ scale: ChartScale, on blank: PlotCanvas, unicode: Bool) {
    (self.blank, self.scale, self.unicode) = (blank, scale, unicode)
    let validation = content.curves.filter { $0.key.role == .validation }
    for curve in validation { addPoints(curve, .validationCurve) }
    for curve in content.curves where curve.key.role != .validation { addSmoothed(curve) }
    for curve in validation { addLine(curve, .validationCurve, "o") }
    for (other, (role, character)) in zip(content.others, ChartLayers.others) {
      for curve in other.curves { addLine(curve, role, other.character ?? character) }
    }
  }

  /// Where the other runs' colours stand in the legend.
  static func role(ofOther index: Int) -> (role: Role, character: Unicode.Scalar) { others[index % others.count] }

  /// The smoothed line over the band that the raw values fill.
  private mutating func addSmoothed(_ curve: Curve) {
    var line = Layer(canvas: blank, role: curve.key.role.role, ascii: "*")
    var band = Layer(canvas: blank, role: .trainRaw, ascii: ".")
    var previous: (x: Int, y: Int)?
    for (bucket, smoothed) in zip(curve.buckets, curve.smoothed) {
      let x = scale.x(bucket.lastStep)
      if bucket.nonFinite > 0 { marks.append(x) }
      if curve.smoothing > 0, !bucket.isGap, let top = scale.y(bucket.maximum), let bottom = scale.y(bucket.minimum) {
        let (first, last) = (max(0, scale.x(bucket.firstStep)), min(x, scale.width - 1))
        if first <= last { for column in first...last { band.canvas.vertical(column, from: top, to: bottom) } }
      }
      let value = curve.smoothing > 0 ? smoothed : bucket.last
      guard !bucket.isGap, let y = scale.y(value) else {
        previous = nil
        continue
      }
      line.canvas.line(from: previous ?? (x, y), to: (x, y))
      previous = (x, y)
      if y < 0 { above.append(x) } else if y >= scale.height { below.append(x) }
    }
    lines.append(line)
    bands.append(band)
  }

  /// A line through values.
  private mutating func addLine(_ curve: Curve, _ role: Role, _ ascii: Unicode.Scalar) {
    var line = Layer(canvas: blank, role: role, ascii: ascii)
    var previous: (x: Int, y: Int)?
    for (index, bucket) in curve.buckets.enumerated() {
      let value = curve.smoothing > 0 ? curve.smoothed[index] : bucket.last
      guard !bucket.isGap, let y = scale.y(value) else {
        previous = nil
        continue
      }
      let x = scale.x(bucket.lastStep)
      line.canvas.line(from: previous ?? (x, y), to: (x, y))
      previous = (x, y)
    }
    lines.append(line)
  }

  /// Values as little blocks, so that a single epoch shows.
  private mutating func addPoints(_ curve: Curve, _ role: Role) {
    var point = Layer(canvas: blank, role: role, ascii: "o")
    for bucket in curve.buckets {
      let x = scale.x(bucket.lastStep)
      guard !bucket.isGap, let y = scale.y(bucket.last) else {
        marks.append(x)
        continue
      }
      guard (0..<scale.width).contains(x), (0..<scale.height).contains(y) else { continue }
      for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1)] where unicode || (dx, dy) == (0, 0) {
        point.canvas.set(min(scale.width - 1, x + dx), min(scale.height - 1, y + dy))
      }
    }
    lines.append(point)
  }
}
