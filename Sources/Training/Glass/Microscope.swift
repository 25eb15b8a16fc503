// A run's steps done again apart from the run itself, with everything kept that they compute.

import Autograd
import Datasets
import Experiments
import Foundation
import Layers
import Telemetry
import Tensors
import Workers

/// A place in a run's past that its later states follow from.
struct Start {
  let keyframe: Keyframe
  /// The whole run's.
  let journal: Journal
}

/// A second copy of a run, which goes to any of its steps and keeps all that one computes; the run itself is never touched.
final class Microscope {
  let loop: TrainingLoop
  let layers: [InspectedLayer]
  /// The training step, with every value and every gradient left in its place.
  private let executor: Executor
  private let loss: Variable
  private let prediction: (meaning: Prediction.Meaning, values: Variable)
  /// What the run's loss was, where it is known and another than that of a step that was made here.
  private let recordedLoss: (StepRecord) -> Double?
  /// How a step came out otherwise here than in the run, in a sentence.
  private(set) var fault: String?
  /// The step that the executor holds.
  private(set) var examined: ExaminedStep?

  /// A look may take half of the machine's memory.
  private static let memoryShare = 2

  /// - Parameter recordedLoss: what the run's loss was in a step, where that is another.
  /// - Throws: `RunError` when there is too little memory to keep a step.
  init(
    _ configuration: Configuration, dataset: Dataset, pool: WorkerPool, recordedLoss: @escaping (StepRecord) -> Double?
  ) throws {
    self.recordedLoss = recordedLoss
    loop = try TrainingLoop(configuration, dataset: dataset, pool: pool)
    let recording = try Classifier.Recording(loop.classifier.model, configuration.training.loss)
    guard let last = recording.layers.last else { preconditionFailure("a model has at least one layer") }
    (layers, loss) = (recording.layers, recording.loss)
    prediction = try predict(last, configuration.training.loss)
    let batchSize = configuration.training.batchSize
    // Beside the copy of the run, which takes what the run takes.
    let needed =
      Executor.memory(
        recording.tape, loss: loss, metrics: recording.metrics, capacity: batchSize, threads: pool.threads)
      + 2 * loop.classifier.memory
    let available = Int(clamping: ProcessInfo.processInfo.physicalMemory) / Microscope.memoryShare
    guard needed < available else {
      let gigabytes = { (bytes: Int) in "\(fixed(Double(bytes) / 1e9, 1)) GB" }
      throw RunError(
        "all that a step of \(batchSize) images computes takes \(gigabytes(needed)), and \(gigabytes(available)) are "
          + "left for it; a smaller training.batch_size takes less")
    }
    executor = Executor(recording.tape, loss: loss, metrics: recording.metrics, capacity: batchSize, pool: pool)
    loop.debugger = Debugger()
    loop.isReplaying = true
    loop.memory.watchedUpdates = Set(loop.layerMeasures.map(\.name))
  }

  // MARK: - Going somewhere

  func jump(to start: Start) {
    loop.restore(start.keyframe.state)
    loop.journal = start.journal
    loop.journal.move(toDone: start.keyframe.changes)
  }

  /// Does units again until so many are done, or the time is over.
  ///
  /// - Returns: whether it is there.
  func goOn(to unit: Int, until deadline: ContinuousClock.Instant) -> Bool {
    while loop.unit < unit {
      guard ContinuousClock.now < deadline else { return false }
      advance()
    }
    loop.takeDueChanges()
    return true
  }

  /// Does the next unit again.
  func advance() {
    loop.takeDueChanges()
    if case .step(let record) = loop.advance() { compare(record) }
  }

  private func compare(_ record: StepRecord) {
    guard fault == nil, let loss = recordedLoss(record) else { return }
    fault =
      "step \(grouped(record.step)) had a loss of \(loss), and has \(record.loss) when it is done again: this run's past cannot "
      + "be looked at"
  }

  /// Makes the next step, and keeps all of it.
  func examine() {
    let weights = loop.layerMeasures.map { $0.squares(of: .weight).squareRoot() }
    let images = loop.nextImages
    guard case .step(let record) = loop.advance(on: executor) else {
      preconditionFailure("without conditions nothing stops a step")
    }
    compare(record)
    let losses = images.indices.map { Double(executor.tensor(of: loss, image: $0).values[0]) }
    var measures: [String: ExaminedStep.Measures] = [:]
    for (layer, weight) in zip(loop.layerMeasures, weights) {
      measures[layer.name] = ExaminedStep.Measures(
        weight: weight, gradient: layer.squares(of: .gradient).squareRoot(),
        update: layer.squares(of: .update).squareRoot())
    }
    examined = ExaminedStep(
      record: record, images: images, losses: losses, measures: measures,
      updates: layers.map { loop.numbers(.update, of: $0.layer) })
  }

  /// What it holds is not what the run did any more.
  func forget() { (examined, fault) = (nil, nil) }

  // MARK: - Reading

  /// What left a layer for an image of the batch.
  func output(of layer: Int, image: Int) -> [Float] { executor.tensor(of: layers[layer].output, image: image).values }

  /// The gradient of the batch's mean loss there; nil where none passes.
  func outputGradient(of layer: Int, image: Int) -> [Float]? {
    executor.gradient(of: layers[layer].output, image: image)?.values
  }

  func prediction(for image: Int) -> Prediction {
    Prediction(prediction.meaning, executor.tensor(of: prediction.values, image: image).values)
  }
}

/// A step that was made under the microscope, in what does not lie in its executor.
struct ExaminedStep {
  /// Norms of a layer: of its weights before the step, their gradients, and what was added to them.
  struct Measures {
    let weight: Double
    let gradient: Double
    let update: Double
  }
  let record: StepRecord
  /// The batch's images, by their indices in the data set, and the loss on each.
  let images: [Int32]
  let losses: [Double]
  /// The places in the batch, that of the largest loss first.
  let byLoss: [Int]
  /// By the layers' names.
  let measures: [String: Measures]
  /// What was added to each layer's pictured weight.
  let updates: [[Float]?]

  init(
    record: StepRecord, images: [Int32], losses: [Double], measures: [String: Measures], updates: [[Float]?]
  ) {
    (self.record, self.images, self.losses) = (record, images, losses)
    (self.measures, self.updates) = (measures, updates)
    byLoss = placesByLoss(losses)
  }
}

/// Places of losses, that of the largest first; those that are not numbers before all.
func placesByLoss(_ losses: [Double]) -> [Int] {
  let keys = losses.map { $0.isNaN ? .infinity : $0 }
  return losses.indices.sorted { (keys[$0], $1) > (keys[$1], $0) }
}

extension TrainingLoop {
  /// The images of the next step.
  var nextImages: [Int32] {
    let all = stepInEpoch == 0 ? sampler.order(epoch: epoch) : order
    return Array(all[nextBatch])
  }
}
