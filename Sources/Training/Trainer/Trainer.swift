// Training on a background queue, under command.

import Datasets
import Dispatch
import Experiments
import Fields
import Telemetry
import Tensors
import Workers

/// Trains on a serial queue, one unit of work a block, and takes commands between two of them.
///
/// A block does what has been asked of the trainer, then one unit of work if it runs, and puts the next block at the
/// queue's end: several trainers on one queue take turns, and may share a worker pool. Pictures are made on request, at
/// most one a watcher between two units. Nothing that happens here depends on whether anyone looks.
public final class Trainer: RunSource, @unchecked Sendable {
  /// Something worth telling, in order; called on the trainer's queue.
  public enum Event: Sendable {
    case step(StepRecord)
    case epoch(EpochRecord)
    /// The status has changed.
    case changed
  }

  /// When to pause.
  enum Goal {
    case none
    case steps(Int)
    case epochs(Int)
  }

  public let description: RunDescription
  let dataset: Dataset
  let queue: DispatchQueue
  let mailbox: Locked<Mailbox>
  let onEvent: @Sendable (Event) -> Void

  // Only the queue touches these.
  let loop: TrainingLoop
  var recorder: RunRecorder?
  var diagnosis: Diagnosis
  var estimates = Estimates()
  /// Whether the disk will be tried again by and by.
  var isRetryComing = false
  /// What of the run has been is kept, so that it can be shown again.
  var history: History
  /// What the run has come to, while it stands in its past; nil at the newest state.
  var present: Present?
  /// The unit that it is on its way to in its past.
  var destination: Int?
  /// What looks at steps from within; made when somebody first does.
  var examiner: Examiner?
  /// Whether somebody waits for it, how far it is, and when that was told last.
  var isExamining = false
  /// Why there can be none.
  var examinerRefusal: RunError?
  var examined = 0.0
  var lastExaminationNews = ContinuousClock.now
  /// After which epochs which of the validation images were right, since somebody compares.
  let answers = Locked<[Int: [Bool]]>([:])
  private var goal = Goal.none
  let clock = ContinuousClock()
  /// When the last unit of work began; what a slower pace counts from.
  private var lastUnit: ContinuousClock.Instant?
  /// Images a second, seconds of work, and what somebody watches: no part of the run's state.
  var timings = SeriesList.none
  /// `work`, made once: a step allocates nothing.
  private(set) lazy var block = DispatchWorkItem { [unowned self] in work() }

  /// - Parameters:
  ///   - pool: the threads that do the arithmetic; shared only with trainers on the same queue.
  ///   - queue: a serial one.
  ///   - folder: where to write metrics and checkpoints; nil to write nothing. See also `record(in:)`.
  ///   - onEvent: called on the trainer's queue; it must return soon.
  /// - Throws: `ConfigurationError`, `DatasetError`, `Sequential.BuildError` or `ShapeError`.
  public init(
    _ configuration: Configuration, dataset: Dataset, pool: WorkerPool,
    queue: DispatchQueue = DispatchQueue(label: "convtop.trainer", qos: .userInitiated), folder: RunFolder? = nil,
    onEvent: @escaping @Sendable (Event) -> Void = { _ in }
  ) throws {
    let loop = try TrainingLoop(configuration, dataset: dataset, pool: pool)
    self.loop = loop
    history = History(limit: configuration.dashboard.historyMegabytes << 20, start: Keyframe(loop))
    (self.dataset, self.queue) = (dataset, queue)
    self.onEvent = onEvent
    var hasChance = false
    if case .crossEntropy = configuration.training.loss { hasChance = true }
    diagnosis = Diagnosis(classes: dataset.classes.count, hasChance: hasChance)
    var description = RunDescription(
      name: configuration.name, dataset: dataset.name, classes: dataset.classes, image: dataset.shape,
      probes: loop.sampler.validationIndices.count, trainImages: loop.sampler.trainCount,
      layers: InspectedLayer.summaries(loop.classifier.inspected))
    if case .holdOut = configuration.dataset.validation { description.validation = "held-out" }
    self.description = description
    mailbox = Locked(
      Mailbox(
        status: RunStatus(
          phase: loop.isFinished ? .finished : .idle, epoch: 1, epochs: configuration.training.epochs, step: 0,
          steps: loop.totalSteps, learningRate: loop.optimizer.learningRate)))
    for (index, condition) in configuration.training.breakpoints.enumerated() {
      guard let complaint = loop.complaint(about: condition.formulas) else { continue }
      throw ConfigurationError(
        file: configuration.file, keyPath: "training.breakpoints[\(index)]", message: complaint)
    }
    mailbox.withLock {
      ($0.status.breakpoints, $0.status.baseLearningRate) = (loop.debugger.breakpoints, loop.baseLearningRate)
    }
    // Before several threads may ask for it.
    _ = block
    if let folder { record(in: folder) }
  }

  /// A trainer with a data set, a queue and a pool of its own, as the configuration says.
  ///
  /// - Throws: as above.
  public convenience init(
    _ configuration: Configuration, folder: RunFolder? = nil, onEvent: @escaping @Sendable (Event) -> Void = { _ in }
  ) throws {
    try self.init(
      configuration, dataset: configuration.loadDataset(), pool: WorkerPool(threads: configuration.threadCount),
      folder: folder, onEvent: onEvent)
  }

  /// A trainer that takes turns with another one, on its queue and its threads, with the same images.
  ///
  /// - Throws: as above.
  public convenience init(_ configuration: Configuration, beside other: Trainer) throws {
    try self.init(configuration, dataset: other.dataset, pool: other.loop.classifier.pool, queue: other.queue)
  }

  /// Threads that do the arithmetic.
  public var threads: Int { loop.classifier.pool.threads }
  /// The learning rate that the schedule starts from.
  public var baseLearningRate: Double { queue.sync { loop.progress.schedule.baseRate } }
  /// Returns when all that was written down is on its way to the disk or could not be.
  public func settle() {
    queue.sync {
      recorder?.wait()
      checkStorage()
    }
  }

  public var status: RunStatus { mailbox.withLock { $0.status } }

  /// A copy of all that the run is, taken between two units of work.
  public func state() -> RunState { queue.sync { loop.state() } }

  // MARK: - Working

  /// One block: what has been asked, then one unit of work; and another block while there is something to do.
  private func work() {
    let (commands, requests) = mailbox.withLock { ($0.takeCommands(), $0.takeRequests()) }
    for (command, acknowledge) in commands {
      obey(command)
      acknowledge?()
    }
    for (watcher, request) in requests { serve(request, for: watcher) }
    goOnExamining()
    if !commands.isEmpty { tellAll() }
    // Asked to pause is not paused yet: the command comes with the next block.
    if status.phase == .seeking {
      seek()
    } else if status.phase == .running, timeToNextStep <= .zero, isInPast || !waitsForDisk {
      if isInPast { advanceInPast() } else { advance() }
    }
    let isExamining = isExamining
    let goesOn = mailbox.withLock { mailbox in
      let goesOn = [.running, .seeking].contains(mailbox.status.phase) || mailbox.hasWork || isExamining
      if !goesOn { mailbox.scheduled = nil }
      return goesOn
    }
    guard goesOn else { return }
    let wait = timeToNextStep
    if wait > .zero {
      // Not a whole step's time at once: commands and pictures are not to wait.
      queue.asyncAfter(deadline: .now() + .microseconds(Int(min(wait.inSeconds, 0.01) * 1e6)), execute: block)
    } else {
      queue.async(execute: block)
    }
  }

  /// How long it is until the next step may begin.
  private var timeToNextStep: Duration {
    let status = self.status
    if waitsForDisk && !isInPast { return .milliseconds(10) }
    guard status.phase == .running, status.pace != .full, !loop.isValidating, let lastUnit else { return .zero }
    return lastUnit + .seconds(status.pace.secondsPerStep) - clock.now
  }

  func begin(_ goal: Goal) {
    self.goal = goal
    destination = nil
    // Who has asked for a pause meanwhile is told so until it comes.
    mailbox.withLock { $0.status.phase = $0.isPauseWaiting ? .pausing : .running }
  }

  func setPhase(_ phase: RunPhase) { mailbox.withLock { $0.status.phase = phase } }

  /// One unit of work, its figures, and whether to go on.
  private func advance() {
    var event = TrainingLoop.Event.finished
    lastUnit = clock.now
    takeDueChanges()
    let seconds = clock.measure { event = loop.advance() }.inSeconds
    mailbox.withLock { $0.status.units += 1 }
    switch event {
    case .step(let record): finishStep(record, seconds)
    case .validating(let done, let total):
      estimates.addValidation(seconds: seconds)
      mailbox.withLock { $0.status.validation = Double(done) / Double(total) }
    case .stopped(let stop): stopped(stop)
    case .epoch(let record):
      keepAnswers(record)
      finishEpoch(record, seconds)
    case .finished:
      setPhase(.finished)
      tellAll()
    }
    keepState()
    recorder?.tick(loop)
    checkStorage()
  }

  /// One unit of the past again, on the way to the newest state.
  private func advanceInPast() {
    lastUnit = clock.now
    guard let event = replayUnit() else {
      goal = .none
      return
    }
    if case .epoch(let record) = event { keepAnswers(record) }
    showPast()
    let isReached = isGoalReached(event)
    arrive()
    if isReached && status.phase == .running { pause() }
  }

  /// Counts a unit of work for the goal, and says whether it is reached.
  private func isGoalReached(_ event: TrainingLoop.Event) -> Bool {
    switch (event, goal) {
    case (.step, .steps(let count)):
      goal = .steps(count - 1)
      // The last batch of an epoch brings the validation with it.
      return count <= 1 && !loop.isValidating
    case (.epoch, .steps(let count)): return count <= 0
    case (.epoch, .epochs(let count)):
      goal = .epochs(count - 1)
      return count <= 1
    default: return false
    }
  }

  private func finishStep(_ record: StepRecord, _ seconds: Double) {
    estimates.addStep(images: record.images, seconds: seconds)
    history.note(record)
    recorder?.write(record)
    diagnosis.look(at: record)
    if let measured = loop.measured {
      recorder?.write(measured)
      diagnosis.look(at: measured)
      timings.append(SeriesKey("images_per_second", .measured), step: record.step, estimates.imagesPerSecond)
      timings.append(SeriesKey("seconds", .measured), step: record.step, estimates.seconds)
    }
    for (formula, value) in zip(loop.debugger.watches, loop.watched) {
      if let value { timings.append(SeriesKey("\(formula)", .measured), step: record.step, value) }
    }
    let isDone = isGoalReached(.step(record))
    let isDiverged = !loop.isFinite
    let layer = isDiverged ? loop.firstLayerNotFinite : nil
    let warning = diagnosis.sentence
    mailbox.withLock {
      $0.status.epoch = record.epoch
      $0.status.step = record.step
      $0.status.learningRate = record.learningRate
      $0.status.imagesPerSecond = estimates.imagesPerSecond
      $0.status.secondsLeft = estimates.secondsLeft(loop, $0.status.pace)
      $0.status.lastStep = record
      $0.status.warning = warning
      $0.status.stop = nil
      if isDiverged { ($0.status.divergedAt, $0.status.divergedLayer) = (record.step, layer) }
      $0.status.validation = loop.isValidating ? 0 : nil
    }
    recorder?.finishStep(loop)
    onEvent(.step(record))
    // What is not finite does not become finite again.
    if isDone || isDiverged { pause() }
  }

  private func finishEpoch(_ record: EpochRecord, _ seconds: Double) {
    estimates.addValidation(seconds: seconds)
    let record = estimates.finishEpoch(record)
    let isBest = record.validationAccuracy > status.bestEpoch?.validationAccuracy ?? -1
    if let measured = loop.measured { recorder?.write(measured) }
    recorder?.write(record)
    recorder?.save(loop, isBest: isBest)
    mailbox.withLock {
      $0.status.lastEpoch = record
      $0.status.baseLearningRate = loop.baseLearningRate
      if isBest { $0.status.bestEpoch = record }
      $0.status.validation = nil
      $0.status.secondsLeft = estimates.secondsLeft(loop, $0.status.pace)
    }
    onEvent(.epoch(record))
    let isDone = isGoalReached(.epoch(record))
    // The journal may have more epochs in it that come now.
    takeDueChanges()
    if loop.isFinished {
      recorder?.wait()
      setPhase(.finished)
      tellAll()
    } else if isDone {
      pause()
    }
  }

  func pause() {
    goal = .none
    recorder?.flush()
    setPhase(.paused)
    tellAll()
  }
}
