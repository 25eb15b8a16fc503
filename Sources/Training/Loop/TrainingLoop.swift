// Training as a sequence of small units of work: a batch, a piece of validation, the end of an epoch.

import Autograd
import Datasets
import Foundation
import Optimizers
import Tensors

/// A run's arithmetic, one unit of work at a time; it knows no clock, no queue and no screen.
///
/// Its state is a pure function of the configuration and the number of units done.
final class TrainingLoop {
  /// What a unit of work was.
  enum Event {
    case step(StepRecord)
    /// So many of so many validation images are done.
    case validating(done: Int, total: Int)
    /// An epoch is complete; the record's times are zero.
    case epoch(EpochRecord)
    case finished
  }

  let configuration: Configuration
  let dataset: Dataset
  let classifier: Classifier
  let optimizer: any Optimizer
  let sampler: ImageSampler
  let scale: [Float]
  let shift: [Float]

  /// Steps done, over the whole run.
  private(set) var step = 0
  /// The epoch that the next unit belongs to, counted from 1.
  private(set) var epoch = 1
  private(set) var stepInEpoch = 0
  /// The learning rate that the schedule starts from; a plateau lowers it.
  private var baseRate: Double
  private var plateau: PlateauSchedule?
  private var order: [Int32] = []
  private var lossSum = 0.0
  private var hitSum = 0.0
  private var validated = 0
  private var validationLoss = 0.0
  private var validationHits = 0.0

  /// - Throws: `DatasetError`, `Sequential.BuildError` or `ShapeError`.
  init(_ configuration: Configuration, dataset: Dataset, threads: Int) throws {
    self.configuration = configuration
    self.dataset = dataset
    let training = configuration.training
    do {
      classifier = try Classifier(
        configuration.layers, input: dataset.shape, seed: configuration.seed, training: training,
        pool: WorkerPool(threads: threads))
    } catch let shortage as MemoryShortage {
      let gigabytes = { (bytes: Int) in String(format: "%.1f GB", Double(bytes) / 1e9) }
      throw ConfigurationError(
        file: configuration.file, keyPath: "training.batch_size",
        message: "\(training.batchSize) images of this model need \(gigabytes(shortage.bytes)), but this machine has "
          + gigabytes(Int(clamping: ProcessInfo.processInfo.physicalMemory)))
    }
    optimizer = classifier.makeOptimizer(training.optimizer)
    baseRate = Double(optimizer.learningRate)
    if case .plateau(let schedule) = training.schedule { plateau = schedule }
    sampler = try ImageSampler(dataset, configuration)
    scale = configuration.dataset.normalization.scale
    shift = configuration.dataset.normalization.shift
  }

  var stepsPerEpoch: Int {
    (sampler.trainCount + configuration.training.batchSize - 1) / configuration.training.batchSize
  }
  var totalSteps: Int { stepsPerEpoch * configuration.training.epochs }
  var isFinished: Bool { epoch > configuration.training.epochs }
  var isValidating: Bool { stepInEpoch == stepsPerEpoch }

  /// Does the next unit of work.
  func advance() -> Event {
    guard let learning = classifier.learning, !isFinished else { return .finished }
    if !isValidating { return .step(trainBatch(learning.training)) }
    return validateBatch(learning.evaluation)
  }

  private func trainBatch(_ executor: Executor) -> StepRecord {
    if stepInEpoch == 0 { order = sampler.order(epoch: epoch) }
    optimizer.learningRate = learningRate
    let first = stepInEpoch * configuration.training.batchSize
    let count = min(configuration.training.batchSize, sampler.trainCount - first)
    let means = withBatch(sampler.trainSource, order, first, count) { batch in
      executor.step(
        batch, context: StepContext(isTraining: true, seed: configuration.seed, step: step))
    }
    configuration.training.clipping?.apply(optimizer.parameters)
    optimizer.step(classifier.pool)
    step += 1
    stepInEpoch += 1
    lossSum += means[0] * Double(count)
    hitSum += means[1] * Double(count)
    return StepRecord(
      step: step, epoch: epoch, loss: means[0], accuracy: means[1], learningRate: optimizer.learningRate, images: count)
  }

  /// What the schedule says for the step that comes next.
  private var learningRate: Float {
    let rate =
      switch configuration.training.schedule {
      case .function(let schedule, let perStep): schedule.rate(base: baseRate, at: perStep ? step : epoch - 1)
      case .oneCycle(let maximum, let rise, let start, let end):
        Schedule.oneCycle(
          maximum: Double(maximum), total: max(2, totalSteps), rise: rise, startDivisor: start, endDivisor: end
        ).rate(base: baseRate, at: step)
      case .plateau: baseRate
      }
    return Float(rate * (configuration.training.warmUp?.factor(at: step) ?? 1))
  }

  private func validateBatch(_ executor: Executor) -> Event {
    let indices = sampler.validationIndices
    let count = min(Classifier.evaluationBatch, indices.count - validated)
    let means = withBatch(sampler.validationSource, indices, validated, count) { executor.run($0) }
    validationLoss += means[0] * Double(count)
    validationHits += means[1] * Double(count)
    validated += count
    guard validated == indices.count else { return .validating(done: validated, total: indices.count) }
    let (trained, total) = (Double(sampler.trainCount), Double(indices.count))
    let record = EpochRecord(
      epoch: epoch, step: step, trainLoss: lossSum / trained, trainAccuracy: hitSum / trained,
      validationLoss: validationLoss / total, validationAccuracy: validationHits / total, imagesPerSecond: 0, seconds: 0
    )
    (lossSum, hitSum, validated, validationLoss, validationHits) = (0, 0, 0, 0, 0)
    if var watch = plateau {
      baseRate = watch.rate(baseRate, afterLoss: record.validationLoss)
      plateau = watch
    }
    stepInEpoch = 0
    epoch += 1
    return .epoch(record)
  }

  func withBatch<Result>(
    _ source: LabeledImages, _ indices: [Int32], _ first: Int, _ count: Int, _ body: (ImageBatch) -> Result
  ) -> Result {
    indices.withUnsafeBufferPointer { indices in
      scale.withUnsafeBufferPointer { scale in
        shift.withUnsafeBufferPointer { shift in
          guard let indices = indices.baseAddress, let scale = scale.baseAddress, let shift = shift.baseAddress else {
            preconditionFailure("a batch has at least one image and one channel")
          }
          return body(ImageBatch(source, indices: indices + first, count: count, scale: scale, shift: shift))
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
    var (loss, hits) = (0.0, 0.0)
    var logits = [Float](repeating: 0, count: report.classes)
    for first in stride(from: 0, to: indices.count, by: Classifier.evaluationBatch) {
      let count = min(Classifier.evaluationBatch, indices.count - first)
      let means = withBatch(source, indices, first, count) { learning.evaluation.run($0) }
      loss += means[0] * Double(count)
      hits += means[1] * Double(count)
      for image in 0..<count {
        logits.withUnsafeMutableBufferPointer {
          learning.evaluation.copy(learning.logits, image: image, into: $0)
          report.add(logits: UnsafeBufferPointer($0), label: Int(source.labels[Int(indices[first + image])]))
        }
      }
    }
    return (loss / Double(indices.count), hits / Double(indices.count))
  }

  /// Runs one image of the validation set through the net; `classifier.inspection` then holds what left each layer.
  func inspect(probe: Int) {
    withBatch(sampler.validationSource, sampler.validationIndices, probe, 1) { _ = classifier.inspection.run($0) }
  }
}
