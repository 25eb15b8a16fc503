// Checkpoints are written beside the training.

import Dispatch
import Workers

/// Writes checkpoints one after the other on a queue of its own; what has not been begun gives way to what is newer.
final class CheckpointWriter: Sendable {
  /// A checkpoint on its way.
  struct Job: Sendable {
    let checkpoint: Checkpoint
    let isBest: Bool
  }

  /// What became of one: it is written, or why it could not be.
  typealias Outcome = Result<Job, RunError>

  private struct Desk {
    /// The newest, and the best that is not the newest.
    var last: Job?
    var best: Job?
    var isBusy = false
    var outcomes: [Outcome] = []
  }

  private let files: CheckpointFiles
  private let metrics: LineFile
  private let keep: Int
  private let queue = DispatchQueue(label: "convtop.checkpoints", qos: .utility)
  private let desk = Locked(Desk())
  /// Called on the writer's queue after each.
  private let onOutcome: @Sendable () -> Void

  init(_ folder: RunFolder, keep: Int, onOutcome: @escaping @Sendable () -> Void) {
    (files, metrics, self.keep, self.onOutcome) = (folder.checkpoints, folder.metrics, keep, onOutcome)
  }

  var isBusy: Bool { desk.withLock { $0.isBusy } }

  func write(_ job: Job) {
    let isFirst = desk.withLock { desk in
      if let waiting = desk.last, waiting.isBest, !job.isBest { desk.best = waiting }
      if job.isBest { desk.best = nil }
      desk.last = job
      defer { desk.isBusy = true }
      return !desk.isBusy
    }
    if isFirst { queue.async { self.work() } }
  }

  private func work() {
    while let job = takeNext() {
      let outcome = Outcome {
        () throws(RunError) in
        try writeNow(job)
      }
      desk.withLock { $0.outcomes.append(outcome) }
      onOutcome()
    }
  }

  private func takeNext() -> Job? {
    desk.withLock { desk in
      if let best = desk.best {
        desk.best = nil
        return best
      }
      defer { desk.last = nil }
      if desk.last == nil { desk.isBusy = false }
      return desk.last
    }
  }

  private func writeNow(_ job: Job) throws(RunError) -> Job {
    do {
      // The lines that it goes on from must be there whenever it is.
      try metrics.sync()
      try files.write(job.checkpoint, isBest: job.isBest, keep: keep)
      return job
    } catch let error as RunError { throw error } catch { throw RunError("\(error)") }
  }

  /// What has been written since this was last asked.
  func takeOutcomes() -> [Outcome] {
    desk.withLock { desk in
      defer { desk.outcomes = [] }
      return desk.outcomes
    }
  }

  /// Returns when nothing is on its way any more.
  func wait() { queue.sync {} }
}
