// The weights of the selected layer's filters, or what else it has: a number a channel.

import Telemetry

extension Pane {
  /// A filter's tiles in a strip, one for each channel that it reads.
  public static let filters: Pane = Pane(
    name: "filters", smallest: Size(16, 5),
    isWanted: { model in
      model.selectedLayer?.filters != nil || model.selectedLayer?.channelNumbers.isEmpty == false
    },
    wish: { room, _ in Wish(rows: filterRows(in: room.rows)) },
    need: { request, model, rect in
      guard let geometry = model.selectedLayer?.filters, let arrangement = filterArrangement(model, geometry, rect)
      else {
        return
      }
      request.filters = FilterRequest(
        places: arrangement.page(holding: filterPlace(model), of: geometry.count),
        quantity: model.state.filters.quantity, order: model.state.filters.order)
      request.filters?.wantsUpdate = model.status.pace.isSlow
    },
    draw: { $0.drawFilters($1) },
    explain: { model in
      guard let layer = model.selectedLayer else { return "" }
      if layer.filters == nil { return "\(layer.name): the numbers by which it normalises each of its channels" }
      let isColoured = model.capabilities.colors > .monochrome
      let sign = isColoured ? "blue below 0, red above" : ", - ~ = % below 0, . + * # @ above"
      return switch model.state.filters.quantity {
      case .weight: "What each filter of \(layer.name) looks for, a tile a channel: \(sign)"
      case .gradient: "The loss's gradient at each weight in the last step: \(sign)"
      case .update: "What the last step added to each weight: \(sign)"
      case .change: "How far each weight is from where it began: \(sign)"
      }
    },
    keys: KeyBinding.tileKeys("filter") { state, context, move in
      guard let geometry = context.model.selectedLayer?.filters, let rect = context.focusRect else {
        return state.selectFilter(state.filter + move.distance(nil), context.run)
      }
      let places = context.model.currentSnapshot?.filters?.order ?? []
      let place = filterPlace(context.model) + move.distance(filterArrangement(context.model, geometry, rect))
      let target = max(0, min(geometry.count - 1, place))
      state.selectFilter(places.indices.contains(target) ? places[target] : target, context.run)
    } + [
      .choice(
        "quantity", [.character("g")], "g", line: ("g", "what"),
        "weights, gradients, last update or change since the start"
      ) {
        state, _ in
        state.filters.quantity = neighbor(of: state.filters.quantity, 1, in: WeightQuantity.allCases)
      },
      .choice(
        "order", [.character("o")], "o", line: ("o", "order"), "filters in order of index, norm or likeness"
      ) {
        state, _ in
        state.filters.order = neighbor(of: state.filters.order, 1, in: FilterOrder.allCases)
      },
    ],
    open: { state, _ in
      if state.view == .filters { state.go(.filters, .filter, isZoomed: true) } else { state.go(.filters, .filters) }
      return .none
    },
    scroll: { state, context, notches in
      let rect = Layout(context.size, context.model)?.panes[.filters]
      let arrangement = context.model.selectedLayer?.filters.flatMap { geometry in
        rect.flatMap { filterArrangement(context.model, geometry, $0) }
      }
      state.selectFilter(state.filter + TileMove.rows(notches).distance(arrangement), context.run)
    },
    target: { model, rect, point in
      guard let geometry = model.selectedLayer?.filters, let arrangement = filterArrangement(model, geometry, rect),
        let strip = arrangement.strip(at: point, in: rect.belowTitle)
      else { return nil }
      let page = arrangement.page(holding: filterPlace(model), of: geometry.count)
      guard strip < page.count else { return nil }
      let order = model.currentSnapshot?.filters?.order ?? []
      let place = page.lowerBound + strip
      let filter = order.indices.contains(place) ? order[place] : place
      return Target(label: "filter \(filter)") { $0.selectFilter(filter, model.run) }
    })

  /// Above feature maps: two rows of small filters with captions and a title; and a third of what a column has beyond the
  /// height at which both are comfortable.
  private static func filterRows(in rows: Int) -> Int {
    let (least, comfortable) = (7, 22)
    return least + max(0, rows - comfortable) / 3
  }

  /// The selected filter's place in the order that is shown.
  fileprivate static func filterPlace(_ model: DashboardModel) -> Int {
    guard model.state.filters.order != .index,
      let place = model.currentSnapshot?.filters?.order.firstIndex(of: model.state.filter)
    else { return model.state.filter }
    return place
  }

  /// Below the title, from the pane's left edge.
  fileprivate static func filterArrangement(
    _ model: DashboardModel, _ geometry: TileGeometry, _ pane: Rect
  ) -> TileArrangement? {
    TileArrangement(geometry, in: pane.belowTitle.size, atLeast: 1, on: model.capabilities)
  }
}

extension Canvas {
  fileprivate mutating func drawFilters(_ rect: Rect) {
    guard let layer = model.selectedLayer else { return }
    let quantity = model.state.filters.quantity
    let names: [WeightQuantity: String] = [
      .weight: "Filters", .gradient: "Gradients", .update: "Last update", .change: "Change",
    ]
    // Where there is little room, how many there are says more than whose they are, which is marked in the list.
    let words = "\(names[quantity] ?? "") of \(layer.name)"
    let short = rect.columns < words.count + 28 ? names[quantity] ?? "" : words
    var at = title(layer.filters == nil ? layer.name : short, in: rect)
    let inside = rect.belowTitle
    guard let geometry = layer.filters else {
      let count = layer.maps.count
      if count > inside.rows - 1 {
        let first = firstChannel(of: count, rows: inside.rows - 1)
        _ = addToTitle(
          "channels \(first)–\(first + inside.rows - 2) of \(count)", .faint, column: at,
          end: rect.column + rect.columns,
          row: rect.row)
      }
      drawChannelNumbers(model.currentSnapshot?.channels ?? [], inside)
      return
    }
    guard let arrangement = Pane.filterArrangement(model, geometry, rect) else {
      write(
        "too small a pane for tiles of \(geometry.height)×\(geometry.width); Enter enlarges it", .faint,
        column: inside.column, row: inside.row)
      return
    }
    guard let snapshot = model.currentSnapshot, let pictures = snapshot.filters else {
      if model.currentSnapshot?.request.filters != nil {
        write(
          quantity == .weight ? "" : "to be seen after the next step", .faint, column: inside.column, row: inside.row)
      }
      return
    }
    let page = arrangement.page(holding: Pane.filterPlace(model), of: geometry.count)
    let end = rect.column + rect.columns
    let notes = notes(arrangement, geometry, page: page, noun: rect.columns < 60 ? "" : " filters")
    at = drawScale(
      pictures.layerRange, pictures.networkRange, isSigned: true, notes: notes, column: at, end: end, row: rect.row)
    if model.state.filters.order != .index {
      at = addToTitle("by \(model.state.filters.order.rawValue)", .faint, column: at, end: end, row: rect.row)
    }
    at = addMode(column: at, end: end, row: rect.row)
    _ = addToTitle("\(geometry.height)×\(geometry.width)", .faint, column: at, end: end, row: rect.row)
    guard pictures.request.quantity == quantity else { return }
    let first = pictures.request.places.lowerBound
    let glow = Glow(of: pictures.updates, scale: arrangement.scale, left: Float(model.glow))
    for place in page where pictures.filters.indices.contains(place - first) {
      let index = place - first
      let tiles = pictures.tiles[index * pictures.tilesPerFilter..<(index + 1) * pictures.tilesPerFilter]
      drawStrip(
        Array(tiles.prefix(arrangement.tilesShown)), number: pictures.filters[index], place: place - page.lowerBound,
        arrangement, inside, layerRange: pictures.layerRange, networkRange: pictures.networkRange, isSigned: true)
      if let glow, pictures.updates.count == pictures.tiles.count {
        let updates = pictures.updates[index * pictures.tilesPerFilter..<(index + 1) * pictures.tilesPerFilter]
        drawGlow(
          Array(updates.prefix(arrangement.tilesShown)), glow, arrangement, place: place - page.lowerBound, inside)
      }
    }
  }

  /// The channel in the first row of bars: the chosen one is in the middle where possible.
  private func firstChannel(of channels: Int, rows: Int) -> Int {
    max(0, min(model.state.filter - rows / 2, channels - rows))
  }

  /// Has the numbers glow that the last step changed most: the more, the brighter.
  private mutating func drawGlow(
    _ updates: [Tile], _ glow: Glow, _ arrangement: TileArrangement, place: Int, _ inside: Rect
  ) {
    let origin = arrangement.origin(place)
    for (index, tile) in updates.enumerated() {
      let column = inside.column + origin.column + index % arrangement.tilesAcross * (arrangement.tile.columns + 1)
      let row = inside.row + origin.row + index / arrangement.tilesAcross * arrangement.tile.rows
      painter.drawGlow(tile, scale: arrangement.scale, glow, column: column, row: row, on: &grid)
    }
  }

  /// Bars: a column for each kind of number, a row for each channel.
  private mutating func drawChannelNumbers(_ numbers: [ChannelNumbers], _ inside: Rect) {
    guard !numbers.isEmpty, inside.rows > 1 else { return }
    let width = max(8, (inside.columns - 4) / numbers.count - 1)
    let channels = numbers.map(\.values.count).max() ?? 0
    let rows = inside.rows - 1
    let first = firstChannel(of: channels, rows: rows)
    for (index, kind) in numbers.enumerated() {
      let column = inside.column + 4 + index * (width + 1)
      let isVariance = kind.name.hasSuffix("variance")
      // A deviation says more than its square.
      let values = isVariance ? kind.values.map { $0.squareRoot() } : kind.values
      let name = isVariance ? kind.name.replacing("variance", with: "deviation") : kind.name
      let limit = values.filter(\.isFinite).map(abs).max() ?? 0
      write("\(name) ±\(formatNumber(limit))", .text, column: column, row: inside.row, limit: width)
      for row in 0..<min(rows, values.count - first) {
        let value = values[first + row]
        let text = formatNumber(value)
        drawSignedBar(
          value, limit: limit, column: column, row: inside.row + 1 + row, width: max(4, width - 8))
        writeRight(text, .faint, end: column + width, row: inside.row + 1 + row)
      }
    }
    for row in 0..<min(rows, channels - first) {
      let channel = first + row
      write(
        padLeft("\(channel)", 3), channel == model.state.filter ? .selected : .faint, column: inside.column,
        row: inside.row + 1 + row)
    }
  }
}
