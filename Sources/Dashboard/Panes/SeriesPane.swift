// The list of all series: which of them have a chart.

import Telemetry

extension Pane {
  public static let series: Pane = Pane(
    name: "series", smallest: Size(24, 6), isWanted: \.trains,
    wish: { room, _ in Wish(columns: min(34, max(24, room.columns / 5))) },
    draw: { $0.drawSeries($1) },
    explain: { _ in "All that is recorded of this run: Enter gives a series a chart, or takes it away" },
    keys: [
      .choice("up", [.up], "↑", line: ("↑ ↓", "series"), "the series above") {
        moveRow(&$0, $1, -$1.repeats)
      },
      .choice("down", [.down], "↓", "the series below") { moveRow(&$0, $1, $1.repeats) },
      .choice("page-up", [.pageUp], "PgUp", "ten series up") { moveRow(&$0, $1, -10) },
      .choice("page-down", [.pageDown], "PgDn", "ten series down") { moveRow(&$0, $1, 10) },
      .choice("toggle", [.character("t")], "t", line: ("t", "show"), "a chart for the series, or none") {
        state, context in
        toggleRow(&state, context)
      },
    ],
    open: { state, context in
      toggleRow(&state, context)
      return .none
    },
    scroll: { state, context, notches in moveRow(&state, context, notches) },
    target: { model, rect, point in
      let names = model.snapshot?.quantities ?? []
      let index = firstRow(model, rows: rect.rows - 1) + point.row - rect.row - 1
      guard point.row > rect.row, names.indices.contains(index) else { return nil }
      return Target(label: "series \(names[index])") { $0.charts.row = index }
    })

  private static func moveRow(_ state: inout DashboardState, _ context: KeyContext, _ by: Int) {
    let count = context.model.snapshot?.quantities.count ?? 0
    state.charts.row = max(0, min(count - 1, state.charts.row + by))
  }

  private static func toggleRow(_ state: inout DashboardState, _ context: KeyContext) {
    let names = context.model.snapshot?.quantities ?? []
    guard names.indices.contains(state.charts.row) else { return }
    state.charts.toggle(names[state.charts.row])
  }

  fileprivate static func firstRow(_ model: DashboardModel, rows: Int) -> Int {
    max(0, min(model.state.charts.row - rows / 2, (model.snapshot?.quantities.count ?? 0) - rows))
  }
}

extension ChartChoice {
  /// Gives a quantity a chart, or takes it away; one always stays.
  mutating func toggle(_ quantity: String) {
    if let index = shown.firstIndex(of: quantity) {
      if shown.count > 1 { shown.remove(at: index) }
    } else {
      shown.append(quantity)
    }
  }
}

extension Canvas {
  fileprivate mutating func drawSeries(_ rect: Rect) {
    let at = title("Series", in: rect)
    let names = model.snapshot?.quantities ?? []
    _ = addToTitle("\(names.count)", .faint, column: at, end: rect.column + rect.columns, row: rect.row)
    let rows = rect.rows - 1
    let first = Pane.firstRow(model, rows: rows)
    for (offset, name) in names.dropFirst(first).prefix(rows).enumerated() {
      let index = first + offset
      let isShown = model.state.charts.shown.contains(name)
      let mark = model.capabilities.unicode ? (isShown ? "●" : "○") : (isShown ? "*" : " ")
      // A layer's quantity is named at its end, and the layer's own name too.
      let text = padRight(" \(mark) \(shortened(name.replacing("_", with: " "), rect.columns - 5))", rect.columns - 1)
      write(
        text, index == model.state.charts.row ? .selected : isShown ? .text : .faint, column: rect.column,
        row: rect.row + 1 + offset)
    }
    if first > 0 { writeRight("↑", .faint, end: rect.column + rect.columns, row: rect.row + 1) }
    if first + rows < names.count {
      writeRight("↓", .faint, end: rect.column + rect.columns, row: rect.row + rows)
    }
  }
}
