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
  private var points: [Layer] = []
  private var smooth: [Layer] = []
  private var lines: [Layer] = []
  private var bands: [Layer] = []
  private let blank: PlotCanvas
  private let scale: ChartScale
  private let unicode: Bool

  init(_ content: ChartContent, _ scale: ChartScale, on blank: PlotCanvas, unicode: Bool) {
    (self.blank, self.scale, self.unicode) = (blank, scale, unicode)
    for curve in content.curves {
      switch curve.key.role {
      case .training: addSmoothed(curve)
      case .validation: addPoints(curve)
      }
    }
  }

  /// A line through points lies below the smoothed curves, which it would hide.
  var topToBottom: [Layer] { points + smooth + lines + bands }

  /// The smoothed line over the band that the raw values fill.
  private mutating func addSmoothed(_ curve: Curve) {
    var line = Layer(canvas: blank, role: curve.key.role.role, ascii: "*")
    var band = Layer(canvas: blank, role: .trainRaw, ascii: ".")
    var previous: (x: Int, y: Int)?
    for bucket in curve.buckets {
      let x = scale.x(bucket.lastStep)
      if bucket.nonFinite > 0 { marks.append(x) }
      if !bucket.isGap, let top = scale.y(bucket.maximum), let bottom = scale.y(bucket.minimum) {
        for column in scale.x(bucket.firstStep)...x { band.canvas.vertical(column, from: top, to: bottom) }
      }
      guard !bucket.isGap, let y = scale.y(bucket.smoothed) else {
        previous = nil
        continue
      }
      line.canvas.line(from: previous ?? (x, y), to: (x, y))
      previous = (x, y)
    }
    smooth.append(line)
    bands.append(band)
  }

  /// Points, and a line through them.
  private mutating func addPoints(_ curve: Curve) {
    var line = Layer(canvas: blank, role: curve.key.role.role, ascii: "o")
    var point = line
    var previous: (x: Int, y: Int)?
    for bucket in curve.buckets {
      let x = scale.x(bucket.lastStep)
      guard !bucket.isGap, let y = scale.y(bucket.last) else {
        marks.append(x)
        previous = nil
        continue
      }
      line.canvas.line(from: previous ?? (x, y), to: (x, y))
      // A little block, so that a single epoch shows.
      for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1)] where unicode {
        point.canvas.set(min(scale.width - 1, x + dx), min(scale.height - 1, y + dy))
      }
      point.canvas.set(x, y)
      previous = (x, y)
    }
    lines.append(line)
    points.append(point)
  }
}
