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
      cut(text, room), .explanation,
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
    case .none, .help, .messages, .breakpoints, .fork: break
    }
    let line = keyLine(in: rect)
    if let count = model.state.count { write("\(count)…", .number, column: rect.column + 1, row: rect.row) }
    for entry in line {
      let at = write(entry.label, .key, column: entry.rect.column, row: rect.row)
      if let slider = entry.slider { drawPace(slider) }
      write(entry.word, .keyLabel, column: at, row: rect.row)
    }
  }

  /// What the line of keys has room for; help and quit always.
  func keyLine(in rect: Rect) -> [KeyLineEntry] {
    let first = rect.column + 1 + (model.state.count.map { "\($0)".count + 3 } ?? 0)
    let bindings = KeyTable.bindings(model.state.view, focus: model.state.focus, trains: model.trains)
    var entries = bindings.compactMap { binding in
      binding.line.map {
        KeyLineEntry(binding, label: glyphs.adapt($0.label), word: $0.word, isNarrow: rect.columns < 100)
      }
    }
    // What does not fit is left to the help, from the least used on.
    func width() -> Int { entries.reduce(0) { $0 + $1.rect.columns + 2 } - 2 }
    while first + width() > rect.column + rect.columns, let last = entries.lastIndex(where: { !$0.isKept }) {
      entries.remove(at: last)
    }
    var at = first
    for index in entries.indices {
      entries[index].rect = Rect(column: at, row: rect.row, columns: entries[index].rect.columns, rows: 1)
      at += entries[index].rect.columns + 2
    }
    return entries
  }

  /// The paces from the slowest to full speed, and where the run's is among them.
  private mutating func drawPace(_ slider: Rect) {
    let here = Pace.all.count - 1 - (Pace.all.firstIndex(of: model.status.pace) ?? 0)
    for index in 0..<slider.columns {
      write(
        index == here ? glyphs.knob : glyphs.rule, index == here ? .number : .rule, column: slider.column + index,
        row: slider.row)
    }
  }
}

/// A key or two with a word, as the last line shows them and the mouse finds them.
struct KeyLineEntry {
  let binding: KeyBinding
  let label: String
  let word: String
  /// Its column is known once all are in their places.
  fileprivate(set) var rect: Rect
  let isKept: Bool

  fileprivate init(_ binding: KeyBinding, label: String, word: String, isNarrow: Bool) {
    self.binding = binding
    let isPace = binding.name == "slower"
    // Between its two keys, the pace can be slid.
    self.label = isPace ? "- \(String(repeating: " ", count: Pace.all.count)) +" : label
    // There, a slider between a minus and a plus has to say it.
    self.word = isPace && isNarrow ? "" : " \(word)"
    rect = Rect(column: 0, row: 0, columns: self.label.count + self.word.count, rows: 1)
    isKept = isPace || ["run", "batch", "help", "quit"].contains(binding.name)
  }

  /// Where the pace is slid; nil for all other entries.
  var slider: Rect? {
    binding.name == "slower" ? Rect(column: rect.column + 2, row: rect.row, columns: Pace.all.count, rows: 1) : nil
  }

  /// The pace at a column, or at the slider's nearer end.
  static func pace(at column: Int, on slider: Rect) -> Pace {
    Pace.all[Pace.all.count - 1 - min(max(0, column - slider.column), Pace.all.count - 1)]
  }
}
