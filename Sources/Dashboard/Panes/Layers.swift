// The list of layers: name, output shape, parameters.

import Training

extension Canvas {
  mutating func drawLayers(_ rect: Rect) {
    let total = model.layers.reduce(0) { $0 + $1.parameters }
    let at = title(.layers, "Layers", in: rect)
    _ = addToTitle("\(grouped(total)) parameters", .faint, column: at, end: rect.column + rect.columns, row: rect.row)
    let rows = rect.rows - 1
    guard rows > 0 else { return }
    // The selected layer stays in view, in the middle where possible.
    let first = max(0, min(model.state.layer - rows / 2, model.layers.count - rows))
    for (offset, layer) in model.layers.dropFirst(first).prefix(rows).enumerated() {
      let index = first + offset
      drawLayer(layer, isSelected: index == model.state.layer, rect, row: rect.row + 1 + offset)
    }
    if first > 0 {
      writeRight(model.capabilities.unicode ? "↑" : "^", .faint, end: rect.column + rect.columns, row: rect.row + 1)
    }
    if first + rows < model.layers.count {
      writeRight(model.capabilities.unicode ? "↓" : "v", .faint, end: rect.column + rect.columns, row: rect.row + rows)
    }
  }

  private mutating func drawLayer(_ layer: LayerSummary, isSelected: Bool, _ rect: Rect, row: Int) {
    let width = rect.columns - 1
    let parameters = layer.parameters > 0 ? grouped(layer.parameters) : ""
    let shapeWidth = rect.columns < 30 ? 9 : 11
    let nameWidth = width - 1 - shapeWidth - 7
    let name = "\(padRight(layer.name, nameWidth - 1)) "
    let shape = padRight(glyphs.adapt(layer.outputShape.description), shapeWidth)
    let line = "\(isSelected ? glyphs.marker : " ")\(name)\(shape)\(padLeft(parameters, 7))"
    if isSelected {
      write(line, .selected, column: rect.column, row: row, limit: width)
      return
    }
    var at = write(" \(name)", layer.parameters > 0 ? .text : .faint, column: rect.column, row: row)
    at = write(shape, .faint, column: at, row: row)
    write(padLeft(parameters, 7), .text, column: at, row: row, limit: rect.column + width - at)
  }
}
