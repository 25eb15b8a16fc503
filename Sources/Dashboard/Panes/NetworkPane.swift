// The whole net at once, from the image on the left to the classes on the right.

import Telemetry

extension Pane {
  public static let network: Pane = Pane(
    name: "network", smallest: Size(60, 14),
    need: { request, model, rect in
      let plan = NetworkPlan(model, rect)
      request.network = NetworkRequest(
        columns: plan.columns.map { NetworkRequest.Column(layer: $0.pictured, maps: $0.maps) }, map: model.state.filter)
    },
    draw: { $0.drawNetwork($1) },
    explain: { model in
      let marked =
        "From the image to the classes; marked: map \(model.state.filter) of \(model.selectedLayer?.name ?? "")"
      let isFed = model.selectedLayer?.source != nil && model.snapshot?.network?.contributions.isEmpty == false
      return isFed ? "\(marked), in percent what feeds it" : marked
    },
    keys: [
      .choice("left", [.left], "←", line: ("← →", "layer"), "the layer to the left") { state, context in
        moveLayer(&state, context, -context.repeats)
      },
      .choice("right", [.right], "→", "the layer to the right") { state, context in
        moveLayer(&state, context, context.repeats)
      },
      .choice("up", [.up], "↑", line: ("↑ ↓", "map"), "the map above") { state, context in
        moveMap(&state, context, -context.repeats)
      },
      .choice("down", [.down], "↓", "the map below") { state, context in
        moveMap(&state, context, context.repeats)
      },
    ],
    open: { state, _ in
      state.go(.maps, .maps)
      return .none
    },
    scroll: { state, context, notches in moveMap(&state, context, notches) },
    target: { model, rect, point in
      let plan = NetworkPlan(model, rect)
      guard let column = plan.columns.first(where: { $0.rect.contains(point) }) else { return nil }
      let name = model.run.layers[column.layer].name
      let maps = model.snapshot?.network?.columns.first { $0.layer == column.pictured }?.maps ?? []
      let place = (point.row - column.rect.row) / column.pitch
      guard point.row >= column.rect.row, maps.indices.contains(place), model.run.layers[column.layer].maps.count > 1
      else {
        return Target(label: "layer \(name)") { $0.selectLayer(column.layer, model.run) }
      }
      return Target(label: "map \(maps[place]) of \(name)") {
        $0.selectLayer(column.layer, model.run)
        $0.selectFilter(maps[place], model.run)
      }
    })

  /// To the column so many further on.
  private static func moveLayer(_ state: inout DashboardState, _ context: KeyContext, _ by: Int) {
    guard let rect = context.focusRect else { return }
    let shown = NetworkPlan(context.model, rect).reachable
    let now = shown.lastIndex { $0 <= state.layer } ?? 0
    guard !shown.isEmpty else { return }
    state.selectLayer(shown[min(max(0, now + by), shown.count - 1)], context.run)
  }

  /// To the next of the maps that are shown.
  private static func moveMap(_ state: inout DashboardState, _ context: KeyContext, _ by: Int) {
    guard let rect = context.focusRect,
      let column = NetworkPlan(context.model, rect).column(of: state.layer)
    else { return }
    let maps = context.model.snapshot?.network?.columns.first { $0.layer == column.pictured }?.maps ?? []
    guard let now = maps.firstIndex(of: state.filter) else {
      return state.selectFilter(maps.first ?? state.filter + by, context.run)
    }
    state.selectFilter(maps[min(max(0, now + by), maps.count - 1)], context.run)
  }
}

extension Canvas {
  fileprivate mutating func drawNetwork(_ rect: Rect) {
    var at = title("Network", in: rect)
    let plan = NetworkPlan(model, rect)
    let end = rect.column + rect.columns
    if plan.left > 0 { at = addToTitle("← \(plan.left) more", .warning, column: at, end: end, row: rect.row) }
    if plan.right > 0 { at = addToTitle("\(plan.right) more →", .warning, column: at, end: end, row: rect.row) }
    guard let snapshot = model.snapshot else { return }
    write("input", .text, column: plan.image.rect.column, row: rect.row + 1)
    write("\(snapshot.probe.index)", .faint, column: plan.image.rect.column, row: rect.row + 2)
    painter.draw(
      snapshot.probe.channels, scale: plan.image.scale, shading: Shading(.gray, limit: 1),
      column: plan.image.rect.column, row: plan.image.rect.row, on: &grid)
    guard var network = snapshot.network else { return }
    if snapshot.request.layer != model.state.layer || snapshot.request.network?.map != model.state.filter {
      // Those of what was chosen before.
      network = NetworkPictures(columns: network.columns, contributions: [:])
    }
    let chosen = plan.column(of: model.state.layer)?.layer
    let sources = source(of: chosen, plan)
    for column in plan.columns {
      guard let picture = network.columns.first(where: { $0.layer == column.pictured }) else { continue }
      drawColumn(
        column, picture, isChosen: column.layer == chosen,
        contributions: column.layer == sources ? network.contributions : [:])
    }
    drawLines(plan, network, from: sources)
    drawClasses(snapshot.probe, plan.classes)
  }

  /// The column whose maps the chosen layer reads; nil where that is the image, or what lies between mixes channels.
  private func source(of chosen: Int?, _ plan: NetworkPlan) -> Int? {
    guard let chosen, chosen == model.state.layer, let column = plan.columns.last(where: { $0.layer < chosen }),
      let source = model.run.layers[chosen].source
    else { return nil }
    return model.run.layers[source].maps.count == model.run.layers[column.pictured].maps.count
      || model.run.layers[source].kind == "flatten" ? column.layer : nil
  }

  private mutating func drawColumn(
    _ column: NetworkPlan.Column, _ picture: NetworkPictures.Column, isChosen: Bool, contributions: [Int: Double]
  ) {
    let layer = model.run.layers[column.layer]
    let width = column.rect.columns + 2
    let marker = isChosen ? glyphs.marker : ""
    // With its activation's name where there is room for it.
    let titled = "\(marker)\(layer.name) \(model.run.layers[column.pictured].kind)"
    let name =
      column.pictured != column.layer && titled.count <= width
      ? titled : marker + shortened(layer.name, width - marker.count)
    write(name, isChosen ? .selected : .text, column: column.rect.column, row: column.rect.row - 2, limit: width)
    let total = layer.outputShape.rank == 1 ? layer.outputShape.count : layer.maps.count
    let isWhole = picture.maps.count == layer.maps.count
    let shading = model.shading(picture.range, isSigned: false)
    let scale = glyphs.adapt("\(shading.map == .diverging ? "±" : "0–")\(formatNumber(shading.limit))")
    let counts = isWhole ? ["\(total)"] : ["\(picture.maps.count) of \(total)", "\(picture.maps.count)/\(total)"]
    // With the scale, if there is one for all; never a number cut in two.
    let both = model.state.look.scale == .tile ? [] : ["\(counts[0]) \(scale)"]
    let words = (both + counts).first { $0.count <= width } ?? ""
    write(words, .faint, column: column.rect.column, row: column.rect.row - 1)
    for (place, (map, tile)) in zip(picture.maps, picture.tiles).enumerated() {
      let row = column.rect.row + place * column.pitch
      let range = model.state.look.scale == .tile ? ValueRange(tile.values.prefix(tile.count)) : picture.range
      painter.draw(
        tile, scale: column.scale, shading: model.shading(range, isSigned: false), column: column.rect.column, row: row,
        on: &grid)
      // Below it, where a row is free: not all maps are there, nor in their order.
      if layer.maps.count > 1, column.pitch > column.tile.rows {
        write("\(map)", .faint, column: column.rect.column, row: row + column.tile.rows)
      }
      if isChosen, map == model.state.filter, layer.maps.count > 1 {
        write(glyphs.marker, .mark, column: column.rect.column - 1, row: row + (column.tile.rows - 1) / 2)
      }
      if let share = contributions[map], share >= 0.005 {
        // It ends before the mark of the next column.
        let text = "\(Int((share * 100).rounded()))%"
        write(
          text, .mark, column: column.rect.column + max(column.rect.columns, column.tile.columns) + 2 - text.count,
          row: row + (column.tile.rows - 1) / 2)
      }
    }
  }

  /// From the chosen map to the maps that feed it: the more they contribute, the heavier the line.
  private mutating func drawLines(_ plan: NetworkPlan, _ network: NetworkPictures, from source: Int?) {
    guard model.capabilities.unicode, let source, let target = plan.column(of: model.state.layer),
      let origin = plan.columns.first(where: { $0.layer == source }),
      let targets = network.columns.first(where: { $0.layer == target.pictured }),
      let origins = network.columns.first(where: { $0.layer == origin.pictured }),
      let place = targets.maps.firstIndex(of: model.state.filter) ?? (targets.maps.count == 1 ? 0 : nil)
    else { return }
    let start = origin.rect.column + max(origin.rect.columns, origin.tile.columns) + 2
    let columns = target.rect.column - 1 - start
    guard columns >= 2 else { return }
    let end = target.rect.row + place * target.pitch + (target.tile.rows - 1) / 2
    let most = network.contributions.values.max() ?? 0
    // In dots, so that lines are whole however steep, and all of them to be seen where they come together.
    let rows = grid.size.rows
    var (heavy, light) = (
      PlotCanvas(columns: columns, rows: rows, unicode: true), PlotCanvas(columns: columns, rows: rows, unicode: true)
    )
    for (index, map) in origins.maps.enumerated() {
      guard let share = network.contributions[map], most > 0, share >= most / 4 else { continue }
      let row = origin.rect.row + index * origin.pitch + (origin.tile.rows - 1) / 2
      let line = (from: (x: 0, y: 4 * row + 1), to: (x: 2 * columns - 1, y: 4 * end + 1))
      if share >= most * 0.75 {
        heavy.line(from: line.from, to: line.to)
      } else {
        light.line(from: line.from, to: line.to)
      }
    }
    for row in 0..<rows {
      for column in 0..<columns where grid.cell(start + column, row) == .blank {
        guard let dots = PlotCanvas.character([heavy, light], column, row, ascii: ".") else { continue }
        grid[start + column, row] = Cell(dots, theme[heavy.hasDots(column, row) ? .warning : .faint])
      }
    }
  }

  /// The classes with what the net says of each.
  private mutating func drawClasses(_ probe: ProbePicture, _ rect: Rect) {
    guard let prediction = probe.prediction, rect.columns > 8 else { return }
    let values = prediction.values
    let best = values.indices.max { values[$0] < values[$1] }
    write("classes", .text, column: rect.column, row: rect.row)
    write(
      best == probe.label ? "right" : "wrong", best == probe.label ? .barRight : .barWrong, column: rect.column,
      row: rect.row + 1)
    let shown = prediction.classes(inRows: rect.rows - 2, label: probe.label)
    if shown.count < values.count {
      write("+ \(values.count - shown.count) more", .faint, column: rect.column, row: rect.row + rect.rows - 1)
    }
    for (offset, index) in shown.enumerated() {
      let row = rect.row + 2 + offset
      let isLabel = index == probe.label
      let name = className(index)
      let mark = isLabel ? (model.capabilities.unicode ? "✓" : "*") : " "
      write(
        mark + cut(name, rect.columns - 7), isLabel ? .barRight : index == best ? .barWrong : .text,
        column: rect.column, row: row)
      writeRight(prediction.meaning.text(values[index]), .text, end: rect.column + rect.columns - 1, row: row)
    }
  }
}
