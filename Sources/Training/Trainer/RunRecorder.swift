// Writing a run down while it goes on.

import Telemetry

/// Writes a run's records and checkpoints to its folder.
struct RunRecorder {
  private let folder: RunFolder
  /// The step of the last checkpoint.
  private var savedStep = 0
  private var lastFlush = ContinuousClock.now

  init(_ folder: RunFolder) { self.folder = folder }

  /// Appends a step's line; others see it within a second.
  mutating func write(_ record: StepRecord) throws {
    try folder.write(record)
    let now = ContinuousClock.now
    guard now - lastFlush > .seconds(1) else { return }
    lastFlush = now
    try folder.flush()
  }

  /// Appends an epoch's line and saves a checkpoint.
  mutating func write(_ record: EpochRecord, _ loop: TrainingLoop) throws {
    try folder.write(record)
    try folder.flush()
    try save(loop)
  }

  func write(_ record: MeasureRecord) throws { try folder.write(record) }

  /// Writes down what somebody changed.
  func note(_ intervention: Intervention) throws { try folder.write(intervention) }

  func flush() throws { try folder.flush() }

  /// Saves a checkpoint, unless nothing has happened since the last one.
  mutating func save(_ loop: TrainingLoop) throws {
    guard loop.step > savedStep else { return }
    try folder.writeCheckpoint(loop.checkpoint())
    savedStep = loop.step
  }
}
