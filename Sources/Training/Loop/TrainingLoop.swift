// Training as a sequence of small units of work: a batch, a piece of validation, the end of an epoch.

import Autograd
import Datasets
import Experiments
import Fields
import Foundation
import Optimizers
import Telemetry
import Tensors
import Workers

/// A run's arithmetic, one unit of work at a time; it knows no clock, no queue and no screen.
///
/// Its state is a pure function of the configuration and the number of units done:
/// `state()` copies it, `restore(_:)` goes back to it, and `advance()` does one unit of work.
public final class TrainingLoop {
  /// What a unit of work was.
  public enum Event: Hashable, Sendable {
    case step(StepRecord)
    /// So many of so many validation images are done.
    case validating(done: Int, total: Int)
    /// An epoch is complete; the record's times are zero.
    case epoch(EpochRecord)
    /// The step that comes next was tried, and a condition has come to hold: nothing of it was kept but the gradients.
    case stopped(Stop)
    case finished
  }

  package let configuration: Configuration
  package let classifier: Classifier
  let optimizer: any Optimizer
  package let sampler: ImageSampler
  let scale: [Float]
  let shift: [Float]
  let layerMeasures: [LayerMeasures]
  /// What pictures need of the past; no part of the run's state.
  var memory = PictureMemory()

  /// The run's state, apart from the numbers that lie in parameters and in the optimiser's memory.
  var progress: RunState
  /// What has been changed of the run, and is to be: with the configuration, it makes the run.
  var journal = Journal()
  /// What the last unit of work measured beside its figures, if it did.
  package private(set) var measured: MeasureRecord?
  /// The values of the watched formulas after the last step.
  private(set) var watched: [Double?] = []
  /// Whether the last step's loss, gradients and parameters were finite.
  var isFinite = true
  /// The step that was tried last, while the run is stopped before it.
  private(set) var triedStep: StepRecord?
  var debugger: Debugger
  private var undo = StepUndo()
  /// Whether units are done that have been done before: the curves and what is measured have them already.
  var isReplaying = false
  /// Which of the validation images are right so far, where somebody compares this run with another; nil where nobody does.
  var answers: [Bool]?
  /// The epoch's images in order, while its training is under way.
  var order: [Int32] = []

  /// - Parameter pool: the threads that do the arithmetic; one loop at a time may advance on them.
  /// - Throws: `ConfigurationError`, `DatasetError`, `Sequential.BuildError` or `ShapeError`.
  public init(_ configuration: Configuration, dataset: Dataset, pool: WorkerPool) throws {
    self.configuration = configuration
    let training = configuration.training
    do {
      classifier = try Classifier(
        configuration.layers, input: dataset.shape, seed: configuration.seed, training: training, pool: pool)
    } catch let shortage as MemoryShortage {
      let gigabytes = { (bytes: Int) in "\(fixed(Double(bytes) / 1e9, 1)) GB" }
      throw ConfigurationError(
        file: configuration.file, keyPath: training.trainsNothing ? "model.layers" : "training.batch_size",
        message: "\(training.trainsNothing ? 1 : training.batchSize) images of this model need "
          + "\(gigabytes(shortage.needed)), but this machine has \(gigabytes(shortage.available))")
    }
    optimizer = classifier.makeOptimizer(training.optimizer)
    debugger = Debugger(training.breakpoints)
    var schedule = RunState.Schedule(baseRate: Double(optimizer.learningRate))
    if case .plateau(let plateau) = training.schedule.choice { schedule.plateau = plateau }
    progress = RunState(epochs: training.epochs, schedule: schedule)
    layerMeasures = classifier.inspected.compactMap { LayerMeasures($0.layer) }
    sampler = try ImageSampler(dataset, configuration)
    guard !training.dropLast || sampler.trainCount >= training.batchSize else {
      throw ConfigurationError(
        file: configuration.file, keyPath: "training.drop_last",
        message: "leaves no batch: there are \(sampler.trainCount) training images, fewer than batch_size")
    }
    scale = configuration.dataset.normalization.scale
    shift = configuration.dataset.normalization.shift
  }

  /// Steps done, over the whole run.
  public var step: Int { progress.position.step }
  /// The epoch that the next unit belongs to, counted from 1.
  public var epoch: Int { progress.position.epoch }
  public var stepInEpoch: Int { progress.position.stepInEpoch }
  public var series: SeriesList { progress.series }
  public var stepsPerEpoch: Int {
    let (full, rest) = sampler.trainCount.quotientAndRemainder(dividingBy: configuration.training.batchSize)
    return rest == 0 || configuration.training.dropLast ? full : full + 1
  }
  public var epochs: Int { progress.epochs }
  public var totalSteps: Int { progress.origin.step + stepsPerEpoch * (epochs - progress.origin.epoch + 1) }
  public var isFinished: Bool { epoch > epochs }
  public var isValidating: Bool { stepInEpoch == stepsPerEpoch }
  /// Units of work done, over the whole run.
  var unit: Int { unit(of: progress) }

  func unit(of state: RunState) -> Int {
    let position = state.position
    return (position.epoch - 1) * unitsPerEpoch + position.stepInEpoch
      + state.validated.images / Classifier.evaluationBatch
  }
  /// Its steps, and the pieces that the validation is done in.
  var unitsPerEpoch: Int {
    stepsPerEpoch + (sampler.validationIndices.count + Classifier.evaluationBatch - 1) / Classifier.evaluationBatch
  }

  /// Does the next unit of work.
  public func advance() -> Event {
    measured = nil
    guard let learning = classifier.learning, !isFinished else { return .finished }
    triedStep = nil
    if !isValidating { return trainBatch(learning.training) }
    return validateBatch(learning.evaluation)
  }

  /// Does the next unit of work, a step, on an executor of the same computation.
  func advance(on executor: Executor) -> Event {
    precondition(!isFinished && !isValidating, "a step comes next")
    return trainBatch(executor)
  }

  /// The places of the next step's images in the epoch's order.
  var nextBatch: Range<Int> {
    let first = stepInEpoch * configuration.training.batchSize
    return first..<min(first + configuration.training.batchSize, sampler.trainCount)
  }

  private func trainBatch(_ executor: Executor) -> Event {
    let canStop = debugger.isArmed && !debugger.isSuspended
    if canStop { undo.remember(self) }
    if stepInEpoch == 0 { order = sampler.order(epoch: epoch) }
    optimizer.learningRate = learningRate
    let places = nextBatch
    if let momentum { optimizer.momentum = momentum }
    let (means, weight) = withBatch(sampler.trainSource, order, places.lowerBound, places.count) { batch in
      (figures(executor.step(batch, context: stepContext), batch), batch.lossWeight)
    }
    configuration.training.clipping?.apply(optimizer.parameters)
    let isMeasured = !isReplaying && MeasureRecord.isDue(step + 1)
    for layer in layerMeasures {
      let isWatched = memory.watchedUpdates.contains(layer.name) || debugger.updatedLayers.contains(layer.name)
      if isMeasured || isWatched { layer.remember() } else { layer.forget() }
    }
    optimizer.step(classifier.pool)
    isFinite = optimizer.finiteness.check() && means.loss.isFinite
    let record = StepRecord(
      step: step + 1, epoch: epoch, loss: means.loss, accuracy: means.accuracy, learningRate: optimizer.learningRate,
      images: places.count)
    if canStop,
      let (condition, saw) = debugger.look(StepFigures(loop: self, record: record, lastEpoch: debugger.lastEpoch))
    {
      undo.takeBack(self)
      triedStep = record
      return .stopped(Stop(step: record.step, condition: "\(condition)", saw: saw))
    }
    progress.position.step += 1
    progress.position.stepInEpoch += 1
    progress.trained.add(means, images: places.count, weight: weight)
    if !isReplaying { progress.series.append(record) }
    if isMeasured { note(measureStep()) }
    watched =
      isReplaying
      ? []
      : debugger.watches.map { $0.value(StepFigures(loop: self, record: record, lastEpoch: debugger.lastEpoch).value) }
    return .step(record)
  }

  /// What the next step's random numbers follow from.
  var stepContext: StepContext { StepContext(isTraining: true, seed: configuration.seed, step: step) }

  /// The run is in another state: what was tried is not what comes next.
  func forgetTriedStep() { triedStep = nil }

  /// Keeps a measurement in the series, and for whoever writes it down.
  private func note(_ record: MeasureRecord) {
    progress.series.append(record)
    measured = record
  }

  /// A batch's loss and accuracy from its executor's means, which are over images.
  func figures(_ means: [Double], _ batch: ImageBatch) -> (loss: Double, accuracy: Double) {
    let weight = batch.lossWeight
    return (weight == 0 ? 0 : means[0] * (Double(batch.images) / weight), means[1])
  }

  /// The learning rate that the schedule starts from, with what somebody has had it multiplied by.
  var baseLearningRate: Float { Float(progress.schedule.baseRate * progress.schedule.factor) }

  /// What the schedule says for the step that comes next.
  var learningRate: Float {
    let rate =
      switch configuration.training.schedule.choice {
      case .function(let schedule, let interval):
        schedule.rate(base: progress.schedule.baseRate, at: interval == .step ? step : epoch - 1)
      case .oneCycle(let cycle): cycle.rate(at: step, of: totalSteps)
      case .plateau: progress.schedule.baseRate
      }
    return Float(rate * progress.schedule.factor * (configuration.training.schedule.warmUp?.factor(at: step) ?? 1))
  }

  /// What the schedule says of the optimiser's momentum; nil when nothing.
  private var momentum: Float? {
    guard case .oneCycle(let cycle) = configuration.training.schedule.choice else { return nil }
    return cycle.momentum(at: step, of: totalSteps).map { Float($0) }
  }

  private func validateBatch(_ executor: Executor) -> Event {
    let indices = sampler.validationIndices
    let first = progress.validated.images
    let count = min(Classifier.evaluationBatch, indices.count - first)
    let (means, weight) = withBatch(sampler.validationSource, indices, first, count) { batch in
      (figures(executor.run(batch), batch), batch.lossWeight)
    }
    progress.validated.add(means, images: count, weight: weight)
    if answers != nil {
      answers = (first == 0 ? [] : answers ?? []) + areRight(sampler.validationSource, indices[first..<first + count])
    }
    guard progress.validated.images == indices.count else {
      return .validating(done: progress.validated.images, total: indices.count)
    }
    return .epoch(finishEpoch())
  }

  private func finishEpoch() -> EpochRecord {
    let record = EpochRecord(
      epoch: epoch, step: step, trainLoss: progress.trained.meanLoss, trainAccuracy: progress.trained.accuracy,
      validationLoss: progress.validated.meanLoss, validationAccuracy: progress.validated.accuracy)
    if !isReplaying {
      progress.series.append(record)
      if let dead = measureDeadUnits() { note(dead) }
    }
    if memory.isLookedAt { memory.keepWeights(of: classifier.inspected, epoch: epoch) }
    (progress.trained, progress.validated) = (FigureSums(), FigureSums())
    debugger.lastEpoch = record
    if var plateau = progress.schedule.plateau {
      progress.schedule.baseRate = plateau.rate(
        progress.schedule.baseRate,
        after: plateau.mode == .minimum ? record.validationLoss : record.validationAccuracy)
      progress.schedule.plateau = plateau
    }
    progress.position.stepInEpoch = 0
    progress.position.epoch += 1
    return record
  }

  package func withBatch<Result>(
    _ source: LabeledImages, _ indices: [Int32], _ first: Int, _ count: Int, _ body: (ImageBatch) -> Result
  ) -> Result {
    indices.withUnsafeBufferPointer { indices in
      scale.withUnsafeBufferPointer { scale in
        shift.withUnsafeBufferPointer { shift in
          guard let indices = indices.baseAddress, let scale = scale.baseAddress, let shift = shift.baseAddress else {
            preconditionFailure("a batch has at least one image and one channel")
          }
          return body(
            ImageBatch(
              source, indices: indices + first, count: count, scale: scale, shift: shift,
              classWeights: configuration.training.loss.classWeights))
        }
      }
    }
  }

  /// Loss and accuracy on all of some images, and each image's place in a report.
  func evaluate(
    _ source: LabeledImages, _ indices: [Int32], into report: inout ClassificationReport
  ) -> (loss: Double, accuracy: Double) {
    guard let learning = classifier.learning else {
      preconditionFailure("a model that is only looked at has no loss")
    }
    var sums = FigureSums()
    var logits = [Float](repeating: 0, count: report.classes)
    forEachBatch(source, indices) { first, count, means, weight in
      sums.add(means, images: count, weight: weight)
      for image in 0..<count {
        logits.withUnsafeMutableBufferPointer {
          learning.evaluation.copy(learning.logits, image: image, into: $0)
          report.add(logits: UnsafeBufferPointer($0), label: Int(source.labels[Int(indices[first + image])]))
        }
      }
    }
    return (sums.meanLoss, sums.accuracy)
  }

  /// Evaluates images batch by batch, and gives each batch's place, size and figures; what is kept of its images can be read then.
  func forEachBatch(
    _ source: LabeledImages, _ indices: [Int32],
    _ body: (_ first: Int, _ count: Int, _ means: (loss: Double, accuracy: Double), _ weight: Double) -> Void
  ) {
    guard let learning = classifier.learning else { return }
    for first in stride(from: 0, to: indices.count, by: Classifier.evaluationBatch) {
      let count = min(Classifier.evaluationBatch, indices.count - first)
      let (means, weight) = withBatch(source, indices, first, count) { batch in
        (figures(learning.evaluation.run(batch), batch), batch.lossWeight)
      }
      body(first, count, means, weight)
    }
  }
}
