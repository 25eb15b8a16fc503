// The keys: one table that dispatches them, prints the line of keys, and writes the help.

/// A key as the terminal delivers it.
public enum Key: Hashable, Sendable {
  case character(Character)
  case up, down, left, right
  case tab, backTab
  case enter, escape
}

/// What a key asks for.
public enum Action: Hashable, Sendable, CaseIterable {
  case toggleRun, stepBatches, finishEpochs
  case previousLayer, nextLayer, previousFilter, nextFilter
  case nextProbe, previousProbe
  case nextPane, previousPane, maximizePane
  case cycleScale, toggleLogLoss
  case help, quit
}

/// One action's keys and words.
public struct KeyBinding: Sendable {
  public let keys: [Key]
  public let action: Action
  /// How the keys are printed.
  public let label: String
  /// A word for the line of keys; nil to leave it to the help.
  public let short: String?
  /// A sentence for the help.
  public let help: String
  /// Whether the key means nothing for a model that is only looked at.
  public var needsTraining = false
}

/// All bindings, in the order in which people see them.
public enum KeyTable {
  public static let bindings: [KeyBinding] = [
    KeyBinding(
      keys: [.character(" ")], action: .toggleRun, label: "Space", short: "run/pause",
      help: "run, or pause after this batch", needsTraining: true),
    KeyBinding(
      keys: [.character("n")], action: .stepBatches, label: "n", short: "batch",
      help: "exactly one batch, then pause; 100n: a hundred", needsTraining: true),
    KeyBinding(
      keys: [.character("N")], action: .finishEpochs, label: "N", short: "epoch",
      help: "to the end of the epoch, then pause; 3N: of three", needsTraining: true),
    KeyBinding(
      keys: [.character("["), .up], action: .previousLayer, label: "[ ↑", short: nil, help: "the layer before"),
    KeyBinding(
      keys: [.character("]"), .down], action: .nextLayer, label: "] ↓", short: "layer", help: "the layer after"),
    KeyBinding(keys: [.left], action: .previousFilter, label: "←", short: nil, help: "the filter before"),
    KeyBinding(keys: [.right], action: .nextFilter, label: "→", short: "filter", help: "the filter after"),
    KeyBinding(keys: [.character("p")], action: .nextProbe, label: "p", short: "probe", help: "the next probe image"),
    KeyBinding(keys: [.character("P")], action: .previousProbe, label: "P", short: nil, help: "the probe image before"),
    KeyBinding(keys: [.tab], action: .nextPane, label: "Tab", short: "pane", help: "to the next pane"),
    KeyBinding(keys: [.backTab], action: .previousPane, label: "Shift-Tab", short: nil, help: "to the pane before"),
    KeyBinding(
      keys: [.enter, .character("z")], action: .maximizePane, label: "Enter z", short: "zoom",
      help: "the pane alone on the screen, and back"),
    KeyBinding(
      keys: [.character("s")], action: .cycleScale, label: "s", short: "scale",
      help: "shade by this layer, each tile, or the whole network"),
    KeyBinding(
      keys: [.character("l")], action: .toggleLogLoss, label: "l", short: "log",
      help: "the loss on a log or linear axis", needsTraining: true),
    KeyBinding(keys: [.character("?")], action: .help, label: "?", short: "help", help: "this page; any key closes it"),
    KeyBinding(
      keys: [.character("q")], action: .quit, label: "q", short: "quit", help: "quit; asks only while training"),
  ]

  /// What a key does; nil for a key without a meaning.
  static func binding(_ key: Key) -> KeyBinding? { bindings.first { $0.keys.contains(key) } }

  /// The bindings that mean something: all of them in a run.
  static func shown(trains: Bool) -> [KeyBinding] { bindings.filter { trains || !$0.needsTraining } }
}
