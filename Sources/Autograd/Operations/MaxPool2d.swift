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

/// The largest elements of a grid of windows that covers the image; the windows are `adaptiveAveragePool2d`'s.
///
/// # Shapes
/// - x: (C, H, W) an image
/// - result: (C, size.height, size.width)
///
/// - Throws: `ShapeError` when x has not three axes, or the size is not positive.
public func adaptiveMaxPool2d(_ x: Variable, size: Size2d) throws -> Variable {
  let (geometry, output) = try adaptiveGeometry("adaptive_max_pool2d", x.shape, size)
  try checkWinners("adaptive_max_pool2d", x.shape, among: x.shape[1] * x.shape[2])
  return x.tape.record(
    MaxPool2dOperation(name: "adaptive_max_pool2d", geometry: geometry), inputs: [x], output: output)
}

/// Winners are kept as floats, which count exactly up to 2²⁴.
///
/// - Throws: `ShapeError` when there are more elements to win.
func checkWinners(_ operation: String, _ shape: Shape, among count: Int) throws {
  guard count < 1 << 24 else {
    throw ShapeError(operation, [shape], rule: "the largest must be found among fewer than 2²⁴ elements, not \(count)")
  }
}

struct MaxPool2dOperation: Operation {
  var name = "max_pool2d"
  let readsInput = false
  let readsOutput = false
  let takesMaximum = true
  let geometry: PoolGeometry

  var savedLanes: Int { geometry.outCount }

  var portions: Int { geometry.portions }

  func forward(_ frame: Frame) {
    maxPool(
      frame.input(), geometry: geometry, channels: frame.portion.range(of: geometry.channels), into: frame.output,
      winners: frame.saved)
  }

  func backward(_ frame: Frame) {
    guard let sink = frame.inputGradient() else { return }
    maxPoolGradient(
      frame.outputGradient, winners: frame.saved, geometry: geometry,
      channels: frame.portion.range(of: geometry.channels), accumulate: sink.accumulate, into: sink.lanes)
  }
}
