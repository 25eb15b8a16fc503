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

  /// What waits to be written, and what became of the rest.
  private struct Backlog {
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
  private let backlog = Locked(Backlog())
  /// Called on the writer's queue after each.
  private let onOutcome: @Sendable () -> Void

  init(_ folder: RunFolder, keep: Int, onOutcome: @escaping @Sendable () -> Void) {
    (files, metrics, self.keep, self.onOutcome) = (folder.checkpoints, folder.metrics, keep, onOutcome)
  }

  var isBusy: Bool { backlog.withLock { $0.isBusy } }

  func write(_ job: Job) {
    let isFirst = backlog.withLock { backlog in
      if let waiting = backlog.last, waiting.isBest, !job.isBest { backlog.best = waiting }
      if job.isBest { backlog.best = nil }
      backlog.last = job
      defer { backlog.isBusy = true }
      return !backlog.isBusy
    }
    if isFirst { queue.async { self.work() } }
  }

  private func work() {
    while let job = takeNext() {
      let outcome = Outcome {
        () throws(RunError) in
        try writeNow(job)
      }
      backlog.withLock { $0.outcomes.append(outcome) }
      onOutcome()
    }
  }

  private func takeNext() -> Job? {
    backlog.withLock { backlog in
      if let best = backlog.best {
        backlog.best = nil
        return best
      }
      defer { backlog.last = nil }
      if backlog.last == nil { backlog.isBusy = false }
      return backlog.last
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
    backlog.withLock { backlog in
      defer { backlog.outcomes = [] }
      return backlog.outcomes
    }
  }

  /// Returns when nothing is on its way any more.
  func wait() { queue.sync {} }
}
