// What filters and feature maps have in common: strips of tiles, their scale, and what is not shown of them.

import Telemetry

extension Rect {
  /// A pane without its title, and without the column at its left edge.
  var belowTitle: Rect { Rect(column: column + 1, row: row + 1, columns: columns - 1, rows: rows - 1) }
}

extension DashboardModel {
  /// How a range of numbers is shaded: by the magnitude that 99 in 100 stay below, unless somebody has changed that.
  func shading(_ range: ValueRange, isSigned: Bool) -> Shading {
    let look = state.look
    return Shading(
      isSigned || range.minimum < 0 ? .diverging : look.sequential, limit: range.typical / look.contrast,
      gamma: look.gamma)
  }
}

extension Canvas {
  /// The scale that the pictures are shaded by, with its legend if there is room beside the notes, and the notes; tiles
  /// shaded each for itself have no common legend.
  mutating func drawScale(
    _ layer: ValueRange, _ network: ValueRange?, isSigned: Bool, notes: [String], column: Int, end: Int, row: Int
  ) -> Int {
    let mode = model.state.look.scale
    var at = column
    let range = mode == .network ? network ?? layer : layer
    let shading = model.shading(range, isSigned: isSigned)
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
    if mode != .tile, range.magnitude > shading.limit * 1.01 {
      at = addToTitle("largest \(formatNumber(range.magnitude))", .faint, column: at, end: end, row: row)
    }
    return at
  }

  /// What the scale is measured by.
  mutating func addMode(column: Int, end: Int, row: Int) -> Int {
    guard model.state.look.scale != .tile else { return column }
    return addToTitle("scale by \(model.state.look.scale.label)", .faint, column: column, end: end, row: row)
  }

  /// What is not shown, and what is averaged.
  func notes(_ arrangement: TileArrangement, _ geometry: TileGeometry, page: Range<Int>, noun: String) -> [String] {
    var notes: [String] = []
    if page.count < geometry.count {
      notes.append(
        page.count == 1
          ? "no. \(page.lowerBound) of \(geometry.count)\(noun)"
          : "\(page.lowerBound)–\(page.upperBound - 1) of \(geometry.count)\(noun)")
    }
    if arrangement.tilesShown < geometry.tiles {
      notes.append("\(arrangement.tilesShown) of \(geometry.tiles) channels")
    }
    if let note = painter.note(arrangement.scale) { notes.append(note) }
    return notes
  }

  /// A filter's tiles or a map, with its number above; marked if it is chosen or switched off.
  mutating func drawStrip(
    _ tiles: [Tile], number: Int, place: Int, _ arrangement: TileArrangement, _ inside: Rect, layerRange: ValueRange,
    networkRange: ValueRange?, isSigned: Bool
  ) {
    let origin = arrangement.origin(place)
    let (column, row) = (inside.column + origin.column, inside.row + origin.row)
    if arrangement.hasCaptions {
      let isSelected = number == model.state.filter
      let width = arrangement.tilesAcross * (arrangement.tile.columns + 1) - 1
      let isOff =
        isSelected && model.state.switchedOff == SwitchedOff(layer: model.state.layer, filter: number)
      let text = "\(isSelected ? glyphs.marker : "")\(number)\(isOff ? " off" : "")"
      if isSelected {
        write(padRight(text, min(width, max(3, text.count))), isOff ? .failed : .selected, column: column, row: row - 1)
      } else {
        write(text, .faint, column: column, row: row - 1, limit: width)
      }
    }
    for (index, tile) in tiles.enumerated() {
      let range =
        switch model.state.look.scale {
        case .tile: ValueRange(tile.values.prefix(tile.count))
        case .layer: layerRange
        case .network: networkRange ?? layerRange
        }
      painter.draw(
        tile, scale: arrangement.scale, shading: model.shading(range, isSigned: isSigned),
        column: column + index % arrangement.tilesAcross * (arrangement.tile.columns + 1),
        row: row + index / arrangement.tilesAcross * arrangement.tile.rows, on: &grid)
    }
  }

  /// One tile at the largest zoom that fits into a room, or averaged where it does not; returns the size that it takes.
  @discardableResult
  mutating func drawTile(_ tile: Tile, _ shading: Shading, in room: Rect) -> Size {
    let geometry = TileGeometry(count: 1, tiles: 1, height: tile.height, width: tile.width)
    guard
      let arrangement = TileArrangement(
        geometry, in: room.size, atLeast: 1, captions: false, on: model.capabilities)
    else {
      return Size(0, 0)
    }
    painter.draw(
      tile, scale: arrangement.scale, shading: shading, column: room.column, row: room.row, on: &grid)
    return arrangement.tile
  }
}

extension KeyBinding {
  /// Moves the choice among tiles in a grid.
  ///
  /// - Parameter across: how many stand side by side.
  static func tileKeys(
    _ noun: String, _ move: @escaping @Sendable (inout DashboardState, KeyContext, _ by: TileMove) -> Void
  ) -> [KeyBinding] {
    [
      .choice("left", [.left], "←", line: ("← → ↑ ↓", noun), "the \(noun) before") {
        move(&$0, $1, .by(-$1.repeats))
      },
      .choice("right", [.right], "→", "the \(noun) after") { move(&$0, $1, .by($1.repeats)) },
      .choice("up", [.up], "↑", "the \(noun) above") { move(&$0, $1, .rows(-$1.repeats)) },
      .choice("down", [.down], "↓", "the \(noun) below") { move(&$0, $1, .rows($1.repeats)) },
      .choice("page-up", [.pageUp], "PgUp", "the page before") { move(&$0, $1, .pages(-$1.repeats)) },
      .choice("page-down", [.pageDown], "PgDn", "the page after") { move(&$0, $1, .pages($1.repeats)) },
      .choice("first", [.home], "Home", "the first \(noun)") { move(&$0, $1, .by(-1_000_000)) },
      .choice("last", [.end], "End", "the last \(noun)") { move(&$0, $1, .by(1_000_000)) },
    ]
  }
}

/// A way among tiles.
enum TileMove {
  case by(Int)
  case rows(Int)
  case pages(Int)

  func distance(_ arrangement: TileArrangement?) -> Int {
    switch self {
    case .by(let count): count
    case .rows(let rows): rows * (arrangement?.stripsAcross ?? 1)
    case .pages(let pages): pages * (arrangement?.capacity ?? 1)
    }
  }
}
