// A model together with the executors that train, evaluate and inspect it.

import Autograd
import Datasets
import Layers
import Optimizers
import Tensors

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
  init(_ layers: [any LayerConfiguration], input: Shape, seed: UInt64, batchSize: Int, pool: WorkerPool) throws {
    self.pool = pool
    let model = try Sequential(layers, input: input, seed: seed)
    self.model = model
    let train = try Recording(model)
    training = Executor(
      train.tape, loss: train.loss, metrics: [train.loss, train.hit], capacity: batchSize, pool: pool)
    let evaluate = try Recording(model)
    evaluation = Executor(
      evaluate.tape, metrics: [evaluate.loss, evaluate.hit], capacity: Classifier.evaluationBatch, pool: pool)
    let inspect = try Recording(model)
    inspection = Executor(inspect.tape, capacity: 1, pool: pool)
    inspectionOutputs = inspect.outputs
  }

  /// The model, its loss and its accuracy, on a tape of their own.
  private struct Recording {
    let tape = Tape()
    let outputs: [Variable]
    let loss: Variable
    let hit: Variable

    init(_ model: Sequential) throws {
      let images = tape.input(model.input)
      let labels = tape.input([])
      outputs = try model.forward(images)
      let logits = outputs.last ?? images
      loss = try crossEntropy(logits, labels: labels)
      hit = try topOne(logits, labels: labels)
    }
  }

  /// An optimiser over the parameters that the training step leaves gradients in.
  func makeOptimizer(_ choice: TrainingConfiguration.OptimizerChoice) -> any Optimizer {
    let trained = model.parameters.filter(\.isTrainable)
    return switch choice {
    case .adam(let options): Adam(trained, options: options)
    case .sgd(let options): SGD(trained, options: options)
    }
  }
}
