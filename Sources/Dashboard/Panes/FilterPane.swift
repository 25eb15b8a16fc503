// One filter in full: its channels, its figures, its gradient, how it came to be, and its map.

import Telemetry

extension Pane {
  public static let filter: Pane = Pane(
    name: "filter", smallest: Size(40, 14),
    isWanted: { $0.selectedLayer?.filters != nil },
    need: { request, model, _ in request.detail = model.state.filter },
    draw: { $0.drawFilter($1) },
    explain: { model in
      "Filter \(model.state.filter) of \(model.selectedLayer?.name ?? ""), channel by channel, with its figures, its "
        + "gradient and how it came to be"
    },
    keys: [KeyBinding.filterBefore, KeyBinding.filterAfter])
}

extension Canvas {
  fileprivate mutating func drawFilter(_ rect: Rect) {
    guard let layer = model.selectedLayer else { return }
    guard let geometry = layer.filters else {
      _ = title(layer.name, in: rect)
      write(
        "\(layer.name) has no weights; [ ] choose another layer", .faint, column: rect.column + 1, row: rect.row + 1)
      return
    }
    let at = title("Filter \(model.state.filter) of \(layer.name)", in: rect)
    guard let detail = model.currentSnapshot?.detail, detail.filter == model.state.filter else { return }
    let inside = rect.belowTitle
    let end = rect.column + rect.columns
    let isOwn = model.state.look.scale == .tile
    let shading = model.shading(isOwn ? detail.figures.range : detail.layerRange, isSigned: true)
    if end - at > painter.legendWidth(shading, width: 9) {
      let next = painter.drawLegend(shading, width: 9, column: at, row: rect.row, style: theme[.text], on: &grid)
      grid[next, rect.row] = Cell(" ")
    }
    var row = drawFigures(detail, inside)
    if let worth = model.snapshot?.worth, worth.layer == model.state.layer, worth.filter == detail.filter {
      row = drawWorth(worth, inside, row: row)
    }
    // The channels get what the strips below leave.
    let stripRows = min(9, max(3, (inside.row + inside.rows - row) / 4))
    let channels = Rect(
      column: inside.column, row: row, columns: inside.columns,
      rows: max(2, inside.row + inside.rows - row - 2 * (stripRows + 1)))
    drawChannels(detail, geometry, shading, channels)
    row = channels.row + channels.rows
    let half = (inside.columns - 1) / 2
    drawStrip(
      "gradient", detail.gradient, detail.gradientFigures?.range,
      Rect(column: inside.column, row: row, columns: half, rows: stripRows + 1))
    write("map on the probe", .faint, column: inside.column + half + 1, row: row, limit: half)
    drawTile(
      detail.map, model.shading(ValueRange(detail.map.values.prefix(detail.map.count)), isSigned: false),
      in: Rect(column: inside.column + half + 1, row: row + 1, columns: half, rows: stripRows))
    drawHistory(
      detail, shading,
      Rect(column: inside.column, row: row + stripRows + 1, columns: inside.columns, rows: stripRows + 1))
  }

  /// Norm, mean, extremes, zeros; returns the row below.
  private mutating func drawFigures(_ detail: FilterDetail, _ inside: Rect) -> Int {
    let figures = detail.figures
    var texts = [
      "norm \(formatNumber(Float(figures.norm)))", "mean \(formatNumber(Float(figures.mean)))",
      "\(formatNumber(figures.range.minimum)) to \(formatNumber(figures.range.maximum))",
      "zeros \(percent(figures.zeros, 0))",
    ]
    if let bias = detail.bias { texts.append("bias \(formatNumber(bias))") }
    if let gradient = detail.gradientFigures { texts.append("gradient's norm \(formatNumber(Float(gradient.norm)))") }
    // Whole figures to a line, as many as fit.
    var lines: [String] = []
    for text in texts.map({ $0.replacing("-", with: glyphs.minus) }) {
      if let last = lines.last, last.count + text.count + 3 <= inside.columns {
        lines[lines.count - 1] = "\(last) · \(text)"
      } else {
        lines.append(text)
      }
    }
    for (offset, line) in lines.prefix(3).enumerated() {
      write(line, .text, column: inside.column, row: inside.row + offset)
    }
    return inside.row + min(3, lines.count)
  }

  /// What switching it off costs; returns the row below.
  private mutating func drawWorth(_ worth: FilterWorth, _ inside: Rect, row: Int) -> Int {
    let text =
      "off at step \(grouped(worth.step)): accuracy \(worth.accuracy >= 0 ? glyphs.minus : "+")"
      + "\(percent(abs(worth.accuracy), 2)) ± \(percent(worth.noise, 2))"
    write(glyphs.adapt(text), .warning, column: inside.column, row: row, limit: inside.columns)
    return row + 1
  }

  /// Each input channel large; the numbers in the cells where they fit.
  private mutating func drawChannels(_ detail: FilterDetail, _ geometry: TileGeometry, _ shading: Shading, _ room: Rect)
  {
    let all = TileGeometry(
      count: geometry.tiles, tiles: 1, height: geometry.height, width: geometry.width,
      numbersPerTile: geometry.numbersPerTile)
    // A number of seven columns in each cell, if all channels fit so.
    let numbered = Size(geometry.width * 7, geometry.height)
    let across = max(1, (room.columns + 1) / (numbered.columns + 1))
    if geometry.height * geometry.width > 1, numbered.columns <= room.columns,
      (geometry.tiles + across - 1) / across * (numbered.rows + 1) <= room.rows
    {
      let captionRows = geometry.tiles > 1 ? 1 : 0
      for (index, tile) in detail.weight.enumerated() {
        let (column, row) = (
          room.column + index % across * (numbered.columns + 1), room.row + index / across * (numbered.rows + 1)
        )
        if captionRows > 0 { write("\(index)", .faint, column: column, row: row) }
        drawNumbers(tile, shading, column: column, row: row + captionRows)
      }
      return
    }
    guard
      let arrangement = TileArrangement(
        all, in: room.size, atLeast: 1, captions: geometry.tiles > 1, on: model.capabilities)
    else {
      return
    }
    for (index, tile) in detail.weight.prefix(arrangement.capacity).enumerated() {
      let origin = arrangement.origin(index)
      if arrangement.hasCaptions, "\(index)".count <= arrangement.tile.columns {
        write("\(index)", .faint, column: room.column + origin.column, row: room.row + origin.row - 1)
      }
      painter.draw(
        tile, scale: arrangement.scale, shading: shading, column: room.column + origin.column,
        row: room.row + origin.row, on: &grid)
    }
    if arrangement.capacity < detail.weight.count {
      writeRight(
        "\(arrangement.capacity) of \(detail.weight.count) channels", .faint, end: room.column + room.columns,
        row: room.row + room.rows - 1)
    }
  }

  /// A tile with its numbers on the shades: dark or light, whichever reads better.
  mutating func drawNumbers(_ tile: Tile, _ shading: Shading, column: Int, row: Int) {
    for index in 0..<min(tile.count, tile.height * tile.width) {
      let (x, y) = (column + index % tile.width * 7, row + index / tile.width)
      let text = padLeft(cellNumber(tile.values[index]), 7)
      grid.write(glyphs.adapt(text), column: x, row: y, style: numberStyle(tile.values[index], shading))
    }
  }

  /// A number in at most six characters, so that there is room between it and its neighbours in cells of seven.
  private func cellNumber(_ value: Float) -> String {
    var text = formatNumber(value)
    if text.count > 6, text.contains("e") {
      text = scientific(value, decimals: 0)
    } else if text.count > 6 {
      text = text.replacing("0.", with: ".", maxReplacements: 1)
    }
    return text.replacing("-", with: glyphs.minus)
  }

  private func numberStyle(_ value: Float, _ shading: Shading) -> Style {
    guard model.capabilities.hasHalfBlocks else { return theme[.text] }
    let color = shading.color(value, model.capabilities)
    let shade =
      switch color {
      case .rgb(let r, let g, let b): RGB(r, g, b)
      case .indexed(let index): RGB(palette: index)
      case .standard: RGB(0, 0, 0)
      }
    let (black, white) = (RGB(palette: 16), RGB(palette: 231))
    return Style(
      foreground: .indexed(shade.contrast(with: black) > shade.contrast(with: white) ? 16 : 231), background: color)
  }

  /// A caption and tiles side by side, as many as fit.
  private mutating func drawStrip(_ caption: String, _ tiles: [Tile], _ range: ValueRange?, _ room: Rect) {
    guard let first = tiles.first, let range else {
      let trains = model.selectedLayer?.parameters ?? 0 > 0
      write(
        trains ? "no \(caption) yet" : "not trained", .faint, column: room.column, row: room.row, limit: room.columns)
      return
    }
    let geometry = TileGeometry(count: tiles.count, tiles: 1, height: first.height, width: first.width)
    let inside = room.dropping(rows: 1)
    guard
      let arrangement = TileArrangement(
        geometry, in: inside.size, atLeast: 1, captions: false, on: model.capabilities)
    else { return }
    let shown = min(tiles.count, arrangement.capacity)
    let note = shown < tiles.count ? " \(shown)/\(tiles.count)" : ""
    let scale = " ±\(formatNumber(range.typical))"
    // Never a number cut in two.
    let words = [caption + note + scale, caption + scale, caption].first { $0.count < room.columns } ?? ""
    write(words, .faint, column: room.column, row: room.row)
    for (index, tile) in tiles.prefix(shown).enumerated() {
      let origin = arrangement.origin(index)
      painter.draw(
        tile, scale: arrangement.scale, shading: model.shading(range, isSigned: true),
        column: inside.column + origin.column, row: inside.row + origin.row, on: &grid)
    }
  }

  /// The filter at the start and after epochs: its first channel, one picture each.
  private mutating func drawHistory(_ detail: FilterDetail, _ shading: Shading, _ room: Rect) {
    let past = detail.history
    guard let first = past.first?.tile else { return }
    let zoom = max(1, 2 * (room.rows - 2) / max(1, first.height))
    let width = max(first.width * zoom, 3)
    let fitting = max(1, (room.columns + 1) / (width + 1))
    // As many as fit, evenly spaced, the first and the last among them.
    let count = min(fitting, past.count)
    let chosen = (0..<count).map { count == 1 ? past.count - 1 : $0 * (past.count - 1) / (count - 1) }
    write("after epoch", .faint, column: room.column, row: room.row, limit: room.columns)
    for (place, index) in chosen.enumerated() {
      let column = room.column + place * (width + 1)
      let label = past[index].epoch == 0 ? "start" : "\(past[index].epoch)"
      if place > 0 || room.columns < 30 {
        write(label, .faint, column: column, row: room.row + 1, limit: width)
      } else {
        write(String(label.prefix(width)), .faint, column: column, row: room.row + 1)
      }
      drawTile(
        past[index].tile, shading,
        in: Rect(column: column, row: room.row + 2, columns: width, rows: room.rows - 2))
    }
  }
}
