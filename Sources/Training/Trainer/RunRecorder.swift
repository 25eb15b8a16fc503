// Writing a run down while it goes on: what is due when, and what happens when the disk does not take it.

import Experiments
import Foundation
import Telemetry

/// Writes a run's records, its journal and its checkpoints to its folder; only the trainer's queue calls it.
///
/// What cannot be written waits in memory and is tried again after 1, 2, 4 … 60 seconds, and `fault` says so meanwhile; the run goes on
/// until `mostWaiting` bytes wait.
final class RunRecorder {
  let folder: RunFolder
  /// Why the disk lacks something, in a sentence; nil while it has all.
  private(set) var fault: String?
  /// How long to wait before the next attempt.
  private(set) var pause = Duration.seconds(1)
  /// The step of the newest checkpoint on the disk, and of the newest one on its way.
  private(set) var savedStep: Int?
  private var takenUnit: Int?

  private let writer: CheckpointWriter
  private let plan: CheckpointPlan
  private let clock = ContinuousClock()
  private var lastFlush = ContinuousClock.now
  private var lastCheckpoint = ContinuousClock.now
  /// A checkpoint, or the journal, could not be written yet.
  private var isCheckpointPending = false
  /// The best one so far, until the disk has it.
  private var pendingBest: Checkpoint?
  private var isJournalPending = false

  /// Lines wait in memory up to so many bytes; then the run has to wait for the disk.
  static let mostWaiting = 1 << 26

  /// - Parameter onOutcome: called on any thread when a checkpoint has been written or could not be: `collect` says which.
  init(_ folder: RunFolder, _ plan: CheckpointPlan, onOutcome: @escaping @Sendable () -> Void) {
    (self.folder, self.plan) = (folder, plan)
    writer = CheckpointWriter(folder, keep: plan.keep, onOutcome: onOutcome)
  }

  func write(_ record: StepRecord) { append { record.add(to: &$0) } }
  func write(_ record: EpochRecord) { append { record.add(to: &$0) } }
  func write(_ record: MeasureRecord) { append { record.add(to: &$0) } }

  private func append(_ addFields: (inout JSONLine) -> Void) {
    line.clear()
    addFields(&line)
    folder.metrics.append { line.write(to: &$0) }
    if fault == nil && folder.metrics.isFullEnough { attempt { try folder.metrics.flush() } }
  }
  /// Kept, so that a step need not allocate one.
  private var line = JSONLine()

  /// Whether somebody has removed the folder, and it was made again, since this was last asked.
  func takeIsRestored() -> Bool {
    guard isRestored, fault == nil else { return false }
    isRestored = false
    return true
  }
  private var isRestored = false

  /// Whether so much waits that the run has to wait too.
  var isFull: Bool { folder.metrics.waitingCount > RunRecorder.mostWaiting }

  /// After a unit of work: what is due is written, so that others see a line within a second.
  func tick(_ loop: TrainingLoop) {
    let now = clock.now
    if now - lastFlush > .seconds(1) { flush() }
    if plan.everySeconds > 0, now - lastCheckpoint > .seconds(plan.everySeconds), !writer.isBusy { save(loop) }
  }

  /// After a step.
  func finishStep(_ loop: TrainingLoop) {
    if plan.everySteps > 0 && loop.step % plan.everySteps == 0 { save(loop) }
  }

  /// Writes down what somebody changed, at once.
  func write(_ journal: Journal) {
    isJournalPending = true
    if fault == nil { attempt { try writePending(journal) } }
  }

  private func writePending(_ journal: Journal) throws {
    guard isJournalPending else { return }
    try folder.write(journal)
    isJournalPending = false
  }

  /// Hands everything so far to other readers.
  func flush() {
    lastFlush = clock.now
    if fault == nil { attempt { try folder.metrics.flush() } }
  }

  /// Has a checkpoint written beside the training, unless nothing has happened since the last one, or a number is not
  /// finite: the last good one is kept then.
  ///
  /// - Returns: whether there was anything to write.
  @discardableResult
  func save(_ loop: TrainingLoop, isBest: Bool = false) -> Bool {
    lastCheckpoint = clock.now
    guard loop.isFinite, loop.unit != takenUnit || isBest else { return false }
    let checkpoint = Checkpoint(
      loop, metricsBytes: folder.metrics.count, interventions: loop.journal.done, configuration: folder.leaves)
    if isBest { pendingBest = checkpoint }
    if fault == nil { attempt { try folder.metrics.flush() } }
    guard fault == nil else {
      isCheckpointPending = true
      return true
    }
    takenUnit = loop.unit
    writer.write(CheckpointWriter.Job(checkpoint: checkpoint, isBest: isBest))
    return true
  }

  /// Returns when all checkpoints on their way are written, or could not be.
  func wait() {
    writer.wait()
    collect()
  }

  /// Takes in what became of checkpoints.
  func collect() {
    for outcome in writer.takeOutcomes() {
      switch outcome {
      case .success(let job):
        savedStep = max(savedStep ?? 0, job.checkpoint.state.position.step)
        if job.isBest && pendingBest?.unit == job.checkpoint.unit { pendingBest = nil }
      case .failure(let error):
        (isCheckpointPending, takenUnit) = (true, nil)
        fail(error)
      }
    }
  }

  /// Tries again what could not be written.
  ///
  /// - Parameter canSave: whether the state is one to save; a checkpoint that is due waits if not.
  func retry(_ loop: TrainingLoop, canSave: Bool) {
    writer.wait()
    collect()
    guard fault != nil else { return }
    fault = nil
    attempt {
      if try folder.restore(loop.journal) { (isRestored, isCheckpointPending, takenUnit) = (true, true, nil) }
      try folder.metrics.flush()
      try writePending(loop.journal)
    }
    if fault == nil, let pendingBest {
      writer.write(CheckpointWriter.Job(checkpoint: pendingBest, isBest: true))
      writer.wait()
      collect()
    }
    if fault == nil && isCheckpointPending && canSave {
      isCheckpointPending = false
      takenUnit = nil
      save(loop)
      writer.wait()
      collect()
    }
    if fault == nil { pause = .seconds(1) } else { pause = min(.seconds(60), pause * 2) }
  }

  private func attempt(_ body: () throws -> Void) {
    do { try body() } catch { fail(error) }
  }

  private func fail(_ error: any Error) { if fault == nil { fault = "\(error)" } }

  /// Takes back the lines that come after a checkpoint, or all of them, as the run goes back there.
  func move(to checkpoint: Checkpoint?) throws {
    writer.wait()
    collect()
    try folder.metrics.truncate(to: checkpoint?.metricsBytes ?? 0)
    takenUnit = checkpoint?.unit
    savedStep = checkpoint?.state.position.step
    pendingBest = nil
  }
}
