// What the person at the screen has chosen, and how each key changes it.

import Telemetry

/// Which numbers a picture's brightness is measured against.
public enum ScaleMode: CaseIterable, Sendable, Hashable {
  case layer, tile, network

  var label: String {
    switch self {
    case .layer: "layer"
    case .tile: "each tile"
    case .network: "network"
    }
  }
}

/// What a key asks of the world outside the screen.
public enum Effect: Hashable, Sendable {
  case none
  case command(RunCommand)
  case quit
}

/// What the person at the screen has chosen.
public struct DashboardState: Sendable, Hashable {
  public var layer = 0
  public var filter = 0
  public var probe = 0
  public var focus = Pane.layers
  public var isMaximized = false
  public var isHelpVisible = false
  public var isConfirmingQuit = false
  /// The number typed before `n` or `N`, while it is being typed.
  public var count: Int?
  public var scale = ScaleMode.layer
  public var isLogLoss = false

  public init(probe: Int = 0) { self.probe = probe }

  /// The largest number that may be typed before a key.
  static let largestCount = 999_999

  /// Changes the choice by a key.
  ///
  /// - Parameters:
  ///   - phase: what the run is doing.
  ///   - trains: whether there is anything to run.
  public mutating func handle(_ key: Key, run: RunDescription, phase: RunPhase, trains: Bool = true) -> Effect {
    if isConfirmingQuit { return answerQuit(key) }
    if isHelpVisible {
      isHelpVisible = false
      return .none
    }
    if case .character(let character) = key, let digit = character.wholeNumberValue, character.isASCII,
      digit > 0 || count != nil
    {
      count = min(DashboardState.largestCount, (count ?? 0) * 10 + digit)
      return .none
    }
    let repeats = count ?? 1
    count = nil
    if key == .escape {
      isMaximized = false
      return .none
    }
    guard let binding = KeyTable.binding(key), trains || !binding.needsTraining else { return .none }
    return binding.perform(
      &self, KeyContext(run: run, phase: phase, panes: Pane.shown(trains: trains), repeats: repeats))
  }

  private mutating func answerQuit(_ key: Key) -> Effect {
    isConfirmingQuit = false
    switch key {
    case .character("y"), .character("Y"), .character("q"), .enter: return .quit
    default: return .none
    }
  }

  /// Chooses a layer; the chosen filter stays within those that it has.
  mutating func selectLayer(_ index: Int, _ run: RunDescription) {
    layer = min(max(0, index), max(0, run.layers.count - 1))
    selectFilter(filter, run)
  }

  mutating func selectFilter(_ index: Int, _ run: RunDescription) {
    filter = max(0, min(index, DashboardState.filterCount(run, layer) - 1))
  }

  /// How many filters, or else feature maps, can be selected in a layer.
  static func filterCount(_ run: RunDescription, _ index: Int) -> Int {
    guard run.layers.indices.contains(index) else { return 1 }
    return run.layers[index].filters?.count ?? run.layers[index].maps.count
  }
}
