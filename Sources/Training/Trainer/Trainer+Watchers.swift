// Those who watch a trainer: what they ask, and what they are told.

import Telemetry

extension Trainer {
  public func addWatcher(onNews: @escaping @Sendable () -> Void) -> Watcher {
    mailbox.withLock { $0.addWatcher(onNews) }
  }

  public func removeWatcher(_ watcher: Watcher) {
    mailbox.withLock { $0.slots[watcher] = nil }
    queue.async { [weak self] in
      guard let self else { return }
      // By then somebody else may have asked.
      prepare(for: mailbox.withLock { $0.slots.values.compactMap { $0.request ?? $0.snapshot?.request } })
    }
  }

  /// Prepares for what all watchers look at now; what nobody looks at takes no memory.
  private func prepare(for requests: [PictureRequest]) {
    loop.watch(requests)
    if !requests.contains(where: { $0.glass != nil || $0.causes != nil }) { examiner = nil }
  }

  public func snapshot(for watcher: Watcher) -> Snapshot? { mailbox.withLock { $0.slots[watcher]?.snapshot } }

  public func send(_ command: RunCommand, acknowledge: (@Sendable () -> Void)?) {
    schedule { mailbox in
      mailbox.commands.append((command, acknowledge))
      if command == .pause && mailbox.status.phase == .running { mailbox.status.phase = .pausing }
    }
  }

  public func request(_ request: PictureRequest, for watcher: Watcher) {
    schedule { $0.slots[watcher]?.request = request }
  }

  /// Leaves something to do, and sees to it that a block will find it.
  private func schedule(_ leave: (inout Mailbox) -> Void) {
    let isFirst = mailbox.withLock { mailbox in
      leave(&mailbox)
      defer { mailbox.scheduled = self }
      return mailbox.scheduled == nil
    }
    if isFirst { queue.async(execute: block) }
  }

  /// Answers a request.
  func serve(_ request: PictureRequest, for watcher: Watcher) {
    let others = mailbox.withLock { $0.slots.filter { $0.key != watcher }.values.compactMap(\.snapshot?.request) }
    prepare(for: others + [request])
    var snapshot: Snapshot?
    let seconds = clock.measure {
      var made = loop.snapshot(request, units: status.units)
      examine(request, into: &made)
      snapshot = made
    }.inSeconds
    snapshot?.seconds = seconds
    snapshot?.curves += timings.curves(for: request)
    snapshot?.quantities = loop.series.quantities + timings.quantities
    let onNews = mailbox.withLock { mailbox in
      mailbox.slots[watcher]?.snapshot = snapshot
      return mailbox.slots[watcher]?.onNews
    }
    onNews?()
  }

  /// The status has changed.
  func tellAll() {
    onEvent(.changed)
    for onNews in mailbox.withLock({ $0.slots.values.map(\.onNews) }) { onNews() }
  }
}
