// The rectifier that learns its slope.

import Kernels
import Tensors

/// y = x where x > 0, otherwise weight(c) · x; dx = dy or weight · dy, and dweight = Σ dy · x over x ≤ 0.
///
/// Source: He et al., "Delving deep into rectifiers" (2015).
///
/// # Shapes
/// - x, result: (C, …) an image
/// - weight: (1), or (C)
///
/// - Throws: `ShapeError` when the weight has another shape.
public func prelu(_ x: Variable, weight: Parameter) throws -> Variable {
  guard weight.shape.rank == 1, weight.count == 1 || weight.count == x.shape.dimensions.first else {
    throw ShapeError("prelu", [x.shape, weight.shape], rule: "there must be one slope, or one for each channel")
  }
  let operation = PReLUOperation(slopes: weight.count, repeats: x.shape.count / weight.count)
  return x.tape.record(operation, inputs: [x], parameters: [weight], output: x.shape)
}

struct PReLUOperation: Operation {
  let name = "prelu"
  let readsOutput = false
  let slopes: Int
  /// Neighbouring elements that share a slope.
  let repeats: Int

  func forward(_ frame: Frame) {
    for index in 0..<slopes {
      applyElementwise(
        .leakyReLU(slope: frame.parameter(0)[index]), frame.input() + index * repeats, count: repeats,
        into: frame.output + index * repeats)
    }
  }

  func backward(_ frame: Frame) {
    for index in 0..<slopes {
      let first = index * repeats
      let (x, dy) = (frame.input() + first, frame.outputGradient + first)
      if let target = frame.parameterGradient(0) { target[index] += negativeProductSum(x, dy, count: repeats) }
      if let sink = frame.inputGradient() {
        elementwiseGradient(
          .leakyReLU(slope: frame.parameter(0)[index]), x, dy, count: repeats, accumulate: sink.accumulate,
          into: sink.lanes + first)
      }
    }
  }
}
