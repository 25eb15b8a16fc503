// The feature maps of the selected layer, and the images that they are of.

import Telemetry

extension Pane {
  /// What leaves the layer for the probe image: one tile a channel, right of the image itself; other probes below.
  public static let maps: Pane = Pane(
    name: "maps", smallest: Size(16, 5),
    // Among filters it stands in for those that a layer has not.
    isWanted: { $0.state.view != .filters || $0.selectedLayer?.filters == nil },
    need: { request, model, rect in
      request.otherProbes = model.state.view == .maps ? model.state.otherProbes : []
      guard let arrangement = mapArrangement(model, rect) else {
        request.maps = MapRequest(layer: model.mapLayer, maps: 0..<0)
        return
      }
      request.maps = MapRequest(
        layer: model.mapLayer, maps: arrangement.page(holding: model.state.filter, of: mapGeometry(model).count))
    },
    draw: { $0.drawMaps($1) },
    explain: { model in
      let name = model.run.layers.indices.contains(model.mapLayer) ? model.run.layers[model.mapLayer].name : ""
      let label = model.snapshot?.probe.label ?? -1
      let what = model.run.classes.indices.contains(label) ? " (\(model.run.classes[label]))" : ""
      return "\(model.probeName)\(what) through \(name): a map for each filter, strong where it answers"
    },
    keys: KeyBinding.tileKeys("map") { state, context, move in
      let arrangement = context.focusRect.flatMap { mapArrangement(context.model, $0) }
      state.selectFilter(state.filter + move.distance(arrangement), context.run)
    } + [
      .choice(
        "activation", [.character("a")], "a", line: ("a", "activation"), "before the activation, or behind it"
      ) { state, context in
        guard context.model.selectedLayer?.activation != nil else {
          return state.say("no activation follows \(context.model.selectedLayer?.name ?? "")")
        }
        state.maps.isActivated.toggle()
      }
    ],
    open: { state, context in
      // What is no sum of products has no arithmetic: its maps are opened.
      let hasSum = context.model.selectedLayer?.filters != nil
      if state.view == .maps {
        state.go(.maps, hasSum ? .arithmetic : .maps, isZoomed: true)
      } else {
        state.go(.maps, .maps)
      }
      return .none
    },
    scroll: { state, context, notches in
      let rect = Layout(context.size, context.model)?.panes[.maps]
      let arrangement = rect.flatMap { mapArrangement(context.model, $0) }
      state.selectFilter(state.filter + TileMove.rows(notches).distance(arrangement), context.run)
    },
    target: { model, rect, point in
      let geometry = mapGeometry(model)
      guard let arrangement = mapArrangement(model, rect),
        let strip = arrangement.strip(at: point, in: roomForMaps(model, rect).inside)
      else { return nil }
      let page = arrangement.page(holding: model.state.filter, of: geometry.count)
      guard strip < page.count else { return nil }
      let map = page.lowerBound + strip
      return Target(label: "map \(map)") { $0.selectFilter(map, model.run) }
    })

  fileprivate static func mapGeometry(_ model: DashboardModel) -> TileGeometry {
    model.run.layers.indices.contains(model.mapLayer)
      ? model.run.layers[model.mapLayer].maps : TileGeometry(count: 0, tiles: 1, height: 1, width: 1)
  }

  /// How many probes the pane shows, and what the images leave to the maps of each.
  fileprivate static func roomForMaps(_ model: DashboardModel, _ pane: Rect) -> (inside: Rect, probes: Int) {
    let inside = pane.belowTitle
    let wanted = model.state.view == .maps ? 1 + model.state.otherProbes.count : 1
    let probes = max(1, min(wanted, inside.rows / 4))
    let rows = inside.rows / probes
    let first = Rect(column: inside.column, row: inside.row, columns: inside.columns, rows: rows)
    let image = probeArrangement(model, Rect(column: pane.column, row: pane.row, columns: pane.columns, rows: rows + 1))
    return (first.dropping(columns: image.map { $0.tile.columns + 2 } ?? 0), probes)
  }

  /// The probe image may take a third of the pane, or half of a narrow one.
  static func probeArrangement(_ model: DashboardModel, _ pane: Rect) -> TileArrangement? {
    let image = model.run.image
    let probe = TileGeometry(count: 1, tiles: 1, height: image[1], width: image[2])
    let columns = max((pane.columns - 2) / 3, min(14, (pane.columns - 2) / 2))
    return TileArrangement(probe, in: Size(columns, pane.rows - 1), atLeast: 1, largest: 3, on: model.capabilities)
  }

  fileprivate static func mapArrangement(_ model: DashboardModel, _ pane: Rect) -> TileArrangement? {
    let room = roomForMaps(model, pane).inside.size
    return TileArrangement(mapGeometry(model), in: room, atLeast: 4, on: model.capabilities)
  }
}

extension Canvas {
  fileprivate mutating func drawMaps(_ rect: Rect) {
    guard model.run.layers.indices.contains(model.mapLayer) else { return }
    let layer = model.run.layers[model.mapLayer]
    let words = rect.columns < 40 ? "Maps" : rect.columns < 60 ? "Maps of \(layer.name)" : "Output of \(layer.name)"
    var at = title(model.state.view == .filters ? "\(layer.name) has no filters; its output" : words, in: rect)
    guard let snapshot = model.snapshot else { return }
    let end = rect.column + rect.columns
    let (inside, probes) = Pane.roomForMaps(model, rect)
    let pictures = model.currentSnapshot?.maps
    for place in 0..<probes {
      let row = rect.row + 1 + place * inside.rows
      let probe =
        place == 0
        ? snapshot.probe : snapshot.otherProbes.indices.contains(place - 1) ? snapshot.otherProbes[place - 1] : nil
      if let probe {
        drawProbe(
          probe, Rect(column: rect.column, row: row - 1, columns: rect.columns, rows: inside.rows + 1),
          isFirst: place == 0)
      }
    }
    guard let pictures, pictures.layer == model.mapLayer else { return }
    if model.mapLayer == model.run.layers.count - 1, layer.outputShape.rank == 1,
      layer.outputShape.count == model.run.classes.count, probes == 1, let tile = pictures.tiles.first
    {
      drawClassOutputs(Array(tile.values.prefix(tile.count)), pictures.layerRange, inside)
      return
    }
    guard let arrangement = Pane.mapArrangement(model, rect) else {
      write("Enter enlarges", .faint, column: inside.column, row: inside.row)
      return
    }
    let page = arrangement.page(holding: model.state.filter, of: layer.maps.count)
    let notes = notes(arrangement, layer.maps, page: page, noun: rect.columns < 60 ? "" : " maps")
    at = drawScale(
      pictures.layerRange, pictures.networkRange, isSigned: false, notes: notes, column: at, end: end, row: rect.row)
    if pictures.off.contains(where: { $0.contains(true) }) {
      at = addToTitle("× off in the last step", .failed, column: at, end: end, row: rect.row)
    }
    _ = addMode(column: at, end: end, row: rect.row)
    for place in 0..<probes {
      let tiles =
        place == 0 ? pictures.tiles : pictures.others.indices.contains(place - 1) ? pictures.others[place - 1] : []
      var room = inside
      room.row += place * inside.rows
      for map in page where pictures.maps.contains(map) && tiles.indices.contains(map - pictures.maps.lowerBound) {
        drawStrip(
          [tiles[map - pictures.maps.lowerBound]], number: map, place: map - page.lowerBound, arrangement, room,
          layerRange: pictures.layerRange, networkRange: pictures.networkRange, isSigned: false)
        let index = map - pictures.maps.lowerBound
        if layer.outputShape.rank == 1, layer.filters != nil { markUnit(layer.maps, arrangement, room) }
        if place == 0, pictures.off.indices.contains(index) {
          drawOff(pictures.off[index], arrangement, layer.maps, place: map - page.lowerBound, room)
        }
      }
    }
  }

  /// Marks the chosen filter's number in a vector.
  private mutating func markUnit(_ maps: TileGeometry, _ arrangement: TileArrangement, _ inside: Rect) {
    guard case .zoom(let zoom) = arrangement.scale, model.state.filter < maps.numbersPerTile else { return }
    let origin = arrangement.origin(0)
    let (row, column) = (model.state.filter / maps.width, model.state.filter % maps.width)
    write(
      glyphs.marker, .mark, column: inside.column + origin.column + column * zoom,
      row: inside.row + origin.row + row * zoom / 2)
  }

  /// Crosses out what a dropout layer had switched off: the whole map by its caption, or each number by a cross.
  private mutating func drawOff(
    _ off: [Bool], _ arrangement: TileArrangement, _ maps: TileGeometry, place: Int, _ inside: Rect
  ) {
    let origin = arrangement.origin(place)
    let (column, row) = (inside.column + origin.column, inside.row + origin.row)
    let known = off.prefix(maps.numbersPerTile)
    if known.allSatisfy({ $0 }) {
      if arrangement.hasCaptions {
        write("off", .failed, column: column, row: row - 1, limit: arrangement.tile.columns)
      }
      return
    }
    guard case .zoom(let zoom) = arrangement.scale else { return }
    let mark = model.capabilities.unicode ? "×" : "x"
    for (index, isOff) in known.enumerated() where isOff {
      let (y, x) = (index / maps.width * zoom / 2, index % maps.width * zoom + (zoom - 1) / 2)
      write(mark, .failed, column: column + x, row: row + y)
    }
  }

  /// The outputs of the last layer, by the classes' names.
  private mutating func drawClassOutputs(_ values: [Float], _ range: ValueRange, _ inside: Rect) {
    let width = model.run.classes.map(\.count).max() ?? 0
    let name = min(max(4, width), inside.columns / 3)
    for (index, value) in values.prefix(inside.rows).enumerated() {
      let row = inside.row + index
      let label = className(index)
      write(padRight(label, name), .text, column: inside.column, row: row)
      drawSignedBar(
        value, limit: range.magnitude, column: inside.column + name + 1, row: row,
        width: max(4, min(60, inside.columns - name - 11)))
      writeRight(formatNumber(value), .text, end: inside.column + min(inside.columns, name + 71), row: row)
    }
    if values.count > inside.rows {
      writeRight(
        "\(inside.rows) of \(values.count) classes", .warning, end: inside.column + inside.columns,
        row: inside.row + inside.rows - 1)
    }
  }

  private mutating func drawProbe(_ probe: ProbePicture, _ pane: Rect, isFirst: Bool) {
    guard let arrangement = Pane.probeArrangement(model, pane) else { return }
    let inside = pane.belowTitle
    if arrangement.hasCaptions {
      write(
        padRight("\(probe.isTraining ? "train" : "input") \(probe.index)", arrangement.tile.columns),
        isFirst ? .text : .faint, column: inside.column,
        row: inside.row)
    }
    let origin = arrangement.origin(0)
    painter.draw(
      probe.channels, scale: arrangement.scale, shading: Shading(.gray, limit: 1),
      column: inside.column + origin.column, row: inside.row + origin.row, on: &grid)
    guard isFirst, model.state.view == .maps, let arithmetic = model.currentSnapshot?.arithmetic else { return }
    outline(
      arithmetic, arrangement.scale, column: inside.column + origin.column, row: inside.row + origin.row,
      size: arrangement.tile)
  }

  /// Marks what of the image the chosen number sees, where the layer reads the image itself.
  mutating func outline(_ arithmetic: OutputArithmetic, _ scale: TileScale, column: Int, row: Int, size: Size) {
    guard model.selectedLayer?.source == nil, let patch = arithmetic.channels.first?.patch else { return }
    /// Numbers to cells: two pixels are a cell high.
    func cell(_ number: Int, perCell: Double) -> Int { Int((Double(number) / perCell).rounded(.down)) }
    let (wide, high): (Double, Double) =
      switch scale {
      case .zoom(let zoom): (1 / Double(zoom), 2 / Double(zoom))
      case .mean(let factor): (Double(factor), 2 * Double(factor))
      }
    let left = cell(arithmetic.left, perCell: wide)
    let right = cell(arithmetic.left + (patch.width - 1) * arithmetic.dilation + 1, perCell: wide)
    let top = cell(arithmetic.top, perCell: high)
    let bottom = cell(arithmetic.top + (patch.height - 1) * arithmetic.dilation + 1, perCell: high)
    // Just outside, as far as that is still in the picture.
    func inside(_ value: Int, _ count: Int) -> Int { min(max(0, value), count - 1) }
    let (x, y) = (
      (inside(left - 1, size.columns), inside(right + 1, size.columns)),
      (inside(top - 1, size.rows), inside(bottom + 1, size.rows))
    )
    for (at, mark) in [((x.0, y.0), "┌"), ((x.1, y.0), "┐"), ((x.0, y.1), "└"), ((x.1, y.1), "┘")] {
      write(model.capabilities.unicode ? mark : "+", .mark, column: column + at.0, row: row + at.1)
    }
  }
}
