// The weights of the selected layer's filters.

import Telemetry

extension Pane {
  /// A filter's tiles in a strip, one for each channel that it reads.
  public static let filters = Pane(
    name: "filters", smallest: Size(16, 5), wish: { room, _ in Wish(rows: filterRows(in: room.rows)) },
    need: { request, model, rect in
      guard let geometry = model.selectedLayer?.filters, let arrangement = filterArrangement(geometry, rect) else {
        return
      }
      request.filters = arrangement.page(holding: model.state.filter, of: geometry.count)
      request.wantsNetworkRange = model.state.scale == .network
    },
    draw: { $0.drawFilters($1) },
    keys: [
      .choice([.left], "←", "the filter before", .choosing) { $0.selectFilter($0.filter - 1, $1.run) },
      .choice([.right], "→", line: ("← →", "filter"), "the filter after", .choosing) {
        $0.selectFilter($0.filter + 1, $1.run)
      },
      .cycleScale,
    ],
    target: { model, rect, point in
      guard let geometry = model.selectedLayer?.filters, let arrangement = filterArrangement(geometry, rect),
        let strip = arrangement.strip(at: point, in: rect.belowTitle)
      else { return nil }
      let page = arrangement.page(holding: model.state.filter, of: geometry.count)
      guard strip < page.count else { return nil }
      let filter = page.lowerBound + strip
      return Target(label: "filter \(filter)") { $0.selectFilter(filter, model.run) }
    })

  /// Above feature maps: two rows of small filters with captions and a title; and a sixth of what a column has beyond the
  /// height at which both are comfortable.
  private static func filterRows(in rows: Int) -> Int {
    let (least, comfortable) = (7, 22)
    return least + max(0, rows - comfortable) / 6
  }

  /// Below the title, from the pane's left edge.
  fileprivate static func filterArrangement(_ geometry: TileGeometry, _ pane: Rect) -> TileArrangement? {
    TileArrangement(geometry, in: pane.belowTitle.size, atLeast: 1)
  }
}

extension Canvas {
  fileprivate mutating func drawFilters(_ rect: Rect) {
    guard let layer = model.selectedLayer else { return }
    var at = title("Filters of \(layer.name)", in: rect)
    let inside = rect.belowTitle
    guard let geometry = layer.filters else {
      write("\(layer.name) has no weights; [ ] choose another layer", .faint, column: inside.column, row: inside.row)
      return
    }
    guard let arrangement = Pane.filterArrangement(geometry, rect) else {
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
}
