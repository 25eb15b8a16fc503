// Training on a background queue, under command.

import Dispatch
import Synchronization
import Tensors

/// Trains on a serial background queue and takes commands between batches.
///
///     idle → running → (pausing →) paused → running → … → finished | failed
///
/// Pictures are made on request, one at a time, into a slot in which only the latest is kept. Nothing that happens here
/// depends on whether anyone looks.
public final class Trainer: @unchecked Sendable {
  /// Something worth telling, in order; called on the trainer's queue.
  public enum Event: Sendable {
    case step(StepRecord)
    case epoch(EpochRecord)
    /// The state, a picture, or both have changed.
    case changed
  }

  private struct Shared {
    var status: TrainerStatus
    var commands: [(TrainerCommand, (@Sendable () -> Void)?)] = []
    var request: PictureRequest?
    var snapshot: Snapshot?
    var isScheduled = false
  }

  /// When to pause.
  private enum Goal {
    case none
    case steps(Int)
    case epochs(Int)
  }

  private let queue = DispatchQueue(label: "convtop.trainer", qos: .userInitiated)
  private let shared: Mutex<Shared>
  private let onEvent: @Sendable (Event) -> Void

  // Only the queue touches these.
  private let loop: TrainingLoop
  private var folder: RunFolder?
  private var goal = Goal.none
  private var isSaved = true
  private var history: Histories
  private var throughput = Throughput()
  private var epochClock = EpochClock()
  private var lastFlush = ContinuousClock.now
  private let clock = ContinuousClock()

  private struct Histories {
    var trainLoss: MetricHistory
    var trainAccuracy: MetricHistory
    var validationLoss = MetricHistory()
    var validationAccuracy = MetricHistory()
  }

  /// Seconds of work in this epoch.
  private struct EpochClock {
    var training = 0.0
    var validation = 0.0
    var images = 0
    var lastValidation = 0.0
  }

  /// - Parameters:
  ///   - folder: where to write metrics and checkpoints; nil to write nothing.
  ///   - onEvent: called on the trainer's queue; it must return soon.
  /// - Throws: `DatasetError`, `Sequential.BuildError` or `ShapeError`.
  public init(
    _ setup: TrainingSetup, folder: RunFolder? = nil, onEvent: @escaping @Sendable (Event) -> Void = { _ in }
  ) throws {
    let loop = try TrainingLoop(setup.configuration, dataset: setup.dataset, threads: setup.threads)
    self.loop = loop
    self.folder = folder
    self.onEvent = onEvent
    let smoothing = Double(setup.configuration.dashboard.smoothing)
    history = Histories(
      trainLoss: MetricHistory(smoothing: smoothing), trainAccuracy: MetricHistory(smoothing: smoothing))
    shared = Mutex(
      Shared(
        status: TrainerStatus(
          state: loop.isFinished ? .finished : .idle, epoch: 1, epochs: setup.configuration.training.epochs, step: 0,
          steps: loop.totalSteps,
          imagesPerSecond: 0, learningRate: loop.optimizer.learningRate)))
  }

  /// Writes metrics and checkpoints to a folder from now on. A folder is best made once all else is known to work: a run that
  /// is refused then leaves none.
  public func record(in folder: RunFolder) { queue.sync { self.folder = folder } }

  /// The layers, for a screen's list.
  public var layers: [LayerSummary] { LayerSummary.list(loop.classifier.model) }
  public var validationCount: Int { loop.sampler.validationIndices.count }
  public var trainCount: Int { loop.sampler.trainCount }

  public var status: TrainerStatus { shared.withLock { $0.status } }

  /// The latest picture.
  public var snapshot: Snapshot? { shared.withLock { $0.snapshot } }

  /// Gives a command; `acknowledge` is called on the trainer's queue when it has taken effect.
  public func send(_ command: TrainerCommand, acknowledge: (@Sendable () -> Void)? = nil) {
    shared.withLock {
      $0.commands.append((command, acknowledge))
      if command == .pause && $0.status.state == .running { $0.status.state = .pausing }
    }
    schedule()
  }

  /// Asks for a picture; an earlier request that has not been served yet is dropped.
  public func request(_ request: PictureRequest) {
    shared.withLock { $0.request = request }
    schedule()
  }

  private func schedule() {
    let mustStart = shared.withLock { shared in
      defer { shared.isScheduled = true }
      return !shared.isScheduled
    }
    if mustStart { queue.async { self.work() } }
  }

  /// Serves commands and requests, trains while it should, and returns when there is nothing to do.
  private func work() {
    while true {
      let (commands, request, state) = shared.withLock { shared in
        defer {
          shared.commands = []
          shared.request = nil
        }
        return (shared.commands, shared.request, shared.status.state)
      }
      for (command, acknowledge) in commands {
        obey(command)
        acknowledge?()
      }
      if let request { serve(request) }
      if !commands.isEmpty { onEvent(.changed) }
      let isRunning = commands.isEmpty ? state == .running : status.state == .running
      if isRunning {
        advance()
        continue
      }
      let mayRest = shared.withLock { shared in
        guard shared.commands.isEmpty && shared.request == nil else { return false }
        shared.isScheduled = false
        return true
      }
      if mayRest { return }
    }
  }

  private func serve(_ request: PictureRequest) {
    var curves = Curves()
    curves.trainLoss = history.trainLoss.curve(limit: request.curvePoints)
    curves.trainAccuracy = history.trainAccuracy.curve(limit: request.curvePoints)
    curves.validationLoss = history.validationLoss.curve(limit: request.curvePoints)
    curves.validationAccuracy = history.validationAccuracy.curve(limit: request.curvePoints)
    let snapshot = loop.snapshot(request, curves: curves)
    shared.withLock { $0.snapshot = snapshot }
    onEvent(.changed)
  }

  private func obey(_ command: TrainerCommand) {
    let state = status.state
    guard state != .finished && state != .failed else { return }
    switch command {
    case .run:
      goal = .none
      setState(.running)
    case .step(let count):
      goal = .steps(max(1, count))
      setState(.running)
    case .finishEpoch(let count):
      goal = .epochs(max(1, count))
      setState(.running)
    case .pause, .stop:
      if state != .idle { setState(.paused) }
      if command == .stop { attempt { try saveCheckpoint() } }
      attempt { try folder?.flush() }
    }
  }

  private func setState(_ state: TrainerState) { shared.withLock { $0.status.state = state } }

  /// One unit of work, its figures, and whether to go on.
  private func advance() {
    var event = TrainingLoop.Event.finished
    let duration = clock.measure { event = loop.advance() }
    let seconds = Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
    attempt {
      switch event {
      case .step(let record): try finishStep(record, seconds)
      case .validating(let done, let total):
        epochClock.validation += seconds
        shared.withLock { $0.status.validation = Double(done) / Double(total) }
      case .epoch(let record): try finishEpoch(record, seconds)
      case .finished: setState(.finished)
      }
    }
  }

  private func finishStep(_ record: StepRecord, _ seconds: Double) throws {
    isSaved = false
    epochClock.training += seconds
    epochClock.images += record.images
    throughput.add(images: record.images, seconds: seconds)
    history.trainLoss.append(step: record.step, record.loss)
    history.trainAccuracy.append(step: record.step, record.accuracy)
    try folder?.write(record)
    let now = ContinuousClock.now
    if now - lastFlush > .seconds(1) {
      lastFlush = now
      try folder?.flush()
    }
    let rate = throughput.imagesPerSecond
    let left = secondsLeft(rate)
    var isDone = false
    if case .steps(let count) = goal {
      goal = .steps(count - 1)
      // The last batch of an epoch brings the validation with it.
      isDone = count <= 1 && !loop.isValidating
    }
    shared.withLock {
      $0.status.epoch = record.epoch
      $0.status.step = record.step
      $0.status.learningRate = record.learningRate
      $0.status.imagesPerSecond = rate
      $0.status.secondsLeft = left
      $0.status.lastStep = record
      $0.status.validation = loop.isValidating ? 0 : nil
    }
    onEvent(.step(record))
    if isDone { try pause() }
  }

  private func finishEpoch(_ record: EpochRecord, _ seconds: Double) throws {
    epochClock.validation += seconds
    var record = record
    record.imagesPerSecond = epochClock.training > 0 ? Double(epochClock.images) / epochClock.training : 0
    record.seconds = epochClock.training + epochClock.validation
    epochClock = EpochClock(lastValidation: epochClock.validation)
    history.validationLoss.append(step: record.step, record.validationLoss)
    history.validationAccuracy.append(step: record.step, record.validationAccuracy)
    try folder?.write(record)
    try folder?.flush()
    try saveCheckpoint()
    let left = secondsLeft(throughput.imagesPerSecond)
    shared.withLock {
      $0.status.lastEpoch = record
      $0.status.validation = nil
      $0.status.secondsLeft = left
    }
    onEvent(.epoch(record))
    var isDone = false
    switch goal {
    case .steps(let count): isDone = count <= 0
    case .epochs(let count):
      goal = .epochs(count - 1)
      isDone = count <= 1
    case .none: break
    }
    if loop.isFinished {
      setState(.finished)
      onEvent(.changed)
    } else if isDone {
      try pause()
    }
  }

  private func pause() throws {
    goal = .none
    try folder?.flush()
    setState(.paused)
    onEvent(.changed)
  }

  private func secondsLeft(_ rate: Double) -> Double? {
    guard rate > 0 else { return nil }
    let epochsLeft = loop.configuration.training.epochs - (loop.epoch - 1)
    let images = Double(
      epochsLeft * loop.sampler.trainCount
        - min(loop.sampler.trainCount, loop.stepInEpoch * loop.configuration.training.batchSize))
    return max(0, images) / rate + Double(epochsLeft) * epochClock.lastValidation
  }

  private func saveCheckpoint() throws {
    guard !isSaved else { return }
    try folder?.writeCheckpoint(loop.checkpoint())
    isSaved = true
  }

  /// Runs what may fail; a failure ends the run and says why.
  private func attempt(_ body: () throws -> Void) {
    do { try body() } catch {
      shared.withLock {
        $0.status.state = .failed
        $0.status.failure = "\(error)"
      }
      onEvent(.changed)
    }
  }

  /// A copy of the model's parameters, taken between two batches.
  public func parameters() -> [String: Tensor] {
    queue.sync { Dictionary(uniqueKeysWithValues: loop.classifier.model.parameters.map { ($0.name, $0.tensor) }) }
  }
}
