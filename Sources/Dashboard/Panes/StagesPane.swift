// A step in figures: for each layer the norms of what it computed, of the gradients, and of what was added to it.

import Telemetry

extension Pane {
  public static let stages: Pane = Pane(
    name: "stages", smallest: Size(37, 7),
    isWanted: \.trains,
    wish: { room, model in
      Wish(columns: room.columns < 110 ? 37 : 58, rows: min(model.run.layers.count + 3, max(7, room.rows / 2)))
    },
    need: { request, model, _ in request.wantGlass(model) { _ in } },
    draw: { $0.drawStages($1) },
    explain: { _ in
      "The step in norms: what leaves each layer for the image, the loss's gradient there, and what is added to its weights"
    },
    scroll: { state, context, notches in state.selectLayer(state.layer + notches, context.run) },
    target: { model, rect, point in
      let index = firstStage(model, rows: rect.rows - 3) + point.row - rect.row - 3
      guard point.row > rect.row + 2, model.run.layers.indices.contains(index) else { return nil }
      return Target(label: "layer \(model.run.layers[index].name)") { $0.selectLayer(index, model.run) }
    })

  fileprivate static func firstStage(_ model: DashboardModel, rows: Int) -> Int {
    max(0, min(model.state.layer - rows / 2, model.run.layers.count - rows))
  }
}

/// A column of the table.
private struct StageColumn: Sendable {
  let title: String
  let stage: StepStage
  let value: @Sendable (GlassPictures.Norms) -> Double?

  static let all = [
    StageColumn(title: "output", stage: .forward, value: { $0.output }),
    StageColumn(title: "gradient", stage: .backward, value: { $0.outputGradient }),
    StageColumn(title: "weight", stage: .update, value: { $0.weight }),
    StageColumn(title: "gradient", stage: .update, value: { $0.gradient }),
    StageColumn(title: "update", stage: .update, value: { $0.update }),
  ]
  /// Where there is no room for all.
  static let few = [all[0], all[1], all[4]]
}

extension Canvas {
  fileprivate mutating func drawStages(_ rect: Rect) {
    let at = title("Step in figures", in: rect)
    let inside = rect.belowTitle
    guard let glass = model.glass else { return drawExamination(inside) }
    let what = glass.isTried ? "step \(grouped(glass.step)), not made yet" : "step \(grouped(glass.step))"
    _ = addToTitle(what, glass.isTried ? .warning : .number, column: at, end: rect.column + rect.columns, row: rect.row)
    drawWay(inside)
    let columns = inside.columns >= 53 ? StageColumn.all : StageColumn.few
    let width = 9
    let longest = model.run.layers.map(\.name.count).max() ?? 0
    let name = min(longest + 2, max(8, inside.columns - width * columns.count))
    for (index, column) in columns.enumerated() {
      let isHere = column.stage == model.state.glass.stage
      write(
        padLeft(column.title, width - 1), isHere ? .key : .faint, column: inside.column + name + index * width + 1,
        row: inside.row + 1)
    }
    let rows = inside.rows - 2
    let first = Pane.firstStage(model, rows: rows)
    for (offset, norms) in glass.norms.dropFirst(first).prefix(max(0, rows)).enumerated() {
      let layer = first + offset
      let row = inside.row + 2 + offset
      let isHere = layer == model.state.layer && model.state.glass.stage != .loss
      let label = shortened(model.run.layers[layer].name, name - 1)
      write(
        "\(isHere ? glyphs.marker : " ")\(padRight(label, name - 1))", isHere ? .selected : .text,
        column: inside.column,
        row: row)
      for (index, column) in columns.enumerated() {
        let text = column.value(norms).map { formatNumber(Float($0)) } ?? ""
        let isMarked = isHere && column.stage == model.state.glass.stage
        write(
          padLeft(text, width - 1), isMarked ? .number : .faint, column: inside.column + name + index * width + 1,
          row: row)
      }
    }
  }

  /// The stages in their order, the present one marked.
  private mutating func drawWay(_ inside: Rect) {
    var at = inside.column
    for stage in StepStage.allCases {
      if stage != .forward { at = write(" → ", .faint, column: at, row: inside.row) }
      let isHere = stage == model.state.glass.stage
      at = write(
        isHere ? " \(stage.rawValue) " : stage.rawValue, isHere ? .selected : .faint, column: at, row: inside.row)
    }
  }
}
