// Drawing a chart: legend, axes, curves, and the marks of gaps.

import Telemetry

extension Canvas {
  /// The right end of a step axis: what has been done, but at least a few steps, so that the first points show.
  var chartSteps: Int { max(model.snapshot?.step ?? 0, 10) }

  /// A chart below the title that ends at a column.
  mutating func drawChart(_ content: ChartContent, after column: Int, in pane: Rect) {
    drawLegend(content.curves, content.format, column: column, in: pane)
    let rect = pane.dropping(rows: 1)
    guard rect.rows >= 3, rect.columns >= 16 else { return }
    let axis = Axis(of: content, rows: rect.rows - 1)
    let labels = axis.ticks.map { axis.label($0) + content.unit }
    let margin = max(5, (labels.map(\.count).max() ?? 0) + 1)
    let plot = Rect(
      column: rect.column + margin + 1, row: rect.row, columns: rect.columns - margin - 2, rows: rect.rows - 1)
    drawValueAxis(axis, labels, plot)
    drawStepAxis(plot, steps: content.steps)

    let blank = PlotCanvas(columns: plot.columns, rows: plot.rows, unicode: model.capabilities.unicode)
    let scale = ChartScale(content, axis: axis, on: blank)
    let layers = ChartLayers(content, scale, on: blank, unicode: model.capabilities.unicode)
    compose(layers.topToBottom, plot)
    drawGaps(layers.marks, plot, dotsPerCell: model.capabilities.unicode ? 2 : 1)
  }

  /// The newest values, each in its curve's colour and with its name, and the strength of the smoothing.
  private mutating func drawLegend(_ curves: [Curve], _ format: (Double) -> String, column: Int, in rect: Rect) {
    let end = rect.column + rect.columns
    var at = column
    for curve in curves {
      guard let last = curve.buckets.last else { continue }
      let role = curve.key.role
      let text = role.newest(last).map(format) ?? "nan"
      at = addToTitle("\(role.word) \(text)", role.role, column: at, end: end, row: rect.row)
    }
    if let smoothed = curves.first(where: { $0.smoothing > 0 && !$0.buckets.isEmpty }) {
      _ = addToTitle("smoothed \(fixed(smoothed.smoothing, 2))", .faint, column: at, end: end, row: rect.row)
    }
  }

  /// Curves over each other: a cell belongs to the topmost one that has a dot in it.
  private mutating func compose(_ layers: [ChartLayers.Layer], _ plot: Rect) {
    for row in 0..<plot.rows {
      for column in 0..<plot.columns {
        for layer in layers {
          guard let character = layer.canvas.character(column, row, ascii: layer.ascii) else { continue }
          grid[plot.column + column, plot.row + row] = Cell(character, theme[layer.role])
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

  private mutating func drawValueAxis(_ axis: Axis, _ labels: [String], _ plot: Rect) {
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
  }

  private mutating func drawStepAxis(_ plot: Rect, steps: Int) {
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
