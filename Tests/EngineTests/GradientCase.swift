// One operation checked against finite differences, in a form that a table of cases can run through.

import Autograd
import Tensors
import Testing

/// Numbers in −1...1 from a seed, rounded to multiples of 1/64, so that small steps stay exact.
func noise(_ shape: Shape, seed: UInt64) -> Tensor {
  let stream = RandomStream(seed: seed, purpose: .initialization)
  return Tensor(shape, (0..<shape.count).map { (stream.uniform($0, in: -1..<1) * 64).rounded(.down) / 64 })
}

/// An operation with its inputs and parameters; the loss is a weighted sum of its outputs.
struct GradientCase {
  let images: Int
  let inputs: [Tensor]
  let parameters: [Parameter]
  /// The step of the central difference: large for linear operations, for which any step is exact.
  var step: Float = 0.5
  var tolerance: Float = 2e-3
  var isTraining = true
  let build: ([Variable], [Parameter]) throws -> Variable

  /// Compares every gradient with central differences, on `threads` threads.
  func check(threads: Int = 2, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let pool = WorkerPool(threads: threads)
    let tape = Tape()
    let variables = inputs.map { tape.inputWithGradient(Shape(Array($0.shape.dimensions.dropFirst()))) }
    let output = try build(variables, parameters)
    let weights = noise(output.shape, seed: 99)
    let loss = weightedSum(output, weights: weights)
    let executor = Executor(tape, loss: loss, metrics: [loss], capacity: images, pool: pool)
    let context = StepContext(isTraining: isTraining, seed: 5, step: 3)
    executor.step(TensorBatch(inputs), context: context)
    let inputGradients = variables.map { variable in
      (0..<images).map { executor.gradient(of: variable, image: $0) ?? Tensor(variable.shape) }
    }
    let parameterGradients = parameters.map { $0.isTrainable ? $0.gradientTensor : Tensor($0.shape) }
    let original = parameters.map(\.tensor)

    func value(_ inputs: [Tensor]) -> Double {
      defer {
        for (parameter, tensor) in zip(parameters, original) where !parameter.isTrainable { parameter.assign(tensor) }
      }
      return executor.run(TensorBatch(inputs), context: context)[0]
    }
    func compare(_ found: Float, _ up: Double, _ down: Double, _ what: String) {
      let expected = Float((up - down) / Double(2 * step))
      #expect(
        abs(found - expected) <= tolerance * max(0.02, abs(expected)), "\(what): found \(found), expected \(expected)",
        sourceLocation: sourceLocation)
    }
    for (position, input) in inputs.enumerated() {
      let perImage = input.shape.count / images
      for element in 0..<input.shape.count {
        var (up, down) = (inputs, inputs)
        up[position].values[element] += step
        down[position].values[element] -= step
        compare(
          inputGradients[position][element / perImage].values[element % perImage], value(up), value(down),
          "input \(position) element \(element)")
      }
    }
    for (position, parameter) in parameters.enumerated() where parameter.isTrainable {
      for element in 0..<parameter.count {
        parameter.values[element] = original[position].values[element] + step
        let up = value(inputs)
        parameter.values[element] = original[position].values[element] - step
        let down = value(inputs)
        parameter.values[element] = original[position].values[element]
        compare(parameterGradients[position].values[element], up, down, "\(parameter.name) element \(element)")
      }
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
