// What filters and feature maps have in common: strips of tiles, their scale, and what is not shown of them.

import Telemetry

extension KeyBinding {
  static let cycleScale = choice(
    [.character("s")], "s", line: ("s", "scale"), "shade by this layer, each tile, or the whole network", .shading
  ) { state, _ in state.scale = neighbor(of: state.scale, 1, in: ScaleMode.allCases) }
}

extension Rect {
  /// A pane without its title, and without the column at its left edge.
  var belowTitle: Rect { Rect(column: column + 1, row: row + 1, columns: columns - 1, rows: rows - 1) }
}

extension Canvas {
  /// The scale that the pictures are shaded by, with its legend if there is room beside the notes, and the notes; tiles
  /// shaded each for itself have no common legend.
  mutating func drawScale(
    _ layer: ValueRange, _ network: ValueRange?, isSigned: Bool, notes: [String], column: Int, end: Int, row: Int
  ) -> Int {
    let mode = model.state.scale
    var at = column
    let shading = shading(mode == .network ? network ?? layer : layer, isSigned)
    let width = 9
    let reserved = notes.map { $0.count + 1 }.reduce(0, +)
    if mode == .tile {
      at = addToTitle("each by its own largest", .text, column: at, end: end, row: row)
    } else if end - at >= painter.legendWidth(shading, width: width) + 1 + reserved {
      at = painter.drawLegend(shading, width: width, column: at, row: row, style: theme[.text], on: &grid)
      grid[at, row] = Cell(" ")
      at += 1
    } else {
      let limit = formatNumber(shading.limit)
      at = addToTitle(
        shading.map == .diverging ? "±\(limit)" : "0–\(limit)", .text, column: at, end: end, row: row)
    }
    if layer.nonFinite > 0 {
      at = addToTitle("\(layer.nonFinite) not finite", .failed, column: at, end: end, row: row)
    }
    for note in notes { at = addToTitle(note, .faint, column: at, end: end, row: row) }
    return at
  }

  /// What the scale is measured by.
  mutating func addMode(column: Int, end: Int, row: Int) -> Int {
    guard model.state.scale != .tile else { return column }
    return addToTitle("scale by \(model.state.scale.label)", .faint, column: column, end: end, row: row)
  }

  private func shading(_ range: ValueRange, _ isSigned: Bool) -> Shading {
    isSigned ? Shading(.diverging, limit: range.magnitude) : Shading(of: range)
  }

  /// What is not shown, and what is averaged.
  func notes(
    _ arrangement: TileArrangement, _ geometry: TileGeometry, shown: Int, noun: String
  ) -> [String] {
    var notes: [String] = []
    if shown < geometry.count { notes.append("\(shown) of \(geometry.count)\(noun)") }
    if arrangement.tilesShown < geometry.tiles {
      notes.append("\(arrangement.tilesShown) of \(geometry.tiles) channels")
    }
    if let note = painter.note(arrangement.scale) { notes.append(note) }
    return notes
  }

  mutating func drawStrip(
    _ tiles: [Tile], number: Int, place: Int, _ arrangement: TileArrangement, _ inside: Rect, layerRange: ValueRange,
    networkRange: ValueRange?, isSigned: Bool
  ) {
    let origin = arrangement.origin(place)
    let (column, row) = (inside.column + origin.column, inside.row + origin.row)
    if arrangement.hasCaptions {
      let isSelected = number == model.state.filter
      let width = arrangement.tilesAcross * (arrangement.tile.columns + 1) - 1
      let text = isSelected ? "\(glyphs.marker)\(number)" : "\(number)"
      if isSelected {
        write(padRight(text, min(width, max(3, text.count))), .selected, column: column, row: row - 1)
      } else {
        write(text, .faint, column: column, row: row - 1, limit: width)
      }
    }
    for (index, tile) in tiles.enumerated() {
      let range =
        switch model.state.scale {
        case .tile: ValueRange(tile.values.prefix(tile.count))
        case .layer: layerRange
        case .network: networkRange ?? layerRange
        }
      painter.draw(
        tile, scale: arrangement.scale, shading: shading(range, isSigned),
        column: column + index % arrangement.tilesAcross * (arrangement.tile.columns + 1),
        row: row + index / arrangement.tilesAcross * arrangement.tile.rows, on: &grid)
    }
  }
}
