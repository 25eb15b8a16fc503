// The runs that a screen shows side by side, and what it has asked of each.

import Dashboard
import Telemetry
import Terminal

/// A run and its forks on one screen: one of them is shown, and all are told when to run.
final class Lanes {
  /// A run that joins the screen.
  struct Newcomer {
    let source: any RunSource
    let title: String
    let folder: String
    /// What a fork of it may have other than it.
    let settings: [Setting]
    /// What is to be said of it.
    let notice: String
  }

  private struct Entry {
    let source: any RunSource
    let watcher: Watcher
    let title: String
    var folder: String
    var settings: [Setting]
    /// The number of the last request, and how many of its notices were said.
    var asked = 0
    var notices = 0
    var stop: Stop?

    /// Whether the answer to the latest request has not come yet; answers to earlier ones do not count.
    var isWaiting: Bool { asked > 0 && source.snapshot(for: watcher)?.request.number != asked }
  }

  private let pipe: WakePipe
  private var entries: [Entry]
  private(set) var current = 0
  /// How many pictures have been asked for.
  private var requests = 0
  /// Who is ahead, in a sentence; nil while nobody knows.
  var verdict: () -> String? = { nil }

  init(_ source: any RunSource, title: String, folder: String, _ pipe: WakePipe) {
    self.pipe = pipe
    entries = []
    add(source, title: title, folder: folder, [])
  }

  private func add(_ source: any RunSource, title: String, folder: String, _ settings: [Setting]) {
    let watcher = source.addWatcher { [pipe] in pipe.wake() }
    var entry = Entry(source: source, watcher: watcher, title: title, folder: folder, settings: settings)
    entry.notices = source.status.noticeCount
    entries.append(entry)
  }

  func close() {
    for entry in entries { entry.source.removeWatcher(entry.watcher) }
  }

  var source: any RunSource { entries[current].source }
  var watcher: Watcher { entries[current].watcher }
  var count: Int { entries.count }

  /// Adds a run, and shows it.
  func join(_ newcomer: Newcomer, _ model: inout DashboardModel) {
    add(newcomer.source, title: newcomer.title, folder: newcomer.folder, newcomer.settings)
    newcomer.source.send(.pace(model.status.pace))
    show(entries.count - 1, &model)
    model.state.overlay = .none
    model.state.say(Message(newcomer.notice))
  }

  /// Shows another run.
  func show(_ lane: Int, _ model: inout DashboardModel) {
    guard entries.indices.contains(lane) else { return }
    model.take(source.status)
    current = lane
    update(&model)
    model.show(
      lane: lane, run: source.description, settings: entries[lane].settings, status: source.status)
  }

  /// Where a screen is saved: in the shown run's folder.
  var folder: String { entries[current].folder }

  func know(folder: String, settings: [Setting]) {
    (entries[current].folder, entries[current].settings) = (folder, settings)
  }

  /// Has the model know all runs; what those have to tell that are not shown is said with their letters.
  func update(_ model: inout DashboardModel) {
    model.verdict = count > 1 ? verdict() : nil
    entries[current].notices = source.status.noticeCount
    guard count > 1 else { return }
    model.lanes = entries.indices.map { index in
      let entry = entries[index]
      return Lane(
        letter: Lane.letters[index], title: entry.title, status: entry.source.status,
        snapshot: index == current ? nil : entry.source.snapshot(for: entry.watcher))
    }
    for index in entries.indices {
      let status = model.lanes[index].status
      if index != current {
        for notice in status.notices(since: entries[index].notices) {
          model.state.say(Message("\(Lane.letters[index]): \(notice)"))
        }
      }
      entries[index].notices = status.noticeCount
      // Who stops before something stops all, so that they can be compared there.
      if status.stop != nil && entries[index].stop != status.stop {
        for other in entries.indices where other != index && entries[other].source.status.phase == .running {
          entries[other].source.send(.pause)
        }
        if index != current, let stop = status.stop {
          model.state.say(Message("\(Lane.letters[index]) has \(stop.sentence)"))
        }
      }
      entries[index].stop = status.stop
    }
  }

  // MARK: - Asking and telling

  /// Gives a command to the shown run; whether and how fast they train, to all. A run that stands in its past is replayed
  /// alone: the others have nothing to do with that.
  func send(_ command: RunCommand) {
    let isInPast = source.status.newest != nil
    switch command {
    case .run where isInPast, .step where isInPast, .finishEpoch where isInPast: source.send(command)
    case .run, .pause, .step, .finishEpoch, .pace:
      for entry in entries { entry.source.send(command) }
    default: source.send(command)
    }
  }

  /// Asks for pictures: of the shown run all, of the others what lies beside them.
  func request(_ request: PictureRequest, comparesPictures: Bool) {
    for index in entries.indices {
      requests += 1
      var own = index == current ? request : request.forRival(comparesPictures: comparesPictures)
      own.number = requests
      entries[index].asked = requests
      entries[index].source.request(own, for: entries[index].watcher)
    }
  }

  var isWaiting: Bool { entries.contains(where: \.isWaiting) }
  var isAnyUnderWay: Bool { entries.contains { $0.source.status.phase.isUnderWay } }

  /// Whether some run has done something since its picture was taken.
  var hasNews: Bool {
    entries.contains { $0.source.status.units != $0.source.snapshot(for: $0.watcher)?.units }
  }

  /// Whether one that rests has come to another state than its picture shows.
  var isBehind: Bool {
    entries.contains { entry in
      let status = entry.source.status
      return !status.phase.isUnderWay && !entry.isWaiting && entry.asked > 0
        && entry.source.snapshot(for: entry.watcher)?.units != status.units
    }
  }

  /// Seconds that all runs together were held up for the last pictures.
  var cost: Double { entries.reduce(0) { $0 + ($1.source.snapshot(for: $1.watcher)?.seconds ?? 0) } }
}
