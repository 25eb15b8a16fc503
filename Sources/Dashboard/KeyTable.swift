// The keys: one table that dispatches them, prints the line of keys, and writes the help.

import Telemetry

/// A key as the terminal delivers it.
public enum Key: Hashable, Sendable {
  case character(Character)
  case up, down, left, right
  case tab, backTab
  case enter, escape
}

/// What an action knows besides the state that it changes.
struct KeyContext {
  let run: RunDescription
  let phase: RunPhase
  let panes: [Pane]
  /// The number typed before the key, or 1.
  let repeats: Int
}

/// One action: its keys, its words, and what it does.
public struct KeyBinding: Sendable {
  /// Where it stands among the others: the groups come in this order, and in a group the panes'.
  enum Group: Int, CaseIterable, Comparable {
    case running, choosing, panes, shading, axes, program

    static func < (a: Group, b: Group) -> Bool { a.rawValue < b.rawValue }
  }

  public let keys: [Key]
  /// How the keys are printed.
  public let label: String
  /// The keys and a word for the line of keys; nil to leave it to the help.
  var line: (label: String, word: String)?
  /// A sentence for the help.
  public let help: String
  let group: Group
  /// Whether the key means nothing for a model that is only looked at.
  var needsTraining = false
  let perform: @Sendable (inout DashboardState, KeyContext) -> Effect
}

extension KeyBinding {
  /// An action that only changes what is chosen.
  static func choice(
    _ keys: [Key], _ label: String, line: (label: String, word: String)? = nil, _ help: String, _ group: Group,
    needsTraining: Bool = false, _ change: @escaping @Sendable (inout DashboardState, KeyContext) -> Void
  ) -> KeyBinding {
    KeyBinding(keys: keys, label: label, line: line, help: help, group: group, needsTraining: needsTraining) {
      change(&$0, $1)
      return .none
    }
  }
}

/// All bindings, in the order in which people see them.
public enum KeyTable {
  public static let bindings: [KeyBinding] = {
    let all = running + Pane.all.flatMap(\.keys) + panes + program
    return KeyBinding.Group.allCases.flatMap { group in all.filter { $0.group == group } }
  }()

  private static let running: [KeyBinding] = [
    KeyBinding(
      keys: [.character(" ")], label: "Space", line: ("Space", "run/pause"), help: "run, or pause after this batch",
      group: .running, needsTraining: true
    ) { .command($1.phase == .running ? .pause : .run) },
    KeyBinding(
      keys: [.character("n")], label: "n", line: ("n", "batch"), help: "exactly one batch, then pause; 100n: a hundred",
      group: .running, needsTraining: true
    ) { .command(.step($1.repeats)) },
    KeyBinding(
      keys: [.character("N")], label: "N", line: ("N", "epoch"),
      help: "to the end of the epoch, then pause; 3N: of three", group: .running, needsTraining: true
    ) { .command(.finishEpoch($1.repeats)) },
  ]

  private static let panes: [KeyBinding] = [
    .choice([.tab], "Tab", line: ("Tab", "pane"), "to the next pane", .panes) {
      $0.focus = neighbor(of: $0.focus, 1, in: $1.panes)
    },
    .choice([.backTab], "Shift-Tab", "to the pane before", .panes) {
      $0.focus = neighbor(of: $0.focus, -1, in: $1.panes)
    },
    .choice(
      [.enter, .character("z")], "Enter z", line: ("Enter z", "zoom"), "the pane alone on the screen, and back", .panes
    ) { state, _ in state.isMaximized.toggle() },
  ]

  private static let program: [KeyBinding] = [
    .choice([.character("?")], "?", line: ("?", "help"), "this page; any key closes it", .program) { state, _ in
      state.isHelpVisible = true
    },
    KeyBinding(
      keys: [.character("q")], label: "q", line: ("q", "quit"), help: "quit; asks only while training", group: .program
    ) { state, context in
      guard context.phase.isUnderWay else { return .quit }
      state.isConfirmingQuit = true
      return .none
    },
  ]

  /// What a key does; nil for a key without a meaning.
  static func binding(_ key: Key) -> KeyBinding? { bindings.first { $0.keys.contains(key) } }

  /// The bindings that mean something: all of them in a run.
  static func shown(trains: Bool) -> [KeyBinding] { bindings.filter { trains || !$0.needsTraining } }
}

/// The value some steps further in a list that goes round.
func neighbor<Value: Equatable>(of value: Value, _ step: Int, in all: [Value]) -> Value {
  let index = all.firstIndex(of: value) ?? 0
  return all[(index + step + all.count) % all.count]
}
