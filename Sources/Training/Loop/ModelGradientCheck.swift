// The gradients of a whole configured model against finite differences.

import Autograd
import Experiments
import Foundation
import Tensors
import Workers

/// Checks the gradient of each trained parameter of a model on one batch of its own training images.
///
/// A net has kinks everywhere (ReLU, max pooling), so no single step suits it: each derivative is taken with several
/// steps, and the best agreement counts. It is taken along the gradient itself, and for the parameter's five elements
/// of the largest gradients one by one, of those that are at least half the largest: small derivatives drown in
/// Float32's rounding of the loss.
public struct ModelGradientCheck: Sendable {
  /// The outcome for one parameter.
  public struct Result: Sendable {
    public let parameter: String
    public let shape: Shape
    /// The largest relative error of its derivatives.
    public let error: Double
    public var passes: Bool { error <= ModelGradientCheck.tolerance }
  }

  public static let tolerance = 0.05
  /// Many images, because their kinks average out.
  static let images = 256
  public let results: [Result]

  /// Runs the check.
  ///
  /// - Throws: `ConfigurationError`, `DatasetError` or `Sequential.BuildError`.
  public init(_ configuration: Configuration) throws {
    var configuration = configuration
    configuration.training.batchSize = ModelGradientCheck.images
    let loop = try TrainingLoop(
      configuration, dataset: configuration.loadDataset(), pool: WorkerPool(threads: configuration.threadCount))
    try configuration.requireTraining("check")
    results = loop.classifier.learning.map { loop.checkGradients($0.training) } ?? []
  }
}

extension TrainingLoop {
  fileprivate func checkGradients(_ executor: Executor) -> [ModelGradientCheck.Result] {
    let loss = withFirstBatch { figures(executor.step($0, context: $1), $0).loss }
    return optimizer.parameters.map { parameter in
      let gradient = parameter.gradientTensor.values
      let norm = gradient.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      var errors: [Double] = []
      if norm > 0 {
        let along = gradient.map { $0 / Float(norm) }
        errors.append(error(executor, parameter, direction: along, expected: norm, loss: loss))
        let largest = gradient.indices.sorted { abs(gradient[$0]) > abs(gradient[$1]) }.prefix(5)
        for index in largest where abs(gradient[index]) > 0.5 * abs(gradient[largest[0]]) {
          var one = [Float](repeating: 0, count: gradient.count)
          one[index] = 1
          errors.append(error(executor, parameter, direction: one, expected: Double(gradient[index]), loss: loss))
        }
      }
      let isFinite = gradient.allSatisfy(\.isFinite)
      return ModelGradientCheck.Result(
        parameter: parameter.name, shape: parameter.shape, error: isFinite ? errors.max() ?? 0 : .infinity)
    }
  }

  /// The relative error of a directional derivative, with the step that suits it best.
  private func error(
    _ executor: Executor, _ parameter: Parameter, direction: [Float], expected: Double, loss: Double
  ) -> Double {
    let original = parameter.tensor
    defer { parameter.assign(original) }
    func value(at distance: Double) -> Double {
      for index in direction.indices {
        parameter.values[index] = original.values[index] + Float(distance) * direction[index]
      }
      return withFirstBatch { figures(executor.run($0, context: $1), $0).loss }
    }
    // Steps that change the loss by these shares of it: kinks ask for small ones, rounding for large ones.
    let errors = [1e-4, 1e-5, 3e-6, 1e-6].map { change -> Double in
      let step = change * loss / abs(expected)
      let found = (value(at: step) - value(at: -step)) / (2 * step)
      return abs(found - expected) / abs(expected)
    }
    return errors.min() ?? .infinity
  }

  private func withFirstBatch(_ body: (ImageBatch, StepContext) -> Double) -> Double {
    let indices = Array(sampler.order(epoch: 1).prefix(configuration.training.batchSize))
    let statistics = classifier.model.parameters.filter { !$0.isTrainable }.map { ($0, $0.tensor) }
    // Running statistics move with every forward pass in training; the check must leave no trace.
    defer { for (parameter, tensor) in statistics { parameter.assign(tensor) } }
    return withBatch(sampler.trainSource, indices, 0, indices.count) { batch in
      body(batch, StepContext(isTraining: true, seed: configuration.seed, step: 0))
    }
  }
}
