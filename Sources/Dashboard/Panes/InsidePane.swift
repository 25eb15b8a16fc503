// One image on its way through the step: what leaves a layer, the loss, the gradients, and what is added to the weights.

import Telemetry

extension Pane {
  /// The pictures of the stage that the step is looked at in.
  public static let inside: Pane = Pane(
    name: "inside", smallest: Size(40, 8),
    isWanted: \.trains,
    need: { request, model, rect in
      let geometry = stageGeometry(model)
      let tiles = geometry.flatMap { geometry in
        insideArrangement(model, geometry, rect)?.page(holding: model.state.filter, of: geometry.count)
      }
      request.wantGlass(model) { $0.tiles = tiles ?? 0..<0 }
    },
    draw: { $0.drawInside($1) },
    explain: { model in
      let name = model.selectedLayer?.name ?? ""
      return switch model.state.glass.stage {
      case .forward: "What leaves \(name) for the chosen image, as the step computed it; → goes on through the step"
      case .loss: "What the net says of the chosen image, and what that costs; → goes on to the gradients"
      case .backward: "How the batch's mean loss changes with each number that leaves \(name): blue falls, red rises"
      case .update: "What the step adds to each weight of \(name); y shows which images moved the chosen filter"
      }
    },
    target: { model, rect, point in
      guard let geometry = stageGeometry(model), let arrangement = insideArrangement(model, geometry, rect),
        let strip = arrangement.strip(at: point, in: insideRoom(model, rect))
      else { return nil }
      let filter = arrangement.page(holding: model.state.filter, of: geometry.count).lowerBound + strip
      guard filter < geometry.count else { return nil }
      return Target(label: "filter \(filter)") { $0.selectFilter(filter, model.run) }
    })

  /// How the pictures of the stage are cut; nil where there are none.
  fileprivate static func stageGeometry(_ model: DashboardModel) -> TileGeometry? {
    switch model.state.glass.stage {
    case .forward, .backward: model.selectedLayer?.maps
    case .loss: nil
    case .update: model.selectedLayer?.filters
    }
  }

  /// What the chosen image leaves of the pane.
  fileprivate static func insideRoom(_ model: DashboardModel, _ rect: Rect) -> Rect {
    rect.belowTitle.dropping(columns: probeArrangement(model, rect).map { $0.tile.columns + 2 } ?? 0)
  }

  fileprivate static func insideArrangement(
    _ model: DashboardModel, _ geometry: TileGeometry, _ rect: Rect
  ) -> TileArrangement? {
    TileArrangement(geometry, in: insideRoom(model, rect).size, atLeast: 4, on: model.capabilities)
  }
}

extension Canvas {
  fileprivate mutating func drawInside(_ rect: Rect) {
    guard let layer = model.selectedLayer else { return }
    let stage = model.state.glass.stage
    let words =
      switch stage {
      case .forward: "Forward: what leaves \(layer.name)"
      case .loss: "Loss"
      case .backward: "Backward: the gradient at \(layer.name)"
      case .update: "Update: what is added to \(layer.name)"
      }
    let at = title(words, in: rect)
    guard let glass = model.glass else { return drawExamination(rect.belowTitle) }
    drawChosen(glass, rect)
    let room = Pane.insideRoom(model, rect)
    guard stage != .loss else { return drawLoss(glass, room) }
    guard glass.request.stage == stage, glass.request.layer == model.state.layer,
      let geometry = Pane.stageGeometry(model)
    else {
      if stage == .update, layer.filters == nil {
        write("\(layer.name) has no weights to picture", .faint, column: room.column, row: room.row)
      }
      return
    }
    guard !glass.tiles.isEmpty else {
      let why = stage == .backward ? "no gradient comes here: nothing before it is trained" : "nothing is added to it"
      write(why, .faint, column: room.column, row: room.row, limit: room.columns)
      return
    }
    guard let arrangement = Pane.insideArrangement(model, geometry, rect) else { return }
    let page = arrangement.page(holding: model.state.filter, of: geometry.count)
    _ = drawScale(
      glass.range, nil, isSigned: stage != .forward, notes: notes(arrangement, geometry, page: page, noun: ""),
      column: at,
      end: rect.column + rect.columns, row: rect.row)
    let first = glass.request.tiles.lowerBound
    for strip in page where (strip - first + 1) * glass.tilesPerStrip <= glass.tiles.count && strip >= first {
      let tiles = glass.tiles[(strip - first) * glass.tilesPerStrip..<(strip - first + 1) * glass.tilesPerStrip]
      drawStrip(
        Array(tiles.prefix(arrangement.tilesShown)), number: strip, place: strip - page.lowerBound, arrangement, room,
        layerRange: glass.range, networkRange: nil, isSigned: stage != .forward)
    }
  }

  /// The chosen image at the left.
  private mutating func drawChosen(_ glass: GlassPictures, _ rect: Rect) {
    guard let arrangement = Pane.probeArrangement(model, rect) else { return }
    let inside = rect.belowTitle
    let origin = arrangement.origin(0)
    if arrangement.hasCaptions {
      write(
        className(glass.chosen.label), .text, column: inside.column, row: inside.row, limit: arrangement.tile.columns)
    }
    drawImage(
      glass.chosen, ValueRange(of: [glass.chosen]), arrangement.scale, column: inside.column + origin.column,
      row: inside.row + origin.row)
  }

  /// What the net says of the image, and the loss on it and on its batch.
  private mutating func drawLoss(_ glass: GlassPictures, _ room: Rect) {
    let own = glass.chosen.loss.map { fixed($0, 4) } ?? "?"
    let lines = [
      "loss \(own) on this image",
      "mean \(fixed(glass.loss, 4)) on the \(glass.total) of the batch, \(percent(glass.accuracy, 1)) right",
    ]
    for (offset, line) in lines.enumerated() {
      write(line, offset == 0 ? .number : .text, column: room.column, row: room.row + offset, limit: room.columns)
    }
    drawClasses(glass.prediction, label: glass.chosen.label, room.dropping(rows: lines.count))
  }
}
