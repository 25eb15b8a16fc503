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

  var portions: Int { Portion.most(lanes: count) }

  func forward(_ frame: Frame) {
    let own = frame.portion.range(of: count)
    relu(frame.input() + own.lowerBound, count: own.count, into: frame.output + own.lowerBound)
  }

  func backward(_ frame: Frame) {
    guard let sink = frame.inputGradient() else { return }
    let own = frame.portion.range(of: count)
    reluGradient(
      UnsafePointer(frame.output) + own.lowerBound, frame.outputGradient + own.lowerBound, count: own.count,
      accumulate: sink.accumulate, into: sink.lanes + own.lowerBound)
  }
}
