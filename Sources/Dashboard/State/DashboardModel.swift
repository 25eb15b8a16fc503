// Everything that a screen is made from, apart from its size.

import Telemetry

/// Everything that a screen is made from, apart from its size.
public struct DashboardModel: Sendable {
  public var state: DashboardState
  public internal(set) var run: RunDescription
  public var status: RunStatus
  public var snapshot: Snapshot?
  public let capabilities: Capabilities
  /// How much of the glow is left that shows what the last step changed: 1 at once, 0 soon after.
  public var glow = 0.0
  /// Other runs of the folder, whose curves lie over this one's.
  public var others: [OtherRun] = []
  /// What a fork of the run may have other than it.
  public var settings: [Setting] = []
  /// The runs side by side, which of them is shown, and who is ahead, in a sentence; none where there is one run.
  public var lanes: [Lane] = []
  public internal(set) var lane = 0
  public var verdict: String?
  /// What this screen may do to the run.
  public let access: Access

  public enum Access: Sendable, Hashable {
    /// The run is this program's, and ends with it unless it is detached.
    case own
    /// Another process trains it, and goes on when this screen is left.
    case attached
    /// The same, and nothing can be changed from here.
    case readOnly
  }

  public init(
    state: DashboardState, run: RunDescription, status: RunStatus, snapshot: Snapshot? = nil,
    capabilities: Capabilities, access: Access = .own
  ) {
    (self.state, self.run, self.status) = (state, run, status)
    (self.snapshot, self.capabilities, self.access) = (snapshot, capabilities, access)
    // What came up before anybody looked is still news.
    for notice in status.notices { self.state.say(Message(notice)) }
  }

  /// Takes a new status, and says what has come up.
  public mutating func take(_ status: RunStatus) {
    for notice in status.notices(since: self.status.noticeCount) { state.say(Message(notice)) }
    if state.awaitsCheckpoint, let step = status.savedStep, step != self.status.savedStep {
      state.awaitsCheckpoint = false
      state.say("the checkpoint of step \(grouped(step)) is on the disk")
    }
    self.status = status
  }

  /// Takes a new snapshot, and the answer to a search that it may hold.
  public mutating func take(_ snapshot: Snapshot?) {
    if let worth = snapshot?.worth, worth != self.snapshot?.worth, run.layers.indices.contains(worth.layer) {
      let sign = worth.accuracy < 0 ? "−" : ""
      state.say(
        "filter \(worth.filter) of \(run.layers[worth.layer].name) is worth \(sign)\(percent(abs(worth.accuracy), 2)) of accuracy, "
          + "± \(percent(worth.noise, 2)), on \(grouped(worth.images)) \(run.validation) images")
    }
    self.snapshot = snapshot
    guard let snapshot, let search = state.search, snapshot.request.search == search else { return }
    state.search = nil
    if let found = snapshot.found {
      (state.probe, state.trainingProbe) = (found, nil)
    } else {
      switch search {
      case .mostWrong: state.say("no validation image is wrong")
      case .ofClass: state.say("no validation image is of that class")
      }
    }
  }

  /// The newest step, also while an earlier one is shown.
  var newestStep: Int { status.newest?.step ?? max(status.step, snapshot?.step ?? 0) }

  /// The step whose values charts show: that of the cursor, or of the past that is shown; nil for the newest.
  var chartStep: Int? { state.charts.cursor ?? (status.newest == nil ? nil : status.step) }

  /// Whether there is anything to run: a model can also be only looked at.
  public var trains: Bool { status.epochs > 0 }

  var selectedLayer: LayerSummary? { run.layers.indices.contains(state.layer) ? run.layers[state.layer] : nil }

  /// The snapshot, if it shows the selected layer.
  var currentSnapshot: Snapshot? { snapshot.flatMap { $0.request.layer == state.layer ? $0 : nil } }

  /// The layer whose output is looked at: the selected one, or the activation behind it.
  var mapLayer: Int {
    guard state.maps.isActivated, let activation = selectedLayer?.activation else { return state.layer }
    return activation
  }

  /// A class's name; its number where it has none.
  func className(_ label: Int) -> String { run.classes.indices.contains(label) ? run.classes[label] : "\(label)" }

  /// The image that is looked at, in words.
  var probeName: String {
    state.trainingProbe.map { "training image \(grouped($0))" } ?? "\(run.validation) image \(state.probe)"
  }

  /// The arrangements of the present view, without what has nothing to show.
  var arrangements: [Arrangement] {
    let view = View.of(state.view)
    let all = trains ? view.arrangements : view.lookingArrangements ?? view.arrangements
    return all.compactMap { $0.keeping { $0.isWanted(self) } }
  }

  /// What went wrong with the numbers, in a sentence; nil while they are finite.
  var divergence: String? {
    guard status.failure == nil, status.newest == nil, let step = status.divergedAt else { return nil }
    let layer = status.divergedLayer.map { ", first in layer \($0)" } ?? ""
    let way =
      status.savedStep.map {
        "R goes back to the checkpoint of step \(grouped($0)) with half the learning rate"
      } ?? "start again with a lower learning rate"
    return "a number was not finite at step \(grouped(step))\(layer), so the run has stopped; \(way)"
  }
}

extension DashboardModel {
  /// Why the run has stopped where it is, and what can be done, in a sentence.
  var stop: String? { status.stop.map { "\($0.sentence); n makes it, b shows the step before" } }
}

/// Another run's curves.
public struct OtherRun: Sendable, Hashable {
  public let name: String
  public let curves: [Curve]

  public init(name: String, curves: [Curve]) {
    (self.name, self.curves) = (name, curves)
  }
}
