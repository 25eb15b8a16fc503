// How one number of a map comes about: patch × kernel, channel by channel, to the last bit.

import Telemetry

extension Pane {
  public static let arithmetic: Pane = Pane(
    name: "arithmetic", smallest: Size(40, 12),
    isWanted: { $0.selectedLayer?.filters != nil },
    need: { request, model, _ in
      request.output = OutputPlace(map: model.state.filter, row: model.state.maps.row, column: model.state.maps.column)
    },
    draw: { $0.drawArithmetic($1) },
    explain: { _ in
      "How the marked number of the map comes about: inputs under the kernel × weights, added up channel by channel"
    },
    keys: [
      move("left", .left, "←", line: ("← → ↑ ↓", "place"), "the number to the left", (0, -1)),
      move("right", .right, "→", "the number to the right", (0, 1)),
      move("up", .up, "↑", "the number above", (-1, 0)), move("down", .down, "↓", "the number below", (1, 0)),
    ],
    target: { model, rect, point in
      guard let room = mapRoom(model, rect), room.rect.contains(point) else { return nil }
      let zoom = room.zoom
      let row = min(room.height - 1, 2 * (point.row - room.rect.row) / zoom)
      let column = min(room.width - 1, (point.column - room.rect.column) / zoom)
      return Target(label: "number \(row), \(column)") {
        ($0.maps.row, $0.maps.column) = (row, column)
      }
    })

  private static func move(
    _ name: String, _ key: Key, _ label: String, line: (label: String, word: String)? = nil, _ help: String,
    _ by: (row: Int, column: Int)
  ) -> KeyBinding {
    .choice(name, [key], label, line: line, help) { state, context in
      guard let maps = context.model.selectedLayer?.maps else { return }
      state.maps.row = min(max(0, state.maps.row + by.row * context.repeats), maps.height - 1)
      state.maps.column = min(max(0, state.maps.column + by.column * context.repeats), maps.width - 1)
    }
  }

  /// Where the map is that the cursor moves in, and at which zoom; nil for a layer without planes.
  fileprivate static func mapRoom(
    _ model: DashboardModel, _ pane: Rect
  ) -> (rect: Rect, zoom: Int, height: Int, width: Int)? {
    guard let maps = model.selectedLayer?.maps, model.selectedLayer?.outputShape.rank == 3 else { return nil }
    let inside = pane.belowTitle
    // Below it is the sum: with a patch and a kernel in full if there is room for them.
    let filters = model.selectedLayer?.filters
    let full = 2 * (filters?.height ?? 0) + 8 + min(8, filters?.tiles ?? 0)
    let rows =
      inside.rows - full >= (maps.height + 1) / 2
      ? inside.rows - full : max(inside.rows * 2 / 5, min(inside.rows - 12, 24))
    let zoom = min(inside.columns / maps.width, 2 * rows / maps.height)
    guard zoom >= 1 else { return nil }
    let size = TileScale.zoom(zoom).cells(height: maps.height, width: maps.width)
    return (
      Rect(column: inside.column, row: inside.row, columns: size.columns, rows: size.rows), zoom, maps.height,
      maps.width
    )
  }
}

extension Canvas {
  fileprivate mutating func drawArithmetic(_ rect: Rect) {
    guard let layer = model.selectedLayer else { return }
    let shown = model.currentSnapshot?.arithmetic?.place
    let place = shown.map {
      layer.outputShape.rank == 3 ? "[\($0.map)] at row \($0.row), column \($0.column)" : "[\($0.map)]"
    }
    let end = rect.column + rect.columns
    let at = title("\(layer.name)\(place ?? "")", in: rect)
    var inside = rect.belowTitle
    guard let snapshot = model.currentSnapshot else { return }
    guard let arithmetic = snapshot.arithmetic else {
      write("\(layer.name) is no plain sum of products", .faint, column: inside.column, row: inside.row)
      return
    }
    if let room = Pane.mapRoom(model, rect), room.height == arithmetic.map.height {
      let shading = model.shading(ValueRange(arithmetic.map.values.prefix(arithmetic.map.count)), isSigned: false)
      if end - at > painter.legendWidth(shading, width: 9) {
        let column = painter.drawLegend(shading, width: 9, column: at, row: rect.row, style: theme[.text], on: &grid)
        write(" ", .text, column: column, row: rect.row)
      }
      drawMap(arithmetic.map, arithmetic.place, room.rect, room.zoom, shading)
      inside = inside.dropping(rows: room.rect.rows + 1)
      drawInput(snapshot.probe, arithmetic, inside.dropping(columns: room.rect.columns + 3), room.rect, room.zoom)
    }
    drawSum(arithmetic, inside)
  }

  private mutating func drawMap(
    _ tile: Tile, _ place: OutputPlace, _ rect: Rect, _ zoom: Int, _ shading: Shading
  ) {
    painter.draw(tile, scale: .zoom(zoom), shading: shading, column: rect.column, row: rect.row, on: &grid)
    let (row, column) = (place.row * zoom / 2, place.column * zoom)
    let mark = model.capabilities.unicode ? "◆" : "X"
    write(
      mark, .mark, column: rect.column + column + max(0, zoom / 2 - 1),
      row: rect.row + min(rect.rows - 1, row + zoom / 4))
  }

  /// The image beside the map, what the number sees of it marked, for a layer that reads the image itself.
  ///
  /// - Parameters:
  ///   - room: what is beside the map; its rows are those below it.
  ///   - map: where the map is.
  private mutating func drawInput(
    _ probe: ProbePicture, _ arithmetic: OutputArithmetic, _ room: Rect, _ map: Rect, _ mapZoom: Int
  ) {
    let image = model.run.image
    let zoom = min(mapZoom, room.columns / image[2], 2 * map.rows / image[1])
    guard model.selectedLayer?.source == nil, zoom >= 1 else { return }
    painter.draw(
      probe.channels, scale: .zoom(zoom), shading: Shading(.gray, limit: 1), column: room.column, row: map.row,
      on: &grid)
    let size = TileScale.zoom(zoom).cells(height: image[1], width: image[2])
    outline(arithmetic, .zoom(zoom), column: room.column, row: map.row, size: size)
    let words = "\(probe.isTraining ? "training" : "input") image \(probe.index), with what the number sees"
    write(words, .faint, column: room.column, row: map.row + map.rows, limit: room.columns)
    write("the map", .faint, column: map.column, row: map.row + map.rows, limit: map.columns)
  }

  /// Bias, channels, sum, the engine's number, the activation's.
  private mutating func drawSum(_ arithmetic: OutputArithmetic, _ inside: Rect) {
    guard inside.rows > 3, let first = arithmetic.channels.first else { return }
    let bottom = inside.row + inside.rows
    var row = inside.row
    func number(_ value: Float) -> String { "\(value)".replacing("-", with: glyphs.minus) }
    // The channel that adds most in full, if there is room: its patch, its kernel and their products.
    let added = zip(arithmetic.channels, [arithmetic.bias] + arithmetic.channels.map(\.total)).map { $0.total - $1 }
    let most = added.indices.max { abs(added[$0]) < abs(added[$1]) } ?? 0
    let shown = arithmetic.channels.indices.contains(most) ? arithmetic.channels[most] : first
    let (width, height) = (shown.patch.width * 7, shown.patch.height)
    let isBeside = 2 * width + 3 <= inside.columns
    let needed = (isBeside ? height + 2 : 2 * height + 3) + 4 + min(3, arithmetic.channels.count)
    if shown.patch.count == shown.patch.width * height, width <= inside.columns, row + needed <= bottom, !isBeside {
      write("channel \(shown.index): input", .faint, column: inside.column, row: row, limit: inside.columns)
      drawNumbers(
        shown.patch, model.shading(ValueRange(shown.patch.values), isSigned: false), column: inside.column, row: row + 1
      )
      write("× weight", .faint, column: inside.column, row: row + height + 1)
      drawNumbers(
        shown.kernel, model.shading(ValueRange(shown.kernel.values), isSigned: true), column: inside.column,
        row: row + height + 2)
      row += 2 * height + 2
    }
    if shown.patch.count == shown.patch.width * height, isBeside, row + needed <= bottom {
      write("channel \(shown.index): input", .faint, column: inside.column, row: row)
      write("× weight", .faint, column: inside.column + width + 3, row: row)
      let patch = ValueRange(shown.patch.values)
      drawNumbers(shown.patch, model.shading(patch, isSigned: false), column: inside.column, row: row + 1)
      drawNumbers(
        shown.kernel, model.shading(ValueRange(shown.kernel.values), isSigned: true), column: inside.column + width + 3,
        row: row + 1)
      write("×", .text, column: inside.column + width + 1, row: row + 1 + height / 2)
      if 3 * width + 6 <= inside.columns {
        let products = Tile(
          height: height, width: shown.patch.width, values: zip(shown.patch.values, shown.kernel.values).map { $0 * $1 }
        )
        write("= products", .faint, column: inside.column + 2 * width + 6, row: row)
        drawNumbers(
          products, model.shading(ValueRange(products.values), isSigned: true), column: inside.column + 2 * width + 6,
          row: row + 1)
      }
      row += height + 2
    }
    write("bias", .faint, column: inside.column, row: row)
    write(number(arithmetic.bias), .text, column: inside.column + 14, row: row)
    row += 1
    let left = bottom - row - (arithmetic.activated == nil ? 2 : 3)
    // What does not fit is summed up, and says so.
    let listed = arithmetic.channels.count <= left ? arithmetic.channels.count : max(0, left - 1)
    for channel in arithmetic.channels.prefix(listed) {
      write(
        "+ channel \(channel.index)", channel.index == shown.index ? .text : .faint, column: inside.column, row: row)
      write("sum \(number(channel.total))", .text, column: inside.column + 14, row: row, limit: inside.columns - 14)
      row += 1
    }
    if listed < arithmetic.channels.count {
      write("+ \(arithmetic.channels.count - listed) more", .faint, column: inside.column, row: row)
      write("sum \(number(arithmetic.sum))", .text, column: inside.column + 14, row: row)
      row += 1
    }
    let isExact = arithmetic.sum.bitPattern == arithmetic.output.bitPattern
    write("the engine's", .faint, column: inside.column, row: row)
    write(
      "\(number(arithmetic.output))\(isExact ? ", to the last bit" : ", \(formatNumber(arithmetic.output - arithmetic.sum)) off by rounding")",
      .number, column: inside.column + 14, row: row, limit: inside.columns - 14)
    if let activated = arithmetic.activated, let name = arithmetic.activation {
      write(name, .faint, column: inside.column, row: row + 1, limit: 13)
      write(number(activated), .number, column: inside.column + 14, row: row + 1)
    }
  }
}
