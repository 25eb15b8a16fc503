// The form of a fork: everything that may differ, with what it is now.

import Telemetry

/// What is being typed of a fork that is not made yet.
public struct ForkForm: Hashable, Sendable {
  /// A line of the form.
  enum Row: Hashable, Sendable {
    case setting(Setting)
    /// A layer that may be left as it is.
    case frozen(String, wasFrozen: Bool)
    /// `key=value`, for what has no line.
    case other
  }

  let rows: [Row]
  private(set) var row = 0
  /// What was typed, by row.
  private(set) var edits: [Int: String] = [:]
  private(set) var frozen: Set<String> = []
  /// Whether nothing was typed in the row since it was come to: what is typed first takes the place of what is there.
  private var isFresh = true

  enum Outcome: Hashable {
    case typing, closed
    case entered(overrides: [String], frozen: [String])
  }

  /// The form of a run, with half its learning rate filled in: the most usual fork.
  init(_ model: DashboardModel) {
    let rate = "training.optimizer.learning_rate"
    let settings = model.settings.map {
      $0.key == rate ? Setting(key: rate, value: "\(model.status.baseLearningRate)") : $0
    }
    rows =
      settings.map(Row.setting)
      + model.run.layers.indices.filter { model.run.layers[$0].parameters > 0 }
      .map { .frozen(model.run.layers[$0].name, wasFrozen: model.status.frozen.contains($0)) } + [.other]
    if let index = settings.firstIndex(where: { $0.key == rate }) {
      row = index
      edits[index] = "\(model.status.baseLearningRate / 2)"
    }
  }

  mutating func handle(_ key: Key) -> Outcome {
    let before = row
    defer { if row != before { isFresh = true } }
    switch key {
    case .up: row = max(0, row - 1)
    case .down, .tab: row = min(rows.count - 1, row + 1)
    case .backTab: row = max(0, row - 1)
    case .pageUp: row = max(0, row - 10)
    case .pageDown: row = min(rows.count - 1, row + 10)
    case .home: row = 0
    case .end: row = rows.count - 1
    case .escape: return .closed
    case .enter: return .entered(overrides: overrides, frozen: frozen.sorted())
    case .delete: edits[row] = nil
    default: edit(key)
    }
    return .typing
  }

  private mutating func edit(_ key: Key) {
    if case .frozen(let name, let wasFrozen) = rows[row] {
      if key == .character(" "), !wasFrozen { frozen.formSymmetricDifference([name]) }
      return
    }
    switch key {
    case .character(let character):
      if isFresh { edits[row] = nil }
      edits[row, default: ""].append(character)
    case .backspace:
      // What is there now can be changed at its end.
      var text = edits[row] ?? value(rows[row])
      if !text.isEmpty { text.removeLast() }
      edits[row] = text
    default: return
    }
    isFresh = false
  }

  /// Goes to a line.
  mutating func choose(_ index: Int) { if rows.indices.contains(index) { (row, isFresh) = (index, true) } }

  /// What a line says now.
  func value(_ row: Row) -> String {
    switch row {
    case .setting(let setting): setting.value
    case .frozen(let name, let wasFrozen):
      wasFrozen ? "frozen" : frozen.contains(name) ? "frozen from here on" : "trained"
    case .other: ""
    }
  }

  /// `key=value` for each line that was changed. Another type of something has settings of its own: it replaces the whole.
  private var overrides: [String] {
    var (types, others): ([String], [String]) = ([], [])
    for (index, row) in rows.enumerated() {
      guard let text = edits[index], !text.isEmpty else { continue }
      switch row {
      case .setting(let setting) where text == setting.value: break
      case .setting(let setting) where setting.key.hasSuffix(".type"):
        let whole = setting.key.dropLast(".type".count)
        types.append("\(whole)=" + (text.hasPrefix("{") ? text : "{\"type\":\"\(text)\"}"))
      case .setting(let setting): others.append("\(setting.key)=\(text)")
      case .other: others += text.split(separator: " ").map(String.init)
      case .frozen: break
      }
    }
    // What came with another type is gone, and what was typed for the new one comes behind it.
    return types + others
  }
}

extension DashboardModel {
  /// A key or a click while the form is open; it stays open until the fork is made.
  mutating func handle(_ key: Key, _ form: ForkForm, _ size: Size) -> Effect {
    var form = form
    if case .mouse(let mouse) = key {
      guard mouse.action == .press else { return .none }
      if let row = Canvas(size, self).forkRow(at: mouse.point, form) { form.choose(row) }
      state.overlay = .fork(form)
      return .none
    }
    switch form.handle(key) {
    case .typing: state.overlay = .fork(form)
    case .closed: state.overlay = .none
    case .entered(let overrides, let frozen): return .fork(overrides: overrides, frozen: frozen)
    }
    return .none
  }
}
