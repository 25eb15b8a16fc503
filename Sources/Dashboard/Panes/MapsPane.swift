// The feature maps of the selected layer, and the image that they are of.

import Telemetry

extension Pane {
  /// What leaves the layer for the probe image: one tile a channel, right of the image itself.
  public static let maps = Pane(
    name: "maps", smallest: Size(16, 6),
    need: { request, model, rect in
      guard let geometry = model.selectedLayer?.maps, let arrangement = mapArrangement(geometry, model, rect) else {
        return
      }
      request.maps = arrangement.page(holding: model.state.filter, of: geometry.count)
      request.wantsNetworkRange = model.state.scale == .network
    },
    draw: { $0.drawMaps($1) },
    keys: [
      .choice([.character("p")], "p", line: ("p P", "probe"), "the next probe image", .choosing) {
        $0.probe = ($0.probe + 1) % max(1, $1.run.probes)
      },
      .choice([.character("P")], "P", "the probe image before", .choosing) {
        $0.probe = ($0.probe + max(1, $1.run.probes) - 1) % max(1, $1.run.probes)
      },
    ],
    target: { model, rect, point in
      guard let geometry = model.selectedLayer?.maps, let arrangement = mapArrangement(geometry, model, rect),
        let strip = arrangement.strip(at: point, in: insideOfMaps(model, rect))
      else { return nil }
      let page = arrangement.page(holding: model.state.filter, of: geometry.count)
      guard strip < page.count else { return nil }
      let map = page.lowerBound + strip
      return Target(label: "map \(map)") { $0.selectFilter(map, model.run) }
    })

  /// What the probe image leaves to the maps.
  fileprivate static func insideOfMaps(_ model: DashboardModel, _ pane: Rect) -> Rect {
    pane.belowTitle.dropping(columns: probeArrangement(model, pane).map { $0.tile.columns + 2 } ?? 0)
  }

  /// The probe image may take a third of the pane, or half of a narrow one.
  fileprivate static func probeArrangement(_ model: DashboardModel, _ pane: Rect) -> TileArrangement? {
    let image = model.run.image
    let probe = TileGeometry(count: 1, tiles: 1, height: image[1], width: image[2])
    let columns = max((pane.columns - 2) / 3, min(14, (pane.columns - 2) / 2))
    return TileArrangement(probe, in: Size(columns, pane.rows - 1), atLeast: 1, largest: 3)
  }

  fileprivate static func mapArrangement(
    _ geometry: TileGeometry, _ model: DashboardModel, _ pane: Rect
  ) -> TileArrangement? {
    let room = insideOfMaps(model, pane).size
    // The column left of the maps may be theirs: there is no picture in it.
    return TileArrangement(geometry, in: Size(room.columns + 1, room.rows), atLeast: 4, largest: 3)
  }
}

extension Canvas {
  fileprivate mutating func drawMaps(_ rect: Rect) {
    guard let layer = model.selectedLayer else { return }
    var at = title(rect.columns < 60 ? "Maps" : "Output of \(layer.name)", in: rect)
    guard let snapshot = model.snapshot else { return }
    let end = rect.column + rect.columns
    if let arrangement = Pane.probeArrangement(model, rect) {
      drawProbe(snapshot.probe, arrangement, rect.belowTitle)
    }
    let inside = Pane.insideOfMaps(model, rect)
    guard let pictures = model.currentSnapshot?.maps else { return }
    guard let arrangement = Pane.mapArrangement(layer.maps, model, rect) else {
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
      probe.channels, scale: arrangement.scale, shading: Shading(.sequential, limit: 1),
      column: inside.column + origin.column,
      row: inside.row + origin.row, on: &grid)
  }
}
