// Everything that a screen is made from, apart from its size.

import Telemetry

/// Everything that a screen is made from, apart from its size.
public struct DashboardModel: Sendable {
  public var state: DashboardState
  public let run: RunDescription
  public var status: RunStatus
  /// Something that the person should know, such as a data set that is missing.
  public var notice: String?
  public var snapshot: Snapshot?
  public let capabilities: Capabilities

  public init(
    state: DashboardState, run: RunDescription, status: RunStatus, notice: String? = nil, snapshot: Snapshot? = nil,
    capabilities: Capabilities
  ) {
    (self.state, self.run, self.status) = (state, run, status)
    (self.notice, self.snapshot, self.capabilities) = (notice, snapshot, capabilities)
  }

  /// Changes the choice by a key, and says what that asks of the world outside.
  public mutating func handle(_ key: Key) -> Effect {
    state.handle(key, run: run, phase: status.phase, trains: trains)
  }

  /// Whether there is anything to run: a model can also be only looked at.
  public var trains: Bool { status.epochs > 0 }

  var selectedLayer: LayerSummary? { run.layers.indices.contains(state.layer) ? run.layers[state.layer] : nil }

  /// The snapshot, if it shows the selected layer.
  var currentSnapshot: Snapshot? { snapshot.flatMap { $0.request.layer == state.layer ? $0 : nil } }
}
