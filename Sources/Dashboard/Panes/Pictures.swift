// The selected layer's filters and feature maps.

import Training

extension Dashboard {
  /// How filters are laid out in their pane: below the title, from its left edge.
  static func filterArrangement(_ geometry: TileGeometry, _ pane: Rect) -> TileArrangement? {
    TileArrangement(geometry, in: Size(pane.columns - 1, pane.rows - 1), atLeast: 1)
  }

  /// How the probe image is drawn beside the maps: it may take a third of the pane, or half of a narrow one.
  static func probeArrangement(_ probe: TileGeometry, _ pane: Rect) -> TileArrangement? {
    let columns = max((pane.columns - 2) / 3, min(14, (pane.columns - 2) / 2))
    return TileArrangement(probe, in: Size(columns, pane.rows - 1), atLeast: 1, largest: 3)
  }

  /// How maps are laid out: right of the probe image.
  static func mapArrangement(_ geometry: TileGeometry, _ probe: TileGeometry, _ pane: Rect) -> TileArrangement? {
    let taken = probeArrangement(probe, pane).map { $0.tile.columns + 2 } ?? 0
    return TileArrangement(geometry, in: Size(pane.columns - taken, pane.rows - 1), atLeast: 4, largest: 3)
  }
}

extension Canvas {
  mutating func drawFilters(_ rect: Rect) {
    guard let layer = model.selectedLayer else { return }
    var at = title(.filters, "Filters of \(layer.name)", in: rect)
    let inside = Rect(column: rect.column + 1, row: rect.row + 1, columns: rect.columns - 1, rows: rect.rows - 1)
    guard let geometry = layer.filters else {
      write("\(layer.name) has no weights; [ ] choose another layer", .faint, column: inside.column, row: inside.row)
      return
    }
    guard let arrangement = Dashboard.filterArrangement(geometry, rect) else {
      write(
        "too small a pane for tiles of \(geometry.height)×\(geometry.width); Enter enlarges it", .faint,
        column: inside.column, row: inside.row)
      return
    }
    guard let pictures = model.currentSnapshot?.filters else { return }
    let page = arrangement.page(holding: model.state.filter, of: geometry.count)
    let end = rect.column + rect.columns
    let notes = notes(arrangement, geometry, shown: page.count, noun: " filters")
    at = drawScale(
      pictures.layerRange, pictures.networkRange, isSigned: true, notes: notes, column: at, end: end, row: rect.row)
    at = addMode(column: at, end: end, row: rect.row)
    _ = addToTitle("\(geometry.height)×\(geometry.width)", .faint, column: at, end: end, row: rect.row)
    for filter in page where pictures.filters.contains(filter) {
      let first = (filter - pictures.filters.lowerBound) * pictures.tilesPerFilter
      let tiles = pictures.tiles[first..<first + min(arrangement.tilesShown, pictures.tilesPerFilter)]
      drawStrip(
        Array(tiles), number: filter, place: filter - page.lowerBound, arrangement, inside,
        layerRange: pictures.layerRange, networkRange: pictures.networkRange, isSigned: true)
    }
  }

  mutating func drawMaps(_ rect: Rect) {
    guard let layer = model.selectedLayer else { return }
    let probe = Dashboard.probeSize(model)
    var at = title(.maps, rect.columns < 60 ? "Maps" : "Output of \(layer.name)", in: rect)
    guard let snapshot = model.snapshot else { return }
    let end = rect.column + rect.columns
    var inside = Rect(column: rect.column + 1, row: rect.row + 1, columns: rect.columns - 1, rows: rect.rows - 1)
    if let arrangement = Dashboard.probeArrangement(probe, rect) {
      drawProbe(snapshot.probe, arrangement, inside)
      inside = inside.dropping(columns: arrangement.tile.columns + 2)
    }
    guard let pictures = model.currentSnapshot?.maps else { return }
    guard let arrangement = Dashboard.mapArrangement(layer.maps, probe, rect) else {
      write("Enter enlarges", .faint, column: inside.column, row: inside.row)
      return
    }
    let page = arrangement.page(holding: model.state.filter, of: layer.maps.count)
    let notes = notes(arrangement, layer.maps, shown: page.count, noun: rect.columns < 60 ? "" : " maps")
    at = drawScale(
      pictures.layerRange, pictures.networkRange, isSigned: false, notes: notes, column: at, end: end, row: rect.row)
    _ = addMode(column: at, end: end, row: rect.row)
    for map in page where pictures.maps.contains(map) {
      drawStrip(
        [pictures.tiles[map - pictures.maps.lowerBound]], number: map, place: map - page.lowerBound, arrangement,
        inside,
        layerRange: pictures.layerRange, networkRange: pictures.networkRange, isSigned: false)
    }
  }

  private mutating func drawProbe(_ probe: ProbePicture, _ arrangement: TileArrangement, _ inside: Rect) {
    if arrangement.hasCaptions {
      write(
        padRight("input \(probe.index)", arrangement.tile.columns), .faint, column: inside.column, row: inside.row)
    }
    let origin = arrangement.origin(0)
    painter.draw(
      probe.image, scale: arrangement.scale, shading: Shading(.sequential, limit: 1),
      column: inside.column + origin.column,
      row: inside.row + origin.row, on: &grid)
  }

  /// The scale that the pictures are shaded by, with its legend if there is room beside the notes, and the notes; tiles
  /// shaded each for itself have no common legend.
  private mutating func drawScale(
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
  private mutating func addMode(column: Int, end: Int, row: Int) -> Int {
    guard model.state.scale != .tile else { return column }
    return addToTitle("scale by \(model.state.scale.label)", .faint, column: column, end: end, row: row)
  }

  private func shading(_ range: ValueRange, _ isSigned: Bool) -> Shading {
    isSigned ? Shading(.diverging, limit: range.magnitude) : Shading(of: range)
  }

  /// What is not shown, and what is averaged.
  private func notes(
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

  private mutating func drawStrip(
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
