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
  let training: Executor
  let evaluation: Executor
  /// Runs one image and keeps what leaves every layer.
  let inspection: Executor
  let inspectionOutputs: [Variable]
  let pool: WorkerPool

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
    let train = try Recording(model, configuration.loss)
    let needed = Executor.memory(train.tape, loss: train.loss, capacity: configuration.batchSize)
    guard needed < Int(clamping: ProcessInfo.processInfo.physicalMemory) else { throw MemoryShortage(bytes: needed) }
    training = Executor(
      train.tape, loss: train.loss, metrics: [train.loss, train.hit], capacity: configuration.batchSize, pool: pool)
    let evaluate = try Recording(model, configuration.loss)
    evaluation = Executor(
      evaluate.tape, metrics: [evaluate.loss, evaluate.hit], capacity: Classifier.evaluationBatch, pool: pool)
    let inspect = try Recording(model, configuration.loss)
    inspection = Executor(inspect.tape, capacity: 1, pool: pool)
    inspectionOutputs = inspect.outputs
  }

  /// The model, its loss and its accuracy, on a tape of their own.
  private struct Recording {
    let tape = Tape()
    let outputs: [Variable]
    let loss: Variable
    let hit: Variable

    init(_ model: Sequential, _ choice: TrainingConfiguration.LossChoice) throws {
      let images = tape.input(model.input)
      let labels = tape.input([])
      outputs = try model.forward(images)
      let logits = outputs.last ?? images
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
