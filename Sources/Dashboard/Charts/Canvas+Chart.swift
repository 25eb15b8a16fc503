// Drawing a chart: legend, axes, curves, the cursor, and the marks of gaps.

import Telemetry

extension Canvas {
  /// A chart with its title.
  ///
  /// - Parameter margin: columns left of the plot; as many as its own labels need if nil.
  mutating func drawChart(_ content: ChartContent, _ time: TimeScale, margin: Int? = nil, in pane: Rect) {
    let at = title(content.title, in: pane)
    drawLegend(content, column: at, in: pane)
    let rect = pane.dropping(rows: 1)
    guard rect.rows >= 3, rect.columns >= 16 else { return }
    let axis = content.axis(time, rows: rect.rows - 1)
    let labels = axis.ticks.map { axis.label($0) + content.unit }
    let margin = margin ?? content.margin(time, rows: rect.rows - 1)
    let plot = Rect(
      column: rect.column + margin + 1, row: rect.row, columns: rect.columns - margin - 2, rows: rect.rows - 1)
    guard plot.columns > 4 else { return }
    drawValueAxis(axis, labels, plot)
    drawTimeAxis(time, plot)

    let blank = PlotCanvas(columns: plot.columns, rows: plot.rows, unicode: model.capabilities.unicode)
    let scale = ChartScale(content, axis: axis, time: time, on: blank)
    let layers = ChartLayers(content, scale, on: blank, unicode: model.capabilities.unicode)
    if let cursor = model.state.charts.cursor { drawUpright(scale.x(cursor) / dotsPerCell, .axis, plot) }
    if model.status.newest != nil { drawUpright(scale.x(model.status.step) / dotsPerCell, .paused, plot) }
    compose(layers, plot)
    drawGaps(layers.marks, plot)
    // Where the curve leaves the axis, an arrow says that it goes on there.
    let ends = [(layers.above, plot.row, "↑"), (layers.below, plot.row + plot.rows - 1, "↓")]
    for (columns, row, arrow) in ends {
      guard let x = columns.map({ $0 / dotsPerCell }).filter({ (0..<plot.columns).contains($0) }).max() else {
        continue
      }
      write(model.capabilities.unicode ? arrow : "^", .trainCurve, column: plot.column + x, row: row)
    }
  }

  private var dotsPerCell: Int { model.capabilities.unicode ? 2 : 1 }

  /// The values at the cursor, or else the newest, each in its curve's colour and with its name: the smoothed value with
  /// the raw one behind it.
  private mutating func drawLegend(_ content: ChartContent, column: Int, in rect: Rect) {
    let end = rect.column + rect.columns
    var at = column
    if let cursor = model.chartStep {
      at = addToTitle("at step \(grouped(cursor))", .number, column: at, end: end, row: rect.row)
    }
    let cursor = model.chartStep ?? .max
    var smoothing: Double?
    var entries: [(plain: String, raw: String, role: Role)] = []
    for curve in content.curves {
      guard let index = curve.buckets.lastIndex(where: { $0.firstStep <= cursor }) else { continue }
      let (bucket, role) = (curve.buckets[index], curve.key.role)
      let isSmooth = curve.smoothing > 0
      if isSmooth { smoothing = curve.smoothing }
      let value = isSmooth && index < curve.smoothed.count ? curve.smoothed[index] : bucket.last
      let text = bucket.isGap || !value.isFinite ? "nan" : content.format(value)
      let raw = isSmooth && !bucket.isGap ? " (\(content.format(bucket.last)))" : ""
      let word = role.word.isEmpty ? "" : role == .validation ? "\(model.run.validation) " : "\(role.word) "
      entries.append(("\(word)\(text)", raw, role.role))
    }
    // Raw values only where there is room for all curves with them.
    let hasRoom = at + entries.reduce(0) { $0 + $1.plain.count + $1.raw.count + 1 } <= end
    for entry in entries {
      let text = hasRoom ? entry.plain + entry.raw : entry.plain
      at = addToTitle(text, entry.role, column: at, end: end, row: rect.row)
    }
    for (index, other) in content.others.enumerated() {
      let mark = ChartLayers.role(ofOther: index)
      let name = other.character == nil ? "\(mark.character) \(other.name)" : other.name
      at = addToTitle(name, mark.role, column: at, end: end, row: rect.row)
    }
    if let smoothing {
      _ = addToTitle("smoothed \(fixed(smoothing, 3)), raw behind", .faint, column: at, end: end, row: rect.row)
    }
  }

  /// Curves over the bands: where several curves go through a cell, it shows the dots of all in the topmost one's colour.
  private mutating func compose(_ layers: ChartLayers, _ plot: Rect) {
    for row in 0..<plot.rows {
      for column in 0..<plot.columns {
        let here = layers.lines.filter { $0.canvas.hasDots(column, row) }
        // Where there are colours for it, the band is behind the line, in whole cells.
        let isBand = hasBand && layers.bands.contains { $0.canvas.dots(column, row) >= (here.isEmpty ? 8 : 4) }
        if isBand, here.isEmpty {
          grid[plot.column + column, plot.row + row] = Cell(" ", theme[.band])
          continue
        }
        let drawn = here.isEmpty ? layers.bands.filter { $0.canvas.hasDots(column, row) } : here
        guard let top = drawn.first,
          let character = PlotCanvas.character(drawn.map(\.canvas), column, row, ascii: top.ascii)
        else { continue }
        var style = theme[top.role]
        if isBand { style.background = theme[.band].background }
        grid[plot.column + column, plot.row + row] = Cell(character, style)
      }
    }
  }

  private var hasBand: Bool { model.capabilities.hasHalfBlocks }

  /// A line from top to bottom: at the cursor, or where in the past the run stands.
  private mutating func drawUpright(_ x: Int, _ role: Role, _ plot: Rect) {
    guard x >= 0, x < plot.columns else { return }
    let character = role == .axis ? "┊" : "│"
    for row in plot.row..<plot.row + plot.rows {
      write(model.capabilities.unicode ? character : "|", role, column: plot.column + x, row: row)
    }
  }

  /// A value that is not a number leaves a gap; the mark says that it is no accident of the drawing.
  private mutating func drawGaps(_ marks: [Int], _ plot: Rect) {
    for x in Set(marks.map { $0 / dotsPerCell }) where x >= 0 && x < plot.columns {
      write("!", .failed, column: plot.column + x, row: plot.row + plot.rows - 1)
    }
  }

  private mutating func drawValueAxis(_ axis: Axis, _ labels: [String], _ plot: Rect) {
    for row in plot.row..<plot.row + plot.rows {
      grid[plot.column - 1, row] = Cell(glyphs.vertical, theme[.rule])
    }
    var used: Set<Int> = []
    for (tick, label) in zip(axis.ticks, labels) {
      guard let position = axis.position(tick) else { continue }
      let row = plot.row + plot.rows - 1 - Int((position * Double(plot.rows - 1)).rounded())
      guard row >= plot.row, used.insert(row).inserted else { continue }
      writeRight(label, .axis, end: plot.column - 1, row: row)
    }
  }

  private mutating func drawTimeAxis(_ time: TimeScale, _ plot: Rect) {
    let bottom = plot.row + plot.rows
    writeRight(time.word, .axis, end: plot.column - 1, row: bottom)
    var free = plot.column - 1
    for (position, label) in time.ticks(count: max(2, plot.columns / 12)) {
      let center = plot.column + Int(position * Double(plot.columns - 1))
      let start = min(max(plot.column, center - label.count / 2), plot.column + plot.columns - label.count)
      guard start > free else { continue }
      free = write(label, .axis, column: start, row: bottom)
    }
  }
}
