// Max pooling.

import Kernels
import Tensors

/// How a pooling window moves; the stride is the kernel size unless given, as in PyTorch.
public struct Pool2dOptions: Hashable, Sendable {
  public var kernel: Size2d
  public var stride: Size2d
  public var padding: Size2d

  public init(kernel: Size2d, stride: Size2d? = nil, padding: Size2d = Size2d(0)) {
    self.kernel = kernel
    self.stride = stride ?? kernel
    self.padding = padding
  }

  /// H_out = ⌊(H + 2 · padding − kernel) / stride⌋ + 1, and likewise W_out: a remainder is dropped.
  ///
  /// - Throws: `ShapeError` when an option is out of range or the window is larger than the padded input.
  public func outputShape(_ operation: String, input: Shape) throws -> Shape {
    func fail(_ rule: String, _ option: String) -> ShapeError {
      ShapeError(operation, [input, [kernel.height, kernel.width]], rule: rule, option: option)
    }
    guard input.rank == 3 else {
      throw ShapeError(operation, [input], rule: "the input of one image must be channels×height×width")
    }
    guard kernel.height > 0 && kernel.width > 0 else { throw fail("kernel_size must be positive", "kernel_size") }
    guard stride.height > 0 && stride.width > 0 else { throw fail("stride must be positive", "stride") }
    guard padding.height >= 0 && padding.width >= 0 else { throw fail("padding must not be negative", "padding") }
    guard padding.height * 2 <= kernel.height && padding.width * 2 <= kernel.width else {
      throw fail("padding must be at most half of kernel_size", "padding")
    }
    let padded = Size2d(input[1] + 2 * padding.height, input[2] + 2 * padding.width)
    guard kernel.height <= padded.height && kernel.width <= padded.width else {
      throw fail(
        "the window is \(kernel.height)×\(kernel.width) but the padded input is only "
          + "\(padded.height)×\(padded.width)", "kernel_size")
    }
    return [
      input[0], (padded.height - kernel.height) / stride.height + 1, (padded.width - kernel.width) / stride.width + 1,
    ]
  }
}

/// The largest element of each window; the first of equals wins and receives the gradient. Padding counts as −∞.
///
/// # Shapes
/// - x: (C, H, W) an image
/// - result: (C, H_out, W_out), see `Pool2dOptions.outputShape`
///
/// - Throws: `ShapeError` when the window does not fit.
public func maxPool2d(_ x: Variable, options: Pool2dOptions) throws -> Variable {
  let output = try options.outputShape("max_pool2d", input: x.shape)
  guard x.shape[1] * x.shape[2] < 1 << 24 else {
    throw ShapeError("max_pool2d", [x.shape], rule: "a plane must have fewer than 2²⁴ elements")
  }
  return x.tape.record(
    MaxPool2dOperation(input: x.shape, output: output, options: options), inputs: [x], output: output)
}

struct MaxPool2dOperation: Operation {
  let name = "max_pool2d"
  private let geometry: PoolGeometry

  init(input: Shape, output: Shape, options: Pool2dOptions) {
    geometry = PoolGeometry(
      channels: input[0], height: input[1], width: input[2], outHeight: output[1], outWidth: output[2],
      kernelHeight: options.kernel.height, kernelWidth: options.kernel.width, strideHeight: options.stride.height,
      strideWidth: options.stride.width, paddingTop: options.padding.height, paddingLeft: options.padding.width)
  }

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
