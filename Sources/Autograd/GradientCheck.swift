// Gradients against central differences, in a form that can fail and does not cry wolf.

import Tensors
import Workers

/// An operation with inputs and parameters whose gradients are to be checked.
///
/// The loss is a weighted sum of the operation's outputs, so that no gradient cancels; its differences are taken in
/// double precision over a step that suits the operation: any step is exact for a linear one, so a large one keeps
/// rounding small; a curved one needs a small step, which Float32 bears because the inputs are multiples of 1/64.
public struct GradientCheck {
  /// The outcome for one input or parameter.
  public struct Result: Sendable {
    /// `input 0`, or a parameter's name.
    public let name: String
    public let shape: Shape
    /// The largest |found − expected| / max(|expected|, the gradient's usual size).
    public let error: Float
    public let passes: Bool
  }

  public let operation: String
  public let images: Int
  /// (images, …) each.
  public let inputs: [Tensor]
  public let parameters: [Parameter]
  public let step: Float
  public let tolerance: Float
  /// Whether the operation runs as in training.
  public let isTraining: Bool
  public let build: ([Variable], [Parameter]) throws -> Variable

  public init(
    _ operation: String, inputs: [Tensor], parameters: [Parameter] = [], step: Float = 0.5, tolerance: Float = 2e-3,
    isTraining: Bool = true, build: @escaping ([Variable], [Parameter]) throws -> Variable
  ) {
    self.operation = operation
    images = inputs.first?.shape[0] ?? 1
    self.inputs = inputs
    self.parameters = parameters
    self.step = step
    self.tolerance = tolerance
    self.isTraining = isTraining
    self.build = build
  }

  /// Numbers in −1...1 that are multiples of 1/64, the same for the same seed.
  public static func noise(_ shape: Shape, seed: UInt64) -> Tensor {
    let stream = RandomStream(seed: seed, purpose: .initialization)
    return Tensor(shape, (0..<shape.count).map { (stream.uniform($0, in: -1..<1) * 64).rounded(.down) / 64 })
  }

  /// Runs the check.
  ///
  /// - Parameter spoiling: multiplies the computed gradients by 1.05, to show that the check notices.
  /// - Throws: `ShapeError` when the operation does not accept its inputs.
  public func run(_ pool: WorkerPool, spoiling: Bool = false) throws -> [Result] {
    let tape = Tape()
    let variables = inputs.map { tape.inputWithGradient(Shape(Array($0.shape.dimensions.dropFirst()))) }
    let output = try build(variables, parameters)
    let weights = GradientCheck.noise([1, output.shape.count], seed: 99)
    let loss = try linear(output.flattened, weight: Parameter("weights", weights, isTrainable: false))
    let executor = Executor(tape, loss: loss, metrics: [loss], kept: [], capacity: images, pool: pool)
    let context = StepContext(isTraining: isTraining, seed: 5, step: 3)
    let fixed = parameters.filter { !$0.isTrainable }.map { ($0, $0.tensor) }
    func value(_ inputs: [Tensor]) -> Double {
      // Running statistics move; they must not move with the checking.
      defer { for (parameter, tensor) in fixed { parameter.assign(tensor) } }
      return executor.run(TensorBatch(inputs), context: context)[0]
    }
    executor.step(TensorBatch(inputs), context: context)
    for (parameter, tensor) in fixed { parameter.assign(tensor) }
    let factor: Float = spoiling ? 1.05 : 1
    var found = variables.map { variable in
      (0..<images).flatMap { executor.gradient(of: variable, image: $0)?.values ?? Tensor(variable.shape).values }
    }
    let trained = parameters.filter(\.isTrainable)
    found += trained.map { $0.gradientTensor.values }

    var results: [Result] = []
    for (position, input) in inputs.enumerated() {
      let expected = (0..<input.shape.count).map { element in
        var (up, down) = (inputs, inputs)
        up[position].values[element] += step
        down[position].values[element] -= step
        return difference(value(up), value(down))
      }
      results.append(compare("input \(position)", input.shape, found[position].map { $0 * factor }, expected))
    }
    for (position, parameter) in trained.enumerated() {
      let original = parameter.tensor
      let expected = (0..<parameter.count).map { element in
        parameter.values[element] = original.values[element] + step
        let up = value(inputs)
        parameter.values[element] = original.values[element] - step
        let down = value(inputs)
        parameter.values[element] = original.values[element]
        return difference(up, down)
      }
      results.append(
        compare(parameter.name, parameter.shape, found[inputs.count + position].map { $0 * factor }, expected))
    }
    return results
  }

  private func difference(_ up: Double, _ down: Double) -> Float { Float((up - down) / Double(2 * step)) }

  private func compare(_ name: String, _ shape: Shape, _ found: [Float], _ expected: [Float]) -> Result {
    let usual = (expected.reduce(0) { $0 + $1 * $1 } / Float(max(1, expected.count))).squareRoot()
    let error =
      zip(found, expected).map { pair -> Float in
        let gap = abs(pair.0 - pair.1) / max(abs(pair.1), usual, 1e-6)
        return gap.isNaN ? .infinity : gap
      }.max() ?? 0
    return Result(name: name, shape: shape, error: error, passes: error <= tolerance)
  }
}
