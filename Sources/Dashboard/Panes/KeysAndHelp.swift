// The line of keys, the question before quitting, and the help: all from the key table.

extension Canvas {
  mutating func drawKeys(_ rect: Rect) {
    if model.state.isConfirmingQuit {
      write(
        " Training is running. Quit? The weights are saved.  y yes  n no ", .warning, column: rect.column, row: rect.row
      )
      return
    }
    var at = rect.column + 1
    let end = rect.column + rect.columns
    if let count = model.state.count {
      at = write("\(count)…", .number, column: at, row: rect.row) + 2
    }
    var entries = KeyTable.shown(trains: model.trains).compactMap { binding in
      binding.line.map { (glyphs.adapt($0.label), $0.word) }
    }
    // What does not fit is left to the help, from the least used on; help and quit stay.
    func width() -> Int { entries.reduce(0) { $0 + $1.0.count + $1.1.count + 3 } - 2 }
    while entries.count > 3 && at + width() > end { entries.remove(at: entries.count - 3) }
    for (label, short) in entries {
      at = write(label, .key, column: at, row: rect.row)
      at = write(" \(short)", .keyLabel, column: at, row: rect.row) + 2
    }
  }

  mutating func drawHelp() {
    let bindings = KeyTable.shown(trains: model.trains)
    let labels = bindings.map { glyphs.adapt($0.label) }
    let labelWidth = (labels.map(\.count).max() ?? 0) + 2
    let width = min(grid.size.columns, labelWidth + (bindings.map(\.help.count).max() ?? 0) + 4)
    let height = min(grid.size.rows, bindings.count + 4)
    let box = Rect(
      column: (grid.size.columns - width) / 2, row: (grid.size.rows - height) / 2, columns: width, rows: height)
    grid.fill(box, Cell(" "))
    for column in box.column..<box.column + width {
      grid.write(glyphs.rule, column: column, row: box.row, style: theme[.focusedTitle])
      grid.write(glyphs.rule, column: column, row: box.row + height - 1, style: theme[.focusedTitle])
    }
    for row in box.row + 1..<box.row + height - 1 {
      grid[box.column, row] = Cell(glyphs.vertical, theme[.rule])
      grid[box.column + width - 1, row] = Cell(glyphs.vertical, theme[.rule])
    }
    write(" Keys ", .focusedTitle, column: box.column + 2, row: box.row)
    for (index, binding) in bindings.enumerated() where index < height - 3 {
      let row = box.row + 1 + index
      write(labels[index], .key, column: box.column + 2, row: row)
      write(binding.help, .text, column: box.column + 2 + labelWidth, row: row, limit: width - labelWidth - 4)
    }
    guard model.trains else { return }
    write(
      "digits before n and N repeat them", .faint, column: box.column + 2, row: box.row + height - 2, limit: width - 4)
  }
}
