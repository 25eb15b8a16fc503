// The charts of the chosen series, one above the other, with one cursor through all.

import Telemetry

extension Pane {
  public static let plots: Pane = Pane(
    name: "plots", smallest: Size(40, 9), isWanted: \.trains,
    need: { request, model, rect in
      request.quantities.formUnion(model.state.charts.shown)
      request.quantities.insert("seconds")
      request.curvePoints = max(request.curvePoints, 2 * rect.columns)
      request.steps = model.state.charts.window
    },
    draw: { $0.drawPlots($1) },
    explain: { model in
      "Blue: training, smoothed, raw values behind it; orange: \(model.run.validation), after each epoch; ← → reads values"
    },
    keys: [
      .choice("cursor-left", [.left], "←", line: ("← →", "cursor"), "the cursor to the left; 10← further", .pane) {
        moveCursor(&$0, $1, -$1.repeats)
      },
      .choice("cursor-right", [.right], "→", "the cursor to the right", .pane) { moveCursor(&$0, $1, $1.repeats) },
      .choice("zoom-in", [.up, .character(".")], "↑ .", line: ("↑ ↓", "zoom"), "closer, around the cursor", .pane) {
        zoom(&$0, $1, 0.5)
      },
      .choice("zoom-out", [.down, .character(",")], "↓ ,", "farther", .pane) { zoom(&$0, $1, 2) },
      .choice("pan-left", [.pageUp], "PgUp", "half a chart back", .pane) { pan(&$0, $1, -0.5) },
      .choice("pan-right", [.pageDown], "PgDn", "half a chart on", .pane) { pan(&$0, $1, 0.5) },
      .choice(
        "follow", [.character("f"), .home], "f", line: ("f", "follow"), "the whole run, following the newest step",
        .pane
      ) {
        state, _ in (state.charts.window, state.charts.cursor) = (nil, nil)
      },
      KeyBinding.toggleLog,
      .choice("log-time", [.character("L")], "L", "time on a log or a linear axis", .pane) { state, _ in
        state.charts.isLogTime.toggle()
      },
      .choice("time", [.character("u")], "u", line: ("u", "units"), "steps, epochs or seconds along the axis", .pane) {
        state, _ in
        state.charts.time = neighbor(of: state.charts.time, 1, in: TimeAxis.allCases)
      },
      .choice("smoother", [.character("E")], "E", "smoother curves", .pane) { state, _ in
        state.charts.smoothing = smoothing(state.charts.smoothing, 1)
      },
      .choice(
        "rougher", [.character("e")], "e", line: ("e E", "smoothing"), "less smooth curves, at last the raw ones", .pane
      ) {
        state, _ in state.charts.smoothing = smoothing(state.charts.smoothing, -1)
      },
      .choice("others", [.character("o")], "o", line: ("o", "runs"), "other runs of the folder over the curves", .pane)
      {
        state, _ in
        state.charts.showsOthers.toggle()
      },
    ],
    open: { state, context in
      // The chart's numbers at the newest step, or none.
      state.charts.cursor = state.charts.cursor == nil ? context.model.snapshot?.step : nil
    },
    scroll: { state, context, notches in zoom(&state, context, notches < 0 ? 0.8 : 1.25) },
    target: { model, rect, point in
      guard point.row > rect.row else { return nil }
      let columns = Canvas(Size(1, 1), model).plotColumns(
        ChartContent(model.state.charts.shown.first ?? "loss", model), in: rect)
      guard columns.contains(point.column) else { return nil }
      let position = Double(point.column - columns.lowerBound) / Double(max(1, columns.count - 1))
      let step = TimeScale(model).step(at: position)
      return Target(label: "step \(step)") { $0.charts.cursor = step }
    })

  private static let strengths = [0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995]

  private static func smoothing(_ now: Double, _ by: Int) -> Double {
    let index = strengths.firstIndex { $0 >= now - 1e-6 } ?? strengths.count - 1
    return strengths[min(max(0, index + by), strengths.count - 1)]
  }

  private static func moveCursor(_ state: inout DashboardState, _ context: KeyContext, _ by: Int) {
    let steps = TimeScale(context.model).steps
    // A column of the chart at a time.
    let width = max(1, steps.count / max(20, (context.focusRect?.columns ?? 80) - 10))
    let now = state.charts.cursor ?? steps.upperBound
    state.charts.cursor = min(max(steps.lowerBound, now + by * width), steps.upperBound)
  }

  private static func zoom(_ state: inout DashboardState, _ context: KeyContext, _ factor: Double) {
    let newest = max(context.model.snapshot?.step ?? 0, 10)
    let steps = TimeScale(context.model).steps
    let length = max(8, Int(Double(steps.count) * factor))
    guard length < newest else {
      state.charts.window = nil
      return
    }
    let center =
      state.charts.cursor ?? (state.charts.window == nil ? newest : (steps.lowerBound + steps.upperBound) / 2)
    let first = min(max(0, center - length / 2), newest - length)
    state.charts.window = first...(first + length)
  }

  private static func pan(_ state: inout DashboardState, _ context: KeyContext, _ share: Double) {
    guard let window = state.charts.window else { return }
    let newest = max(context.model.snapshot?.step ?? 0, 10)
    let length = window.upperBound - window.lowerBound
    let first = min(max(0, window.lowerBound + Int(Double(length) * share)), max(0, newest - length))
    state.charts.window = first...(first + length)
  }
}

extension Canvas {
  /// As many of the chosen charts as have eight rows; the others are named.
  fileprivate mutating func drawPlots(_ rect: Rect) {
    let shown = model.state.charts.shown
    let least = 8
    let count = max(1, min(shown.count, rect.rows / least))
    // The latest chosen ones, if not all fit.
    let visible = shown.suffix(count)
    let isShort = count < shown.count
    let rows = (rect.rows - (isShort ? 1 : 0)) / count
    for (index, quantity) in visible.enumerated() {
      let first = rect.row + index * rows
      let height = index == count - 1 ? rect.row + rect.rows - (isShort ? 1 : 0) - first : rows
      drawChart(
        ChartContent(quantity, model), in: Rect(column: rect.column, row: first, columns: rect.columns, rows: height))
    }
    guard isShort else { return }
    write(
      "no room for \(shown.prefix(shown.count - count).joined(separator: ", "))", .faint, column: rect.column + 1,
      row: rect.row + rect.rows - 1, limit: rect.columns - 2)
  }
}
