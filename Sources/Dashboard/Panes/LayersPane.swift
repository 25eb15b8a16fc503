// The list of layers: name, output shape, parameters.

import Telemetry

extension Pane {
  /// The list of layers.
  public static let layers: Pane = Pane(
    name: "layers", smallest: Size(27, 8),
    wish: { room, _ in Wish(columns: room.columns < 100 ? 27 : room.columns < 160 ? 31 : 36) },
    draw: { $0.drawLayers($1) },
    explain: { model in
      guard let layer = model.selectedLayer else { return "" }
      let parameters = layer.parameters > 0 ? " with \(grouped(layer.parameters)) parameters" : ""
      return "The net's layers, from the image to the classes; \(layer.name): \(layer.kind)\(parameters)"
    },
    keys: [KeyBinding.layerAbove, KeyBinding.layerBelow],
    open: { state, _ in
      state.go(.network)
      return .none
    },
    scroll: { state, context, notches in state.selectLayer(state.layer + notches, context.run) },
    target: { model, rect, point in
      let index = firstLayer(model, rows: rect.rows - 1) + point.row - rect.row - 1
      guard point.row > rect.row, model.run.layers.indices.contains(index) else { return nil }
      return Target(label: "layer \(model.run.layers[index].name)") { $0.selectLayer(index, model.run) }
    })

  /// The layer in the first row of a list: the selected one stays in view, in the middle where possible.
  fileprivate static func firstLayer(_ model: DashboardModel, rows: Int) -> Int {
    max(0, min(model.state.layer - rows / 2, model.run.layers.count - rows))
  }
}

extension Canvas {
  fileprivate mutating func drawLayers(_ rect: Rect) {
    let at = title("Layers", in: rect)
    _ = addToTitle(
      "\(grouped(model.run.parameters)) parameters", .faint, column: at, end: rect.column + rect.columns, row: rect.row)
    let rows = rect.rows - 1
    guard rows > 0 else { return }
    let first = Pane.firstLayer(model, rows: rows)
    for (offset, layer) in model.run.layers.dropFirst(first).prefix(rows).enumerated() {
      let index = first + offset
      drawLayer(
        layer, isFrozen: model.status.frozen.contains(index), isSelected: index == model.state.layer, rect,
        row: rect.row + 1 + offset)
    }
    if first > 0 {
      writeRight("↑", .faint, end: rect.column + rect.columns, row: rect.row + 1)
    }
    if first + rows < model.run.layers.count {
      writeRight("↓", .faint, end: rect.column + rect.columns, row: rect.row + rows)
    }
  }

  private mutating func drawLayer(
    _ layer: LayerSummary, isFrozen: Bool, isSelected: Bool, _ rect: Rect, row: Int
  ) {
    let width = rect.columns - 1
    // More digits than there is room for are rounded, and say so.
    let parameters =
      isFrozen
      ? "frozen"
      : layer.parameters == 0
        ? "" : layer.parameters < 1_000_000 ? grouped(layer.parameters) : "\(fixed(Double(layer.parameters) / 1e6, 2))M"
    // With a blank behind the longest.
    let longest = model.run.layers.map(\.outputShape.description.count).max() ?? 0
    let shapeWidth = max(rect.columns < 30 ? 9 : 11, min(12, longest + 1))
    // Six digits and a comma are rare, and a name says more.
    let numberWidth = model.run.layers.allSatisfy { $0.parameters < 100_000 } ? 6 : 7
    let nameWidth = width - 1 - shapeWidth - numberWidth
    let name = "\(padRight(shortened(layer.name, nameWidth - 1), nameWidth - 1)) "
    let shape = padRight(glyphs.adapt(layer.outputShape.description), shapeWidth)
    let line = "\(isSelected ? glyphs.marker : " ")\(name)\(shape)\(padLeft(parameters, numberWidth))"
    if isSelected {
      write(line, .selected, column: rect.column, row: row, limit: width)
      return
    }
    var at = write(" \(name)", layer.parameters > 0 ? .text : .faint, column: rect.column, row: row)
    at = write(shape, .faint, column: at, row: row)
    write(padLeft(parameters, numberWidth), .text, column: at, row: row, limit: rect.column + width - at)
  }
  /// A layer's name in so many columns: its end where there is no room for all of it, which tells it from others like it.
  func shortened(_ name: String, _ width: Int) -> String {
    name.count <= width ? name : (model.capabilities.unicode ? "…" : "<") + name.suffix(max(0, width - 1))
  }

  /// A text in so many columns: its beginning where there is no room for all of it.
  func cut(_ text: String, _ width: Int) -> String {
    text.count <= width ? text : text.prefix(max(0, width - 1)) + (model.capabilities.unicode ? "…" : "~")
  }
}
