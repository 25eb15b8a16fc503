// The form of a fork, over the panes.

import Telemetry

extension Canvas {
  /// Everything that a fork may have other than its run.
  mutating func drawForkForm(_ form: ForkForm) {
    let (inside, first, shown) = forkBox(form)
    let box = drawBox(
      "Fork at step \(grouped(model.status.step))", columns: inside.columns, rows: inside.rows)
    let name = min(box.columns / 2 + 6, (form.rows.map { forkLabel($0).count }.max() ?? 0) + 2)
    for (offset, row) in form.rows.dropFirst(first).prefix(shown).enumerated() {
      let index = first + offset
      let (isChosen, at) = (index == form.row, box.row + offset)
      let mark = isChosen ? glyphs.marker : " "
      write(
        padRight("\(mark)\(forkLabel(row))", name), isChosen ? .selected : .text, column: box.column, row: at)
      let room = box.columns - name - 1
      var isFrozen = false
      if case .frozen(let layer, _) = row { isFrozen = form.frozen.contains(layer) }
      if let edit = form.edits[index] {
        let end = write("\(edit.suffix(room - 1))", .warning, column: box.column + name + 1, row: at)
        if isChosen { grid[end, at] = Cell(" ", theme[.selected]) }
        let rest = box.column + box.columns - end - 3
        if rest > 5 { write("was \(form.value(row))", .faint, column: end + 2, row: at, limit: rest) }
      } else {
        write(form.value(row), isFrozen ? .warning : .faint, column: box.column + name + 1, row: at, limit: room)
      }
    }
    let more = form.rows.count > shown ? "\(form.row + 1) of \(form.rows.count)  " : ""
    let last = model.state.messages.last.flatMap { model.state.hasNews && $0.isError ? $0.text : nil }
    let note = last ?? "\(more)type a value, Space freezes a layer, Del as it was, Enter forks, Esc leaves it"
    for (offset, line) in wrap(glyphs.adapt(note), width: box.columns).prefix(2).enumerated() {
      write(line, last == nil ? .faint : .failed, column: box.column, row: box.row + box.rows - 2 + offset)
    }
  }

  private func forkLabel(_ row: ForkForm.Row) -> String {
    switch row {
    case .setting(let setting): setting.key
    case .frozen(let name, _): "layer \(name)"
    case .other: "other: key=value"
    }
  }

  /// The form's inner size, the first row that it shows, and how many.
  private func forkBox(_ form: ForkForm) -> (size: Rect, first: Int, shown: Int) {
    let shown = max(0, min(form.rows.count, grid.size.rows - 8))
    let first = max(0, min(form.row - shown / 2, form.rows.count - shown))
    let columns = min(90, grid.size.columns - 6)
    return (Rect(column: 0, row: 0, columns: columns, rows: shown + 2), first, shown)
  }

  /// The row of the form at a point.
  func forkRow(at point: Point, _ form: ForkForm) -> Int? {
    let (size, first, shown) = forkBox(form)
    let top = (grid.size.rows - min(grid.size.rows, size.rows + 2)) / 2 + 1
    return (0..<shown).contains(point.row - top) ? first + point.row - top : nil
  }
}
