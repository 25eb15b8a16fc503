// One action: its keys, its words, and what it does.

import Telemetry

/// What an action knows besides the state that it changes.
struct KeyContext {
  let model: DashboardModel
  let size: Size
  /// The number typed before the key; nil without one.
  let count: Int?

  var run: RunDescription { model.run }
  var phase: RunPhase { model.status.phase }
  /// The number typed before the key, or 1.
  var repeats: Int { count ?? 1 }
  /// Where the pane that has the focus is; nil on a screen that is too small.
  var focusRect: Rect? { Layout(size, model)?.panes[model.state.focus] }
}

/// One action: its keys, its words, and what it does.
public struct KeyBinding: Sendable {
  /// What it is called at the command line.
  public let name: String
  public let keys: [Key]
  /// How the keys are printed.
  public let label: String
  /// The keys and a word for the line of keys; nil to leave it to the help.
  var line: (label: String, word: String)?
  /// A sentence for the help.
  public let help: String
  /// Whether the key means nothing for a model that is only looked at.
  var needsTraining = false
  let perform: @Sendable (inout DashboardState, KeyContext) -> Effect
}

extension KeyBinding: Hashable {
  public static func == (a: KeyBinding, b: KeyBinding) -> Bool { a.name == b.name && a.keys == b.keys }
  public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

extension KeyBinding {
  /// An action that only changes what is chosen.
  static func choice(
    _ name: String, _ keys: [Key], _ label: String, line: (label: String, word: String)? = nil, _ help: String,
    needsTraining: Bool = false,
    _ change: @escaping @Sendable (inout DashboardState, KeyContext) -> Void
  ) -> KeyBinding {
    KeyBinding(
      name: name, keys: keys, label: label, line: line, help: help, needsTraining: needsTraining
    ) {
      change(&$0, $1)
      return .none
    }
  }

  /// A command to the run.
  static func command(
    _ name: String, _ keys: [Key], _ label: String, line: (label: String, word: String)? = nil, _ help: String,
    _ command: @escaping @Sendable (inout DashboardState, KeyContext) -> RunCommand?
  ) -> KeyBinding {
    KeyBinding(
      name: name, keys: keys, label: label, line: line, help: help, needsTraining: true
    ) { command(&$0, $1).map(Effect.command) ?? .none }
  }
}
