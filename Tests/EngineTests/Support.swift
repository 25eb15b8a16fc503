// What the engine's tests share: data from seeds, gradient checks as expectations, operations run forward.

import Autograd
import Tensors
import Testing
import Workers

/// See `GradientCheck.noise`.
func noise(_ shape: Shape, seed: UInt64) -> Tensor { GradientCheck.noise(shape, seed: seed) }

extension GradientCheck {
  /// Expects every gradient to agree with central differences.
  func expectAgreement(threads: Int = 2, sourceLocation: SourceLocation = #_sourceLocation) throws {
    for result in try run(WorkerPool(threads: threads)) {
      #expect(
        result.passes, "\(operation): \(result.name) of \(result.shape) is off by \(result.error)",
        sourceLocation: sourceLocation)
    }
  }
}

/// Σ weight · x, one number an image: a linear layer whose weight is not trained.
func weightedSum(_ x: Variable, weights: Tensor) -> Variable {
  let row = Parameter("loss weights", weights.reshaped([1, weights.shape.count]), isTrainable: false)
  do { return try linear(x.flattened, weight: row) } catch { preconditionFailure("\(error)") }
}

/// Runs an operation forward on a batch and gives its output, image by image.
func evaluate(
  _ inputs: [Tensor], training: Bool = false, threads: Int = 1, _ build: ([Variable]) throws -> Variable
) throws -> [Tensor] {
  let tape = Tape()
  let variables = inputs.map { tape.input(Shape(Array($0.shape.dimensions.dropFirst()))) }
  let output = try build(variables)
  let images = inputs[0].shape[0]
  let executor = Executor(tape, capacity: images, pool: WorkerPool(threads: threads))
  executor.run(TensorBatch(inputs), context: StepContext(isTraining: training, seed: 5, step: 3))
  return (0..<images).map { executor.tensor(of: output, image: $0) }
}

/// What an operation gives and what arrives at its input, image after image, and at its parameters.
struct Outcome {
  var output: [Float] = []
  var inputGradient: [Float] = []
  var parameterGradients: [[Float]] = []
}

/// Runs an operation forward and backward from Σ dy · y.
func outcome(
  _ x: Tensor, _ parameters: [Parameter], dy: Tensor, _ build: (Variable, [Parameter]) throws -> Variable
) throws -> Outcome {
  let tape = Tape()
  let input = tape.inputWithGradient(Shape(Array(x.shape.dimensions.dropFirst())))
  let y = try build(input, parameters)
  let executor = Executor(
    tape, loss: weightedSum(y, weights: dy), reduction: .sum, capacity: x.shape[0], pool: WorkerPool(threads: 1))
  executor.step(TensorBatch([x]), context: StepContext(isTraining: true))
  var result = Outcome()
  for image in 0..<x.shape[0] {
    result.output += executor.tensor(of: y, image: image).values
    result.inputGradient += executor.gradient(of: input, image: image)?.values ?? []
  }
  result.parameterGradients = parameters.map(\.gradientTensor.values)
  return result
}
