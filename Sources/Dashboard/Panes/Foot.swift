// The last two rows: what explains the focused pane, or the newest message; and the keys, or what is typed.

import Telemetry

extension Canvas {
  /// The newest message until a key is pressed; otherwise a sentence on the pane that has the focus.
  mutating func drawFoot(_ rect: Rect) {
    if model.state.hasNews, let message = model.state.messages.last {
      let lines = wrap(glyphs.adapt(message.text), width: rect.columns - 2)
      let rest = lines.count > 1 ? "… (m)" : ""
      let first = lines.first ?? ""
      write(
        rest.isEmpty ? first : "\(first.prefix(rect.columns - 2 - rest.count))\(rest)",
        message.isError ? .failed : .warning, column: rect.column + 1, row: rect.row)
      return
    }
    let text = glyphs.adapt(model.state.focus.explain(model))
    let room = rect.columns - 2
    write(
      text.count <= room ? text : "\(text.prefix(room - 1))\(model.capabilities.unicode ? "…" : "~")", .explanation,
      column: rect.column + 1, row: rect.row)
  }

  mutating func drawKeys(_ rect: Rect) {
    let end = rect.column + rect.columns
    switch model.state.overlay {
    case .quitQuestion:
      let saved = model.status.savedStep.map { "after step \(grouped($0))" } ?? "of it"
      let what =
        model.status.storageFault == nil
        ? "All is saved; D goes on without a screen." : "The disk has nothing \(saved)."
      // In 80 columns, the answers included.
      write(" Still training. Quit? \(what)  y yes  n no ", .warning, column: rect.column, row: rect.row)
      return
    case .commandLine(let line):
      let at = write(":\(line.text.suffix(rect.columns - 2))", .number, column: rect.column, row: rect.row)
      if at < end { grid[at, rect.row] = Cell(" ", theme[.selected]) }
      let hints = CommandLine.completions(of: line.text, model)
      let hint = hints.prefix(12).joined(separator: "  ")
      write("  \(hint)", .faint, column: at + 1, row: rect.row, limit: max(0, end - at - 1))
      return
    case .none, .help, .messages, .breakpoints: break
    }
    var at = rect.column + 1
    if let count = model.state.count {
      at = write("\(count)…", .number, column: at, row: rect.row) + 2
    }
    let bindings = KeyTable.bindings(model.state.view, focus: model.state.focus, trains: model.trains)
    var entries = bindings.compactMap { binding in
      binding.line.map {
        (label: glyphs.adapt($0.label), word: $0.word, isKept: ["help", "quit", "batch"].contains(binding.name))
      }
    }
    // What does not fit is left to the help, from the least used on; help and quit stay.
    func width() -> Int { entries.reduce(0) { $0 + $1.label.count + $1.word.count + 3 } - 2 }
    while at + width() > end, let last = entries.lastIndex(where: { !$0.isKept }) { entries.remove(at: last) }
    for entry in entries {
      at = write(entry.label, .key, column: at, row: rect.row)
      at = write(" \(entry.word)", .keyLabel, column: at, row: rect.row) + 2
    }
  }
}
