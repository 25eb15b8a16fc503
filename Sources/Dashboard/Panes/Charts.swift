// The loss and accuracy curves.

import Training

/// One chart's curves and how to draw them.
private struct ChartContent {
  let train: [MetricBucket]
  let validation: [MetricBucket]
  let steps: Int
  /// What a value is multiplied by before it is shown, and the sign behind it: 100 and % for percentages.
  let factor: Double
  let unit: String
  let isLog: Bool
  /// Values beyond these cannot be.
  let limits: ClosedRange<Double>?
}

extension Canvas {
  mutating func drawLoss(_ rect: Rect) {
    let curves = model.snapshot?.curves ?? Curves()
    let at = title(.loss, model.state.isLogLoss ? "Loss (log)" : "Loss", in: rect)
    drawLegend(at, rect, curves.trainLoss, curves.validationLoss) { fixed($0, $0 < 0.1 ? 4 : 3) }
    drawChart(
      rect.dropping(rows: 1),
      ChartContent(
        train: curves.trainLoss, validation: curves.validationLoss, steps: chartSteps, factor: 1, unit: "",
        isLog: model.state.isLogLoss, limits: model.state.isLogLoss ? nil : 0...Double.infinity))
  }

  mutating func drawAccuracy(_ rect: Rect) {
    let curves = model.snapshot?.curves ?? Curves()
    let at = title(.accuracy, "Accuracy", in: rect)
    drawLegend(at, rect, curves.trainAccuracy, curves.validationAccuracy) { fixed($0 * 100, 1) }
    drawChart(
      rect.dropping(rows: 1),
      ChartContent(
        train: curves.trainAccuracy, validation: curves.validationAccuracy, steps: chartSteps, factor: 100, unit: "%",
        isLog: false, limits: 0...100))
  }

  /// The right end of the step axis: what has been done, but at least a few steps, so that the first points show.
  private var chartSteps: Int { max(model.snapshot?.step ?? 0, 10) }

  /// The newest values, each in its curve's colour and with its name.
  private mutating func drawLegend(
    _ column: Int, _ rect: Rect, _ train: [MetricBucket], _ validation: [MetricBucket], _ format: (Double) -> String
  ) {
    let end = rect.column + rect.columns
    var at = column
    let smoothing = Double(model.smoothing)
    if let last = train.last {
      let text = last.isGap || !last.smoothed.isFinite ? "nan" : format(last.smoothed)
      at = addToTitle("train \(text)", .trainCurve, column: at, end: end, row: rect.row)
    }
    if let last = validation.last {
      let text = last.isGap ? "nan" : format(last.last)
      at = addToTitle("validation \(text)", .validationCurve, column: at, end: end, row: rect.row)
    }
    if smoothing > 0 && !train.isEmpty {
      _ = addToTitle("smoothed \(fixed(smoothing, 2))", .faint, column: at, end: end, row: rect.row)
    }
  }

  private mutating func drawChart(_ rect: Rect, _ content: ChartContent) {
    guard rect.rows >= 3, rect.columns >= 16 else { return }
    let plotRows = rect.rows - 1
    let axis = yAxis(content, rows: plotRows)
    let labels = axis.ticks.map { axis.label($0) + content.unit }
    let margin = max(5, (labels.map(\.count).max() ?? 0) + 1)
    let plot = Rect(
      column: rect.column + margin + 1, row: rect.row, columns: rect.columns - margin - 2, rows: plotRows)
    drawAxes(axis, labels, plot, steps: content.steps)

    var raw = PlotCanvas(columns: plot.columns, rows: plot.rows, unicode: model.capabilities.unicode)
    var smooth = raw
    var validation = raw
    var validationPoints = raw
    var marks: [Int] = []
    let place = ChartPlace(
      axis: axis, steps: content.steps, width: raw.width, height: raw.height, factor: content.factor)
    var previous: (x: Int, y: Int)?
    for bucket in content.train {
      let x = place.x(bucket.lastStep)
      if bucket.nonFinite > 0 { marks.append(x) }
      if !bucket.isGap, let top = place.y(bucket.maximum), let bottom = place.y(bucket.minimum) {
        for column in place.x(bucket.firstStep)...x { raw.vertical(column, from: top, to: bottom) }
      }
      guard !bucket.isGap, let y = place.y(bucket.smoothed) else {
        previous = nil
        continue
      }
      smooth.line(from: previous ?? (x, y), to: (x, y))
      previous = (x, y)
    }
    var last: (x: Int, y: Int)?
    for bucket in content.validation {
      guard !bucket.isGap, let y = place.y(bucket.last) else {
        marks.append(place.x(bucket.lastStep))
        last = nil
        continue
      }
      let point = (x: place.x(bucket.lastStep), y: y)
      validation.line(from: last ?? point, to: point)
      // A point is a little block, so that a single epoch shows.
      for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1)] where model.capabilities.unicode {
        validationPoints.set(min(validation.width - 1, point.x + dx), min(validation.height - 1, point.y + dy))
      }
      validationPoints.set(point.x, point.y)
      last = point
    }
    // The points above all, their line below the training curve, which it would hide.
    compose(
      plot,
      [
        (validationPoints, .validationCurve, "o"), (smooth, .trainCurve, "*"), (validation, .validationCurve, "o"),
        (raw, .trainRaw, "."),
      ])
    drawGaps(marks, plot, dotsPerCell: model.capabilities.unicode ? 2 : 1)
  }

  /// Curves over each other: a cell belongs to the topmost one that has a dot in it.
  private mutating func compose(_ plot: Rect, _ layers: [(canvas: PlotCanvas, role: Role, ascii: Unicode.Scalar)]) {
    for row in 0..<plot.rows {
      for column in 0..<plot.columns {
        for (canvas, role, ascii) in layers {
          guard let character = canvas.character(column, row, ascii: ascii) else { continue }
          grid[plot.column + column, plot.row + row] = Cell(character, theme[role])
          break
        }
      }
    }
  }

  /// A value that is not a number leaves a gap; the mark says that it is no accident of the drawing.
  private mutating func drawGaps(_ marks: [Int], _ plot: Rect, dotsPerCell: Int) {
    for x in Set(marks.map { $0 / dotsPerCell }) where x < plot.columns {
      write("!", .failed, column: plot.column + x, row: plot.row + plot.rows - 1)
    }
  }

  private func yAxis(_ content: ChartContent, rows: Int) -> Axis {
    let finite = (content.train + content.validation).filter { !$0.isGap }
    let low = (finite.map(\.minimum).min() ?? 0) * content.factor
    let high = (finite.map(\.maximum).max() ?? 1) * content.factor
    let count = max(2, rows / 2)
    if content.isLog {
      let positive = finite.map(\.minimum).filter { $0 > 0 }.min().map { $0 * content.factor } ?? 0.1
      return Axis(log: positive...max(positive, high), count: count)
    }
    return Axis(linear: low...max(low, high), count: count, limits: content.limits)
  }

  private mutating func drawAxes(_ axis: Axis, _ labels: [String], _ plot: Rect, steps: Int) {
    for row in plot.row..<plot.row + plot.rows {
      grid[plot.column - 1, row] = Cell(glyphs.vertical, theme[.axis])
    }
    var used: Set<Int> = []
    for (tick, label) in zip(axis.ticks, labels) {
      guard let position = axis.position(tick) else { continue }
      let row = plot.row + plot.rows - 1 - Int((position * Double(plot.rows - 1)).rounded())
      guard used.insert(row).inserted else { continue }
      writeRight(label, .axis, end: plot.column - 1, row: row)
    }
    let bottom = plot.row + plot.rows
    let ticks = Axis(linear: 0...Double(steps), count: max(2, plot.columns / 12))
    writeRight("step", .axis, end: plot.column - 1, row: bottom)
    var free = plot.column - 1
    for tick in ticks.ticks where tick <= Double(steps) {
      let label = ticks.label(tick)
      let center = plot.column + Int(tick / Double(steps) * Double(plot.columns - 1))
      let start = min(max(plot.column, center - label.count / 2), plot.column + plot.columns - label.count)
      guard start > free else { continue }
      free = write(label, .axis, column: start, row: bottom)
    }
  }
}

/// From steps and values to dots.
private struct ChartPlace {
  let axis: Axis
  let steps: Int
  let width: Int
  let height: Int
  let factor: Double

  func x(_ step: Int) -> Int {
    min(width - 1, max(0, Int((Double(step) / Double(max(1, steps)) * Double(width - 1)).rounded())))
  }

  func y(_ value: Double) -> Int? {
    axis.position(value * factor).map { Int(((1 - min(1, max(0, $0))) * Double(height - 1)).rounded()) }
  }
}
