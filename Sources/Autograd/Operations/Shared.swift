// A parameter as a value of each image, for arithmetic with values that images have of their own.

import Kernels
import Tensors

extension Tape {
  /// The same numbers for every image; the parameter's gradient is the sum over images.
  ///
  /// # Shapes
  /// - result: the parameter's
  public func shared(_ parameter: Parameter) -> Variable {
    record(
      SharedOperation(count: parameter.count), inputs: [], parameters: [parameter], output: parameter.shape)
  }
}

struct SharedOperation: Operation {
  let name = "shared"
  let readsOutput = false
  let count: Int

  func forward(_ frame: Frame) { spreadScalars(frame.parameter(0), count: count, into: frame.output) }

  func backward(_ frame: Frame) {
    guard let target = frame.parameterGradient(0) else { return }
    accumulateBiasGradient(frame.outputGradient, channels: 0..<count, plane: 1, into: target)
  }
}
