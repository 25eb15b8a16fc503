// How a pooling window moves over its input.

import Kernels
import Tensors

/// How a pooling window moves; the stride is the kernel size unless given, as in PyTorch.
public struct Pool2dOptions: Hashable, Sendable {
  public var kernel: Size2d
  public var stride: Size2d
  public var padding: Size2d
  /// From one element of a window to the next; max pooling only.
  public var dilation: Size2d
  /// Windows that begin inside the input or its left padding but reach beyond its end are kept.
  public var ceilMode: Bool

  public init(
    kernel: Size2d, stride: Size2d? = nil, padding: Size2d = Size2d(0), dilation: Size2d = Size2d(1),
    ceilMode: Bool = false
  ) {
    self.kernel = kernel
    self.stride = stride ?? kernel
    self.padding = padding
    self.dilation = dilation
    self.ceilMode = ceilMode
  }

  /// How many windows fit along an axis; with `ceilMode` one may be larger than the padded input.
  private func windows(_ size: Int, _ reach: Int, _ stride: Int, _ padding: Int) -> Int {
    let room = size + 2 * padding - reach
    guard ceilMode else { return room < 0 ? 0 : room / stride + 1 }
    // Rounded up, below zero too.
    let count = (room >= 0 ? (room + stride - 1) / stride : room / stride) + 1
    // A window must begin before the right padding does.
    return (count - 1) * stride >= size + padding ? count - 1 : count
  }

  /// H_out = ⌊(H + 2 · padding − dilation · (kernel − 1) − 1) / stride⌋ + 1, and likewise W_out: a remainder is dropped, or with `ceilMode`
  /// has a window of its own (⌈ ⌉ instead of ⌊ ⌋).
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
    guard dilation.height > 0 && dilation.width > 0 else { throw fail("dilation must be positive", "dilation") }
    let reach = Size2d(dilation.height * (kernel.height - 1) + 1, dilation.width * (kernel.width - 1) + 1)
    let output: Shape = [
      input[0], windows(input[1], reach.height, stride.height, padding.height),
      windows(input[2], reach.width, stride.width, padding.width),
    ]
    guard output[1] > 0 && output[2] > 0 else {
      throw fail(
        "the window is \(reach.height)×\(reach.width) but the padded input is only "
          + "\(input[1] + 2 * padding.height)×\(input[2] + 2 * padding.width)", "kernel_size")
    }
    try output.checkSize(operation, [input])
    guard geometry(input: input, output: output).isFilled else {
      throw fail("a window would hold nothing but padding", "dilation")
    }
    return output
  }
}

extension Pool2dOptions {
  func geometry(input: Shape, output: Shape) -> PoolGeometry {
    func windows(
      _ count: Int, _ kernel: Int, _ stride: Int, _ padding: Int, _ dilation: Int, _ size: Int
    ) -> [PoolWindow] {
      (0..<count).map {
        PoolWindow(start: $0 * stride - padding, kernel: kernel, dilation: dilation, clippedTo: size)
      }
    }
    return PoolGeometry(
      channels: input[0], height: input[1], width: input[2],
      rows: windows(output[1], kernel.height, stride.height, padding.height, dilation.height, input[1]),
      columns: windows(output[2], kernel.width, stride.width, padding.width, dilation.width, input[2]))
  }
}
