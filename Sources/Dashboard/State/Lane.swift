// Runs side by side: a run and its forks, one of which the screen shows.

import Telemetry

/// One of the runs that are trained side by side.
public struct Lane: Sendable {
  /// What it is called in short: A for the run itself, and so on.
  public let letter: String
  /// What it differs in from the run that it was forked from; the run's name for that itself.
  public let title: String
  public var status: RunStatus
  /// The answer to what the screen asks of the runs beside the shown one.
  public var snapshot: Snapshot?

  public init(letter: String, title: String, status: RunStatus, snapshot: Snapshot? = nil) {
    (self.letter, self.title, self.status, self.snapshot) = (letter, title, status, snapshot)
  }

  /// So many can be told apart, and share the threads.
  public static let most = 4
  public static let letters = ["A", "B", "C", "D"]
}

extension DashboardModel {
  /// Whether there is more than one run.
  var hasRivals: Bool { lanes.count > 1 }

  /// The others than the shown one.
  var rivals: [Lane] { lanes.indices.filter { $0 != lane }.map { lanes[$0] } }

  /// The two that are compared, in the order of their letters: the shown one, and the run that all come from, or its first fork.
  var compared: (first: Lane, second: Lane)? {
    guard hasRivals else { return nil }
    return lane == 0 ? (lanes[0], lanes[1]) : (lanes[0], lanes[lane])
  }

  /// Whether any of the runs is under way.
  var isAnyUnderWay: Bool { status.phase.isUnderWay || rivals.contains { $0.status.phase.isUnderWay } }

  /// Whether the shown run has nothing more to do.
  var isOver: Bool { [.finished, .failed].contains(status.phase) || divergence != nil }

  /// Whether it has not, but one beside it has.
  var canOnlyOthersGoOn: Bool {
    isOver && rivals.contains { ![.finished, .failed].contains($0.status.phase) && $0.status.divergedAt == nil }
  }

  /// Why nothing can be forked from here, in a sentence; nil when it can.
  var forkComplaint: String? {
    access == .own
      ? nil
      : "another process trains this run: convtop fork RUN@\(status.step), with its folder for RUN, forks it"
  }

  /// Has the screen show another of the runs; what was chosen stays chosen.
  public mutating func show(lane: Int, run: RunDescription, settings: [Setting], status: RunStatus) {
    (self.lane, self.run, self.settings, self.status) = (lane, run, settings, status)
    snapshot = nil
    state.selectLayer(state.layer, run)
    state.probe = min(state.probe, max(0, run.probes - 1))
  }
}

extension PictureRequest {
  /// What a screen asks of the runs beside the one that it shows.
  public func forRival(comparesPictures: Bool) -> PictureRequest {
    var request = PictureRequest(layer: layer, probe: probe)
    request.trainingProbe = trainingProbe
    (request.quantities, request.curvePoints, request.steps) = (quantities, curvePoints, steps)
    request.smoothing = smoothing
    if comparesPictures { (request.filters, request.maps) = (filters, maps) }
    return request
  }
}
