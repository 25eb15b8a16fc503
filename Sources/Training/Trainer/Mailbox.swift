// What a trainer and those who watch it leave for each other.

import Telemetry

/// The status, the commands that wait to be obeyed, and for each watcher a slot: the latest request, and the latest answer.
struct Mailbox {
  /// One watcher's; a request that has not been served is replaced by the next.
  struct Slot {
    let onNews: @Sendable () -> Void
    var request: PictureRequest?
    var snapshot: Snapshot?
  }

  var status: RunStatus
  var commands: [(RunCommand, (@Sendable () -> Void)?)] = []
  var slots: [Watcher: Slot] = [:]
  /// The trainer, kept alive while a block is on the queue that will find what is left here; else nil.
  var scheduled: Trainer?
  private var watchers = 0

  init(status: RunStatus) { self.status = status }

  var hasWork: Bool { !commands.isEmpty || slots.values.contains { $0.request != nil } }

  var isPauseWaiting: Bool { commands.contains { $0.0 == .pause || $0.0 == .stop } }

  mutating func addWatcher(_ onNews: @escaping @Sendable () -> Void) -> Watcher {
    watchers += 1
    let watcher = Watcher(number: watchers)
    slots[watcher] = Slot(onNews: onNews)
    return watcher
  }

  mutating func takeCommands() -> [(RunCommand, (@Sendable () -> Void)?)] {
    defer { commands = [] }
    return commands
  }

  /// The requests of all watchers, in the order of the watchers.
  mutating func takeRequests() -> [(Watcher, PictureRequest)] {
    guard slots.values.contains(where: { $0.request != nil }) else { return [] }
    defer { for watcher in slots.keys { slots[watcher]?.request = nil } }
    return slots.compactMap { watcher, slot in slot.request.map { (watcher, $0) } }
      .sorted { $0.0.number < $1.0.number }
  }
}
