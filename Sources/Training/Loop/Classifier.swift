// A model together with the executors that train, evaluate and inspect it.

import Autograd
import Experiments
import Foundation
import Kernels
import Layers
import Optimizers
import Telemetry
import Tensors
import Workers

/// A batch that does not fit this machine's memory, both in bytes.
struct MemoryShortage: Error {
  let needed: Int
  let available: Int
}

/// What the outputs of a model mean: what its last layer has made of them already, or else what the loss takes them for.
func predict(
  _ last: InspectedLayer, _ loss: LossChoice
) throws -> (meaning: Prediction.Meaning, values: Variable) {
  let outputs = last.output
  return switch (last.layer.outputMeaning, loss) {
  case (.probabilities, _): (.probabilities, outputs)
  case (.logProbabilities, _), (_, .negativeLogLikelihood): (.probabilities, exp(outputs))
  case (.independentProbabilities, _): (.independentProbabilities, outputs)
  case (_, .crossEntropy): (.probabilities, try softmax(outputs))
  case (_, .binaryCrossEntropy): (.independentProbabilities, sigmoid(outputs))
  case (_, .meanSquaredError), (_, .huber), (_, .absolute), (_, .smoothAbsolute): (.scores, outputs)
  }
}

/// A classifier of images: one set of parameters, and a tape for each way of running them.
package final class Classifier {
  let model: Sequential
  /// Nil for a model that is only looked at.
  package let learning: Learning?
  /// Runs some images and keeps what leaves every layer.
  let inspection: Executor
  let inspected: [InspectedLayer]
  /// What the net says of an image, class by class; nil for a model that is only looked at.
  let prediction: (meaning: Prediction.Meaning, values: Variable)?
  let pool: WorkerPool
  /// Bytes that all of it takes.
  let memory: Int

  /// The model with its loss and its accuracy, forward and backward, and forward alone.
  package struct Learning {
    package let training: Executor
    package let evaluation: Executor
    /// What the evaluation predicts from, and each image's loss.
    let logits: Variable
    let loss: Variable
  }

  /// How many images are inspected at once: a shard, which takes as long as one image.
  static let inspectionBatch = lanesPerShard

  /// How many images are evaluated at once.
  package static let evaluationBatch = 512

  /// - Throws: `Sequential.BuildError` or `ShapeError` when the model does not fit the images.
  init(
    _ layers: [any LayerConfiguration], input: Shape, seed: UInt64, training configuration: TrainingConfiguration,
    pool: WorkerPool
  ) throws {
    self.pool = pool
    let model = try Sequential(layers, input: input, seed: seed)
    self.model = model
    let inspect = Tape()
    inspected = try InspectedLayer.record(model, inspect.input(model.input))
    prediction = try configuration.trainsNothing ? nil : inspected.last.map { try predict($0, configuration.loss) }
    let recordings = configuration.trainsNothing ? nil : try Recordings(model, configuration)
    // Before any of it is laid out.
    let needed =
      Executor.memory(inspect, capacity: Classifier.inspectionBatch, threads: pool.threads)
      // Each parameter with its gradient, and at most three numbers that an optimiser keeps.
      + model.parameters.reduce(0) { $0 + $1.count * 5 * MemoryLayout<Float>.stride }
      + (recordings?.memory(batchSize: configuration.batchSize, threads: pool.threads) ?? 0)
    let available = Int(clamping: ProcessInfo.processInfo.physicalMemory)
    guard needed < available else { throw MemoryShortage(needed: needed, available: available) }
    memory = needed
    inspection = Executor(inspect, capacity: Classifier.inspectionBatch, pool: pool)
    learning = recordings.map { Learning($0, batchSize: configuration.batchSize, pool) }
  }

  /// The model, its loss and its accuracy, on a tape of their own.
  struct Recording {
    let tape = Tape()
    let layers: [InspectedLayer]
    let logits: Variable
    let loss: Variable
    let hit: Variable
    var metrics: [Variable] { [loss, hit] }

    init(_ model: Sequential, _ choice: LossChoice) throws {
      let images = tape.input(model.input)
      let labels = tape.input([])
      layers = try InspectedLayer.record(model, images)
      guard let logits = layers.last?.output else { preconditionFailure("a model has at least one layer") }
      self.logits = logits
      let target = { oneHot(labels, classes: logits.shape.count) }
      loss =
        switch choice {
        case .crossEntropy(let smoothing, _):
          try crossEntropy(logits, labels: labels, smoothing: smoothing, weights: choice.classWeights)
        case .negativeLogLikelihood:
          try negativeLogLikelihood(logits, labels: labels, weights: choice.classWeights)
        case .meanSquaredError: try meanSquaredError(logits, target: target())
        case .binaryCrossEntropy: try binaryCrossEntropy(logits: logits, target: target())
        case .huber(let delta): try huberLoss(logits, target: target(), delta: delta)
        case .absolute: try l1Loss(logits, target: target())
        case .smoothAbsolute(let beta): try smoothL1Loss(logits, target: target(), beta: beta)
        }
      hit = try topOne(logits, labels: labels)
    }
  }

  /// An optimiser over the parameters that the training step leaves gradients in.
  func makeOptimizer(_ options: any OptimizerOptions) -> any Optimizer {
    options.make(model.parameters.filter(\.isTrainable))
  }

  /// A tape for training and one for evaluation.
  fileprivate struct Recordings {
    let training: Recording
    let evaluation: Recording

    init(_ model: Sequential, _ configuration: TrainingConfiguration) throws {
      training = try Recording(model, configuration.loss)
      evaluation = try Recording(model, configuration.loss)
    }

    /// Bytes that the executors of both take.
    func memory(batchSize: Int, threads: Int) -> Int {
      Executor.memory(
        training.tape, loss: training.loss, metrics: training.metrics, kept: [], capacity: batchSize, threads: threads)
        + Executor.memory(
          evaluation.tape, metrics: evaluation.metrics, kept: [evaluation.logits, evaluation.loss],
          capacity: Classifier.evaluationBatch,
          threads: threads, reusesMemory: true)
    }
  }
}

extension Classifier.Learning {
  fileprivate init(_ recordings: Classifier.Recordings, batchSize: Int, _ pool: WorkerPool) {
    let (train, evaluate) = (recordings.training, recordings.evaluation)
    training = Executor(
      train.tape, loss: train.loss, metrics: train.metrics, kept: [], capacity: batchSize, pool: pool)
    (logits, loss) = (evaluate.logits, evaluate.loss)
    evaluation = Executor(
      evaluate.tape, metrics: evaluate.metrics, kept: [logits, loss], capacity: Classifier.evaluationBatch, pool: pool,
      reusesMemory: true)
  }
}
