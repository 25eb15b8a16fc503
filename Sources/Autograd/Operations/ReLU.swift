// The rectified linear unit.

import Kernels
import Tensors

/// y = max(x, 0), element by element; the gradient at zero is zero, as in PyTorch.
///
/// # Shapes
/// - x, result: any, the same
///
/// Source: Nair and Hinton, "Rectified linear units improve restricted Boltzmann machines" (2010).
public func relu(_ x: Variable) -> Variable {
  x.tape.record(ReLUOperation(count: x.shape.count), inputs: [x], output: x.shape)
}

struct ReLUOperation: Operation {
  let name = "relu"
  let worksInPlace = true
  let readsInput = false
  let count: Int

  func behindMaximum(count: Int) -> (any Operation)? { ReLUOperation(count: count) }

  func forward(_ frame: Frame) { relu(frame.input(), count: count, into: frame.output) }

  func backward(_ frame: Frame) {
    guard let sink = frame.inputGradient() else { return }
    reluGradient(
      UnsafePointer(frame.output), frame.outputGradient, count: count, accumulate: sink.accumulate, into: sink.lanes)
  }
}
