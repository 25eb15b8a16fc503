// The curves of the overview: loss and accuracy.

import Telemetry

extension Pane {
  /// How wrong the net is, on a linear or a logarithmic axis.
  public static let loss: Pane = chart("loss", "How wrong the net is, lower is better")

  /// The share of images whose class was found, in percent.
  public static let accuracy: Pane = chart(
    "accuracy", "The share of images that the net gets right")

  private static func chart(
    _ quantity: String, _ meaning: String
  ) -> Pane {
    Pane(
      name: quantity, smallest: Size(16, 7),
      // Three tenths of a screen, and not much more than a curve is worth; never below eight rows of curve.
      wish: { room, _ in Wish(rows: max(min(10, room.rows / 2), min(16, room.rows * 3 / 10 + 1))) },
      need: { request, _, rect in
        request.quantities.insert(quantity)
        // Two dots of braille a cell.
        request.curvePoints = max(request.curvePoints, 2 * rect.columns)
      },
      draw: { $0.drawChart(ChartContent(quantity, $0.model), TimeScale($0.model, isWhole: true), in: $1) },
      explain: { model in
        "\(meaning); blue: training, orange: \(model.run.validation) images after each epoch"
      },
      keys: [
        .choice("cursor-left", [.left], "←", line: ("← →", "cursor"), "the cursor to the left; 10← further") {
          moveCursor(&$0, $1, -$1.repeats, isWhole: true)
        },
        .choice("cursor-right", [.right], "→", "the cursor to the right") {
          moveCursor(&$0, $1, $1.repeats, isWhole: true)
        },
        .choice("no-cursor", [.home], "Home", "no cursor: the newest values") { state, _ in state.charts.cursor = nil },
        KeyBinding.toggleLog,
      ],
      open: { state, context in
        // To the step that the cursor is at.
        if let cursor = state.charts.cursor { return .command(.goTo(step: cursor)) }
        if !state.charts.shown.contains(quantity) { state.charts.shown.insert(quantity, at: 0) }
        state.go(.charts)
        return .none
      },
      target: { model, rect, point in
        let time = TimeScale(model, isWhole: true)
        let margin = ChartContent(quantity, model).margin(time, rows: rect.rows - 2)
        return stepTarget(at: point, time, margin: margin, in: rect)
      })
  }
}

extension KeyBinding {
  static let toggleLog = choice(
    "log", [.character("l")], "l", line: ("l", "log"), "values on a log or a linear axis", needsTraining: true
  ) { state, _ in state.charts.isLog.toggle() }
}
