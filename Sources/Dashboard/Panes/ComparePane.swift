// The same filter and the same map of two runs, and their difference.

import Telemetry

extension Pane {
  public static let compare: Pane = Pane(
    name: "compare", smallest: Size(40, 8),
    isWanted: \.hasRivals,
    need: { request, model, _ in
      if model.selectedLayer?.filters != nil {
        request.filters = FilterRequest(
          places: model.state.filter..<model.state.filter + 1, quantity: model.state.filters.quantity)
      }
      request.maps = MapRequest(layer: model.mapLayer, maps: comparedMap(model))
    },
    draw: { $0.drawComparison($1) },
    explain: { model in
      guard let (first, second) = model.compared else { return "" }
      return
        "Filter \(model.state.filter) of \(model.selectedLayer?.name ?? "") and its map on \(model.probeName): in run "
        + "\(first.letter), in run \(second.letter), and what \(second.letter) has more"
    },
    keys: [KeyBinding.filterBefore, KeyBinding.filterAfter, KeyBinding.layerAbove, KeyBinding.layerBelow])

  fileprivate static func comparedMap(_ model: DashboardModel) -> Range<Int> {
    let count =
      model.run.layers.indices.contains(model.mapLayer) ? model.run.layers[model.mapLayer].maps.count : 1
    let map = min(model.state.filter, count - 1)
    return map..<map + 1
  }
}

/// A picture of one run or of two: what it is called, and its tiles.
private struct Side {
  let caption: String
  let tiles: [Tile]
  let isDifference: Bool
}

extension Canvas {
  fileprivate mutating func drawComparison(_ rect: Rect) {
    guard let (first, second) = model.compared, let layer = model.selectedLayer else { return }
    let at = title("\(first.letter), \(second.letter), and \(second.letter) less \(first.letter)", in: rect)
    _ = addToTitle(
      "filter \(model.state.filter) of \(layer.name)", .text, column: at, end: rect.column + rect.columns, row: rect.row
    )
    // Of the shown run it is the screen's own snapshot.
    let shots = [first, second].map {
      $0.letter == model.lanes[model.lane].letter ? model.currentSnapshot : $0.snapshot
    }
    guard let a = shots[0], let b = shots[1], a.request.layer == model.state.layer,
      b.request.layer == model.state.layer
    else { return }
    let letters = [first.letter, second.letter]
    let inside = rect.belowTitle
    let hasFilters = layer.filters != nil
    let half = hasFilters ? inside.rows / 2 : 0
    if let geometry = layer.filters, let x = a.filters, let y = b.filters, x.filters == y.filters,
      x.request.quantity == y.request.quantity
    {
      drawSides(
        "\(x.request.quantity.rawValue)", sides(letters, x.tiles, y.tiles), geometry, isSigned: true,
        in: Rect(column: inside.column, row: inside.row, columns: inside.columns, rows: half))
    }
    if let x = a.maps, let y = b.maps, x.maps == y.maps, x.layer == y.layer, model.run.layers.indices.contains(x.layer)
    {
      drawSides(
        "map", sides(letters, x.tiles, y.tiles), model.run.layers[x.layer].maps, isSigned: false,
        in: inside.dropping(rows: half))
    }
  }

  private func sides(_ letters: [String], _ first: [Tile], _ second: [Tile]) -> [Side] {
    let difference = zip(first, second).map { a, b in
      Tile(height: a.height, width: a.width, values: zip(a.values, b.values).map { $1 - $0 }, count: a.count)
    }
    return [
      Side(caption: letters[0], tiles: first, isDifference: false),
      Side(caption: letters[1], tiles: second, isDifference: false),
      Side(caption: "\(letters[1]) − \(letters[0])", tiles: difference, isDifference: true),
    ]
  }

  /// Three columns: both by one scale, and the difference by its own.
  private mutating func drawSides(
    _ what: String, _ sides: [Side], _ geometry: TileGeometry, isSigned: Bool, in room: Rect
  ) {
    func range(_ tiles: [Tile]) -> ValueRange { ValueRange(tiles.flatMap { $0.values.prefix($0.count) }) }
    let common = range(sides[0].tiles).union(range(sides[1].tiles))
    let width = (room.columns - 4) / 3
    for (index, side) in sides.enumerated() {
      let column = room.column + index * (width + 2)
      let own = side.isDifference ? range(side.tiles) : common
      let shading = model.shading(own, isSigned: isSigned || side.isDifference)
      let caption = "\(side.caption): \(what) ±\(formatNumber(shading.limit))"
      write(glyphs.adapt(caption), .faint, column: column, row: room.row, limit: width)
      let one = TileGeometry(
        count: 1, tiles: geometry.tiles, height: geometry.height, width: geometry.width,
        numbersPerTile: geometry.numbersPerTile)
      guard
        let arrangement = TileArrangement(
          one, in: Size(width, room.rows - 1), atLeast: 1, captions: false, on: model.capabilities)
      else { continue }
      for (place, tile) in side.tiles.prefix(arrangement.tilesShown).enumerated() {
        painter.draw(
          tile, scale: arrangement.scale, shading: shading,
          column: column + place % arrangement.tilesAcross * (arrangement.tile.columns + 1),
          row: room.row + 1 + place / arrangement.tilesAcross * arrangement.tile.rows, on: &grid)
      }
    }
  }
}
