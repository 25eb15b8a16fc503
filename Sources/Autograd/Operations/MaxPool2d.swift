// Max pooling.

import Kernels
import Tensors

/// The largest element of each window; the first of equals wins and receives the gradient. Padding counts as −∞.
///
/// # Shapes
/// - x: (C, H, W) an image
/// - result: (C, H_out, W_out), see `Pool2dOptions.outputShape`
///
/// - Throws: `ShapeError` when the window does not fit.
public func maxPool2d(_ x: Variable, options: Pool2dOptions) throws -> Variable {
  let output = try options.outputShape("max_pool2d", input: x.shape)
  try checkWinners("max_pool2d", x.shape, among: x.shape[1] * x.shape[2])
  return x.tape.record(
    MaxPool2dOperation(geometry: options.geometry(input: x.shape, output: output)), inputs: [x], output: output)
}

/// For each window, the index of its largest element within the input's plane, h · W + w, as a float: what PyTorch
/// returns with `return_indices`. It has no gradient.
///
/// # Shapes
/// - x: (C, H, W) an image; result: as `maxPool2d`
///
/// - Throws: `ShapeError` as `maxPool2d` does.
public func maxPool2dIndices(_ x: Variable, options: Pool2dOptions) throws -> Variable {
  let output = try options.outputShape("max_pool2d", input: x.shape)
  try checkWinners("max_pool2d", x.shape, among: x.shape[1] * x.shape[2])
  let operation = MaxPool2dIndicesOperation(geometry: options.geometry(input: x.shape, output: output))
  return x.tape.record(operation, inputs: [x], output: output)
}

/// Winners are kept as floats, which count exactly up to 2²⁴.
///
/// - Throws: `ShapeError` when there are more elements to win.
func checkWinners(_ operation: String, _ shape: Shape, among count: Int) throws {
  guard count < 1 << 24 else {
    throw ShapeError(operation, [shape], rule: "the largest must be found among fewer than 2²⁴ elements, not \(count)")
  }
}

struct MaxPool2dIndicesOperation: Operation {
  let name = "max_pool2d_indices"
  let geometry: PoolGeometry
  var isDifferentiable: Bool { false }
  var scratchLanes: Int { geometry.outCount }

  func forward(_ frame: Frame) {
    maxPool(frame.input(), geometry: geometry, into: frame.scratch, winners: frame.output)
  }

  func backward(_ frame: Frame) {}
}

struct MaxPool2dOperation: Operation {
  let name = "max_pool2d"
  let readsInput = false
  let readsOutput = false
  let geometry: PoolGeometry

  var savedLanes: Int { geometry.outCount }

  func forward(_ frame: Frame) {
    maxPool(frame.input(), geometry: geometry, into: frame.output, winners: frame.saved)
  }

  func backward(_ frame: Frame) {
    guard let sink = frame.inputGradient() else { return }
    maxPoolGradient(
      frame.outputGradient, winners: frame.saved, geometry: geometry, accumulate: sink.accumulate, into: sink.lanes)
  }
}
