// The charts of the chosen series, one above the other, with one cursor through all.

import Telemetry

extension Pane {
  public static let plots: Pane = Pane(
    name: "plots", smallest: Size(40, 9), isWanted: \.trains,
    need: { request, model, rect in
      request.quantities.formUnion(model.state.charts.shown)
      if model.state.charts.time == .seconds { request.quantities.insert("seconds") }
      request.curvePoints = max(request.curvePoints, 2 * rect.columns)
      request.steps = model.state.charts.window
    },
    draw: { $0.drawPlots($1) },
    explain: { model in
      "The line: training, smoothed, raw values behind it; at epochs' ends: \(model.run.validation); ← → reads values, Enter goes there"
    },
    keys: [
      .choice("cursor-left", [.left], "←", line: ("← →", "cursor"), "the cursor to the left; 10← further") {
        moveCursor(&$0, $1, -$1.repeats)
      },
      .choice("cursor-right", [.right], "→", "the cursor to the right") { moveCursor(&$0, $1, $1.repeats) },
      .choice("zoom-in", [.up, .character(".")], "↑ .", line: ("↑ ↓", "zoom"), "closer, around the cursor") {
        zoom(&$0, $1, 0.5)
      },
      .choice("zoom-out", [.down, .character(",")], "↓ ,", "farther") { zoom(&$0, $1, 2) },
      .choice("pan-left", [.pageUp], "PgUp", "half a chart back") { pan(&$0, $1, -0.5) },
      .choice("pan-right", [.pageDown], "PgDn", "half a chart on") { pan(&$0, $1, 0.5) },
      .choice(
        "follow", [.character("a"), .home], "a", line: ("a", "all"), "the whole run, following the newest step"
      ) {
        state, _ in (state.charts.window, state.charts.cursor) = (nil, nil)
      },
      KeyBinding.toggleLog,
      .choice("log-time", [.character("L")], "L", "time on a log or a linear axis") { state, _ in
        state.charts.isLogTime.toggle()
      },
      .choice("time", [.character("u")], "u", line: ("u", "units"), "steps, epochs or seconds along the axis") {
        state, _ in
        state.charts.time = neighbor(of: state.charts.time, 1, in: TimeAxis.allCases)
      },
      .choice("smoother", [.character("E")], "E", "smoother curves") { state, _ in
        state.charts.smoothing = smoothing(state.charts.smoothing, 1)
      },
      .choice(
        "rougher", [.character("e")], "e", line: ("e E", "smoothing"), "less smooth curves, at last the raw ones"
      ) {
        state, _ in state.charts.smoothing = smoothing(state.charts.smoothing, -1)
      },
      .choice("others", [.character("o")], "o", line: ("o", "runs"), "other runs of the folder over the curves") {
        state, _ in
        state.charts.showsOthers.toggle()
      },
    ],
    open: { state, context in
      // To the step that the cursor is at; without one, it comes at the newest.
      if let cursor = state.charts.cursor { return .command(.goTo(step: cursor)) }
      state.charts.cursor = context.model.newestStep
      return .none
    },
    scroll: { state, context, notches in zoom(&state, context, notches < 0 ? 0.8 : 1.25) },
    target: { model, rect, point in
      let plots = VisiblePlots(model, rect)
      guard let place = plots.places.first(where: { $0.rect.contains(point) }), point.row > place.rect.row else {
        return nil
      }
      return stepTarget(at: point, TimeScale(model), margin: plots.margin, in: place.rect)
    })

  /// The step at a point of a chart: a click has the cursor there, dragging goes there.
  static func stepTarget(at point: Point, _ time: TimeScale, margin: Int, in rect: Rect) -> Target? {
    let columns = rect.column + margin + 1..<max(rect.column + margin + 2, rect.column + rect.columns - 1)
    guard columns.contains(point.column), point.row > rect.row else { return nil }
    let position = Double(point.column - columns.lowerBound) / Double(max(1, columns.count - 1))
    let step = time.step(at: position)
    return Target(label: "step \(step)", drag: .command(.goTo(step: step))) { $0.charts.cursor = step }
  }

  private static let strengths = [0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995]

  private static func smoothing(_ now: Double, _ by: Int) -> Double {
    let index = strengths.firstIndex { $0 >= now - 1e-6 } ?? strengths.count - 1
    return strengths[min(max(0, index + by), strengths.count - 1)]
  }

  /// - Parameter isWhole: whether the chart shows the whole run in steps, whatever is chosen for the charts' own view.
  static func moveCursor(
    _ state: inout DashboardState, _ context: KeyContext, _ by: Int, isWhole: Bool = false
  ) {
    let steps = TimeScale(context.model, isWhole: isWhole).steps
    // A column of the chart at a time.
    let width = max(1, steps.count / max(20, (context.focusRect?.columns ?? 80) - 10))
    let newest = min(steps.upperBound, max(steps.lowerBound, context.model.newestStep))
    let now = state.charts.cursor ?? newest
    state.charts.cursor = min(max(steps.lowerBound, now + by * width), newest)
  }

  private static func zoom(_ state: inout DashboardState, _ context: KeyContext, _ factor: Double) {
    let newest = max(context.model.newestStep, 10)
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
    let newest = max(context.model.newestStep, 10)
    let length = window.upperBound - window.lowerBound
    let first = min(max(0, window.lowerBound + Int(Double(length) * share)), max(0, newest - length))
    state.charts.window = first...(first + length)
  }
}

/// As many of the chosen charts as have eight rows, one above the other, with one margin, so that a step is in the same
/// column of all.
private struct VisiblePlots {
  let places: [(content: ChartContent, rect: Rect)]
  let margin: Int
  /// Chosen ones that there is no room for.
  let left: [String]

  init(_ model: DashboardModel, _ rect: Rect) {
    let shown = model.state.charts.shown
    let count = max(1, min(shown.count, rect.rows / 8))
    // The latest chosen ones, if not all fit; then a row names the others.
    left = Array(shown.prefix(shown.count - count))
    let room = rect.rows - (left.isEmpty ? 0 : 1)
    let rows = room / count
    let time = TimeScale(model)
    places = shown.suffix(count).enumerated().map { index, quantity in
      let height = index == count - 1 ? room - rows * index : rows
      return (
        ChartContent(quantity, model),
        Rect(column: rect.column, row: rect.row + rows * index, columns: rect.columns, rows: height)
      )
    }
    margin = places.map { $0.content.margin(time, rows: max(2, $0.rect.rows - 2)) }.max() ?? 6
  }
}

extension Canvas {
  fileprivate mutating func drawPlots(_ rect: Rect) {
    let plots = VisiblePlots(model, rect)
    for (content, place) in plots.places { drawChart(content, TimeScale(model), margin: plots.margin, in: place) }
    guard !plots.left.isEmpty else { return }
    write(
      "no room for \(plots.left.joined(separator: ", "))", .faint, column: rect.column + 1,
      row: rect.row + rect.rows - 1, limit: rect.columns - 2)
  }
}
