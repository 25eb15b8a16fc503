// A model together with the executors that train, evaluate and inspect it.

import Autograd
import Datasets
import Foundation
import Layers
import Optimizers
import Tensors

/// A batch that does not fit this machine's memory.
struct MemoryShortage: Error {
  let bytes: Int
}

/// A classifier of images: one set of parameters, and a tape for each way of running them.
final class Classifier {
  let model: Sequential
  /// Nil for a model that is only looked at.
  let learning: Learning?
  /// Runs one image and keeps what leaves every layer.
  let inspection: Executor
  let inspectionOutputs: [Variable]
  let pool: WorkerPool

  /// The model with its loss and its accuracy, forward and backward, and forward alone.
  struct Learning {
    let training: Executor
    let evaluation: Executor
    /// What the evaluation predicts from.
    let logits: Variable
  }

  /// How many images are evaluated at once.
  static let evaluationBatch = 512

  /// - Throws: `Sequential.BuildError` or `ShapeError` when the model does not fit the images.
  init(
    _ layers: [any LayerConfiguration], input: Shape, seed: UInt64, training configuration: TrainingConfiguration,
    pool: WorkerPool
  ) throws {
    self.pool = pool
    let model = try Sequential(layers, input: input, seed: seed)
    self.model = model
    let inspect = Tape()
    inspectionOutputs = try model.forward(inspect.input(model.input))
    inspection = Executor(inspect, capacity: 1, pool: pool)
    learning = configuration.trainsNothing ? nil : try Learning(model, configuration, pool)
  }

  /// The model, its loss and its accuracy, on a tape of their own.
  fileprivate struct Recording {
    let tape = Tape()
    let logits: Variable
    let loss: Variable
    let hit: Variable

    init(_ model: Sequential, _ choice: TrainingConfiguration.LossChoice) throws {
      let images = tape.input(model.input)
      let labels = tape.input([])
      let logits = try model.output(of: images)
      self.logits = logits
      let target = { oneHot(labels, classes: logits.shape.count) }
      loss =
        switch choice {
        case .crossEntropy(let smoothing): try crossEntropy(logits, labels: labels, smoothing: smoothing)
        case .negativeLogLikelihood: try negativeLogLikelihood(logits, labels: labels)
        case .meanSquaredError: try meanSquaredError(logits, target: target())
        case .binaryCrossEntropy: try binaryCrossEntropy(logits: logits, target: target())
        case .huber(let delta): try huberLoss(logits, target: target(), delta: delta)
        }
      hit = try topOne(logits, labels: labels)
    }
  }

  /// An optimiser over the parameters that the training step leaves gradients in.
  func makeOptimizer(_ choice: TrainingConfiguration.OptimizerChoice) -> any Optimizer {
    let trained = model.parameters.filter(\.isTrainable)
    return switch choice {
    case .adam(let options): Adam(trained, options: options)
    case .sgd(let options): SGD(trained, options: options)
    case .rmsprop(let options): RMSprop(trained, options: options)
    case .adadelta(let options): Adadelta(trained, options: options)
    }
  }
}

extension Classifier.Learning {
  /// - Throws: `MemoryShortage` before a batch that cannot fit is laid out.
  fileprivate init(_ model: Sequential, _ configuration: TrainingConfiguration, _ pool: WorkerPool) throws {
    let train = try Classifier.Recording(model, configuration.loss)
    let metrics = [train.loss, train.hit]
    let needed = Executor.memory(
      train.tape, loss: train.loss, metrics: metrics, kept: [], capacity: configuration.batchSize,
      threads: pool.threads)
    guard needed < Int(clamping: ProcessInfo.processInfo.physicalMemory) else { throw MemoryShortage(bytes: needed) }
    training = Executor(
      train.tape, loss: train.loss, metrics: metrics, kept: [], capacity: configuration.batchSize,
      pool: pool)
    let evaluate = try Classifier.Recording(model, configuration.loss)
    logits = evaluate.logits
    evaluation = Executor(
      evaluate.tape, metrics: [evaluate.loss, evaluate.hit], kept: [logits], capacity: Classifier.evaluationBatch,
      pool: pool)
  }
}
