// What the person at the screen has chosen, and how each key changes it.

import Training

/// The parts of the screen that can have the focus.
public enum Pane: CaseIterable, Sendable, Hashable {
  case loss, accuracy, layers, filters, maps, prediction

  /// The panes of a run, or those of a model that is only looked at.
  static func shown(trains: Bool) -> [Pane] { trains ? allCases : [.layers, .filters, .maps] }
}

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
  case command(TrainerCommand)
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
  ///   - layers: the model's layers.
  ///   - probes: how many images can be probed.
  ///   - state: what the trainer is doing.
  ///   - trains: whether there is anything to run.
  public mutating func handle(
    _ key: Key, layers: [LayerSummary], probes: Int, state: TrainerState, trains: Bool = true
  ) -> Effect {
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
    return perform(binding.action, repeats, layers, probes, state, Pane.shown(trains: trains))
  }

  private mutating func answerQuit(_ key: Key) -> Effect {
    isConfirmingQuit = false
    switch key {
    case .character("y"), .character("Y"), .character("q"), .enter: return .quit
    default: return .none
    }
  }

  private mutating func perform(
    _ action: Action, _ repeats: Int, _ layers: [LayerSummary], _ probes: Int, _ state: TrainerState,
    _ panes: [Pane]
  ) -> Effect {
    switch action {
    case .toggleRun: return .command(state == .running ? .pause : .run)
    case .stepBatches: return .command(.step(repeats))
    case .finishEpochs: return .command(.finishEpoch(repeats))
    case .previousLayer: selectLayer(layer - 1, layers)
    case .nextLayer: selectLayer(layer + 1, layers)
    case .previousFilter: filter = max(0, filter - 1)
    case .nextFilter: filter = min(DashboardState.filterCount(layers, layer) - 1, filter + 1)
    case .nextProbe: probe = (probe + 1) % max(1, probes)
    case .previousProbe: probe = (probe + max(1, probes) - 1) % max(1, probes)
    case .nextPane: focus = DashboardState.neighbor(of: focus, 1, in: panes)
    case .previousPane: focus = DashboardState.neighbor(of: focus, -1, in: panes)
    case .maximizePane: isMaximized.toggle()
    case .cycleScale: scale = DashboardState.neighbor(of: scale, 1, in: ScaleMode.allCases)
    case .toggleLogLoss: isLogLoss.toggle()
    case .help: isHelpVisible = true
    case .quit:
      guard state == .running || state == .pausing else { return .quit }
      isConfirmingQuit = true
    }
    return .none
  }

  private mutating func selectLayer(_ index: Int, _ layers: [LayerSummary]) {
    layer = min(max(0, index), max(0, layers.count - 1))
    filter = min(filter, max(0, DashboardState.filterCount(layers, layer) - 1))
  }

  private static func neighbor<Value: Equatable>(of value: Value, _ step: Int, in all: [Value]) -> Value {
    let index = all.firstIndex(of: value) ?? 0
    return all[(index + step + all.count) % all.count]
  }

  /// How many filters, or else feature maps, can be selected in a layer.
  static func filterCount(_ layers: [LayerSummary], _ index: Int) -> Int {
    guard layers.indices.contains(index) else { return 1 }
    return layers[index].filters?.count ?? layers[index].maps.count
  }
}
