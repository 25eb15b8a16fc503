// What lies over the panes: the help, the messages, the breakpoints.

import Telemetry

extension Canvas {
  /// Clears a box in the middle of the screen, with a title and a border, and returns what is inside.
  mutating func drawBox(_ title: String, columns: Int, rows: Int) -> Rect {
    // Slivers of what lies below would only confuse.
    let wanted = columns + 4
    let width = wanted + 16 > grid.size.columns ? grid.size.columns : wanted
    let height = min(grid.size.rows, rows + 2)
    let box = Rect(
      column: (grid.size.columns - width) / 2, row: (grid.size.rows - height) / 2, columns: width, rows: height)
    grid.fill(box, Cell(" "))
    for column in box.column..<box.column + width {
      grid.write(glyphs.rule, column: column, row: box.row, style: theme[.rule])
      grid.write(glyphs.rule, column: column, row: box.row + height - 1, style: theme[.rule])
    }
    for row in box.row + 1..<box.row + height - 1 {
      grid[box.column, row] = Cell(glyphs.vertical, theme[.rule])
      grid[box.column + width - 1, row] = Cell(glyphs.vertical, theme[.rule])
    }
    write(" \(title) ", .focusedTitle, column: box.column + 2, row: box.row, limit: width - 4)
    return Rect(column: box.column + 2, row: box.row + 1, columns: width - 4, rows: height - 2)
  }

  /// The keys that mean something here, with their sentences; on a wide screen in two columns.
  mutating func drawHelp(_ help: Help) {
    let found = help.found(model)
    let labels = found.map { glyphs.adapt($0.label) }
    let labelWidth = (labels.map(\.count).max() ?? 0) + 2
    let entry = labelWidth + (found.map(\.help.count).max() ?? 0)
    let room = grid.size.rows - 4
    let columns = found.count > room && 2 * entry + 6 <= grid.size.columns ? 2 : 1
    let rows = (found.count + columns - 1) / columns
    let typed = help.search.isEmpty ? "type to search" : "search: \(help.search)"
    let inside = drawBox(
      "Keys of \(model.state.view.title), pane \(model.state.focus.name)", columns: max(40, columns * (entry + 2) - 2),
      rows: max(1, rows) + 1)
    let shown = inside.rows - 1
    let first = max(0, min(help.first, rows - shown))
    for row in 0..<min(shown, rows - first) {
      for column in 0..<columns {
        let index = column * rows + first + row
        guard found.indices.contains(index) else { continue }
        let at = inside.column + column * (entry + 2)
        write(labels[index], .key, column: at, row: inside.row + row)
        write(
          glyphs.adapt(found[index].help), .text, column: at + labelWidth, row: inside.row + row,
          limit: inside.column + inside.columns - at - labelWidth)
      }
    }
    let bottom = inside.row + inside.rows - 1
    let more = first + shown < rows ? "  ↓ \(rows - first - shown) more" : ""
    let note = found.isEmpty ? "no key has \"\(help.search)\"" : "\(typed)\(more)  Enter closes; digits repeat: 100n"
    write(note, .faint, column: inside.column, row: bottom, limit: inside.columns)
  }

  /// Where the run stops: whether that is on, how often it has, and the condition.
  mutating func drawBreakpoints(chosen: Int) {
    let all = model.status.breakpoints
    let note =
      all.isEmpty ? "none; :break loss > 2 adds one" : "Space on or off, d drops it, :break adds one, Esc closes"
    let width = max(56, (all.map(\.condition.count).max() ?? 0) + 16)
    let inside = drawBox("Breakpoints", columns: min(width, grid.size.columns - 6), rows: min(all.count, 12) + 2)
    write(
      "   on   hits  stops when it comes to hold", .faint, column: inside.column, row: inside.row, limit: inside.columns
    )
    let rows = inside.rows - 2
    let first = max(0, min(chosen - rows / 2, all.count - rows))
    for (offset, breakpoint) in all.dropFirst(first).prefix(rows).enumerated() {
      let isChosen = first + offset == chosen
      let mark = isChosen ? glyphs.adapt("▸") : " "
      let text =
        "\(mark)  \(padRight(breakpoint.isOn ? "on" : "off", 3))\(padLeft(grouped(breakpoint.hits), 6))  \(breakpoint.condition)"
      write(
        padRight(text, inside.columns), isChosen ? .selected : breakpoint.isOn ? .text : .faint, column: inside.column,
        row: inside.row + 1 + offset, limit: inside.columns)
    }
    write(note, .faint, column: inside.column, row: inside.row + inside.rows - 1, limit: inside.columns)
  }

  /// All messages, the newest at the bottom.
  mutating func drawMessages() {
    let width = min(100, grid.size.columns - 6)
    let all = model.state.messages.flatMap { message in
      wrap(glyphs.adapt(message.text), width: width - 2).enumerated().map { index, line in
        (text: index == 0 ? "· \(line)" : "  \(line)", role: message.isError ? Role.failed : .text)
      }
    }
    let lines = all.isEmpty ? [(text: "nothing was said yet", role: Role.faint)] : all
    let inside = drawBox("Messages", columns: width, rows: min(lines.count, grid.size.rows - 6))
    for (row, line) in lines.suffix(inside.rows).enumerated() {
      write(line.text, line.role, column: inside.column, row: inside.row + row, limit: inside.columns)
    }
  }
}
