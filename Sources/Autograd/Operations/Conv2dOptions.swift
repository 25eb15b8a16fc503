// How a kernel moves over its input, and what that makes of a shape.

import Tensors

/// Rows and columns of something: a kernel size, a stride, a dilation.
public struct Size2d: Hashable, Sendable {
  public var height: Int
  public var width: Int
  public init(_ height: Int, _ width: Int) {
    self.height = height
    self.width = width
  }
  public init(_ both: Int) { self.init(both, both) }
}

/// Zeros around an image, in rows and columns.
public struct Padding2d: Hashable, Sendable {
  public var top: Int
  public var bottom: Int
  public var left: Int
  public var right: Int
  public init(top: Int, bottom: Int, left: Int, right: Int) {
    self.top = top
    self.bottom = bottom
    self.left = left
    self.right = right
  }
  public init(_ size: Size2d) {
    self.init(top: size.height, bottom: size.height, left: size.width, right: size.width)
  }
  public init(_ all: Int) { self.init(Size2d(all)) }
  public static let none = Padding2d(0)
}

/// How a kernel moves over its input; the defaults are PyTorch's.
public struct Conv2dOptions: Hashable, Sendable {
  public var stride: Size2d
  public var padding: Padding2d
  public var dilation: Size2d
  /// Channels are split into this many groups that do not mix.
  public var groups: Int
  public init(
    stride: Size2d = Size2d(1), padding: Padding2d = .none, dilation: Size2d = Size2d(1), groups: Int = 1
  ) {
    self.stride = stride
    self.padding = padding
    self.dilation = dilation
    self.groups = groups
  }

  /// H_out = ⌊(H + top + bottom − dilation · (kernel − 1) − 1) / stride⌋ + 1, and likewise W_out.
  ///
  /// - Throws: `ShapeError` when an option is out of range or the kernel is larger than the padded input.
  public func outputShape(input: Shape, outChannels: Int, kernel: Size2d) throws -> Shape {
    func fail(_ rule: String, _ option: String) -> ShapeError {
      ShapeError("conv2d", [input, [outChannels, kernel.height, kernel.width]], rule: rule, option: option)
    }
    guard input.rank == 3 else {
      throw ShapeError("conv2d", [input], rule: "the input of one image must be channels×height×width")
    }
    guard outChannels > 0 else { throw fail("out_channels must be positive", "out_channels") }
    guard kernel.height > 0 && kernel.width > 0 else { throw fail("kernel_size must be positive", "kernel_size") }
    guard stride.height > 0 && stride.width > 0 else { throw fail("stride must be positive", "stride") }
    guard dilation.height > 0 && dilation.width > 0 else { throw fail("dilation must be positive", "dilation") }
    guard min(padding.top, padding.bottom, padding.left, padding.right) >= 0 else {
      throw fail("padding must not be negative", "padding")
    }
    guard groups > 0 && input[0] % groups == 0 && outChannels % groups == 0 else {
      throw fail("groups (\(groups)) must divide \(input[0]) input and \(outChannels) output channels", "groups")
    }
    let padded = Size2d(input[1] + padding.top + padding.bottom, input[2] + padding.left + padding.right)
    let reach = Size2d(dilation.height * (kernel.height - 1) + 1, dilation.width * (kernel.width - 1) + 1)
    guard reach.height <= padded.height && reach.width <= padded.width else {
      throw fail(
        "the kernel covers \(reach.height)×\(reach.width) but the padded input is only "
          + "\(padded.height)×\(padded.width)", "kernel_size")
    }
    let output: Shape = [
      outChannels, (padded.height - reach.height) / stride.height + 1, (padded.width - reach.width) / stride.width + 1,
    ]
    try output.checkSize("conv2d", [input])
    try Shape([input[0], padded.height, padded.width]).checkSize("conv2d", [input], option: "padding")
    let taps: Shape = [input[0] / groups, kernel.height, kernel.width]
    guard let count = taps.checkedCount, count <= 1 << 22 else {
      throw fail("a filter may have at most \(1 << 22) weights, not \(taps)", "kernel_size")
    }
    return output
  }
}
