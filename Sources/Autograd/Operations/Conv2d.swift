// Two-dimensional convolution, its options, and its three gradients.

import Kernels
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
    return [
      outChannels, (padded.height - reach.height) / stride.height + 1, (padded.width - reach.width) / stride.width + 1,
    ]
  }
}

/// Slides a bank of kernels over each image (cross-correlation, as everywhere in the field).
///
/// y(o, h, w) = bias(o) + Σ over i, a, b of weight(o, i, a, b) · x(i, h·stride + a·dilation − top, w·stride + b·dilation − left)
///
/// # Shapes
/// - x: (inChannels, H, W) an image
/// - weight: (outChannels, inChannels / groups, kernelHeight, kernelWidth)
/// - bias: (outChannels)
/// - result: (outChannels, H_out, W_out), see `Conv2dOptions.outputShape`
///
/// Gradients: Dumoulin and Visin, "A guide to convolution arithmetic for deep learning" (2016), chapter 4. The input's is a
/// convolution of the output's gradient, stride − 1 zeros between its elements, with the kernel turned by 180°.
///
/// - Throws: `ShapeError` when weight or bias do not fit the input.
public func conv2d(
  _ x: Variable, weight: Parameter, bias: Parameter? = nil, options: Conv2dOptions = Conv2dOptions()
) throws -> Variable {
  guard weight.shape.rank == 4 else {
    throw ShapeError("conv2d", [x.shape, weight.shape], rule: "the weight must be out×in/groups×height×width")
  }
  let kernel = Size2d(weight.shape[2], weight.shape[3])
  let output = try options.outputShape(input: x.shape, outChannels: weight.shape[0], kernel: kernel)
  guard weight.shape[1] * options.groups == x.shape[0] else {
    throw ShapeError(
      "conv2d", [x.shape, weight.shape],
      rule: "\(x.shape[0]) input channels in \(options.groups) group(s) need \(x.shape[0] / options.groups) a kernel")
  }
  if let bias, bias.shape != [weight.shape[0]] {
    throw ShapeError("conv2d", [weight.shape, bias.shape], rule: "the bias must hold one number an output channel")
  }
  let operation = Conv2dOperation(input: x.shape, output: output, kernel: kernel, options: options)
  return x.tape.record(operation, inputs: [x], parameters: [weight] + (bias.map { [$0] } ?? []), output: output)
}

/// The recorded form of `conv2d`: the geometry of its passes, one group at a time.
struct Conv2dOperation: Operation {
  let name = "conv2d"
  private let groups: Int
  private let inChannels: Int
  private let outChannels: Int
  private let stride: Size2d
  private let input: PaddedGeometry
  /// The output's gradient spread out by the stride and padded so that the turned kernel reaches every input element.
  private let gradient: PaddedGeometry
  /// Where the part of that which concerns the input begins: below zero padding it starts inside.
  private let gradientStart: Int
  private let forwardGeometry: CorrelationGeometry
  private let backwardGeometry: CorrelationGeometry
  private let forwardTaps: [Int]
  private let backwardTaps: [Int]
  private let taps: Int
  private let outPlane: Int

  /// Channels of one group.
  private var groupIn: Int { inChannels / groups }
  private var groupOut: Int { outChannels / groups }

  init(input shape: Shape, output: Shape, kernel: Size2d, options: Conv2dOptions) {
    let (padding, dilation) = (options.padding, options.dilation)
    groups = options.groups
    inChannels = shape[0]
    outChannels = output[0]
    stride = options.stride
    taps = kernel.height * kernel.width
    outPlane = output[1] * output[2]
    let input = PaddedGeometry(
      channels: inChannels, height: shape[1], width: shape[2], top: padding.top, bottom: padding.bottom,
      left: padding.left, right: padding.right)
    self.input = input
    let (groupIn, groupOut) = (inChannels / groups, outChannels / groups)

    func tapList(_ channels: Int, _ offset: (_ channel: Int, _ a: Int, _ b: Int) -> Int) -> [Int] {
      (0..<channels).flatMap { c in
        (0..<kernel.height).flatMap { a in (0..<kernel.width).map { b in offset(c, a, b) } }
      }
    }
    let inPlane = input.paddedHeight * input.paddedWidth
    forwardGeometry = CorrelationGeometry(
      outChannels: groupOut, outHeight: output[1], outWidth: output[2],
      rowStep: options.stride.height * input.paddedWidth, columnStep: options.stride.width,
      offsets: tapList(groupIn) { c, a, b in
        c * inPlane + a * dilation.height * input.paddedWidth + b * dilation.width
      })
    forwardTaps = Array(0..<groupIn * kernel.height * kernel.width)

    // dx(h) gathers dy((h + top − a·dilation) / stride): read with the kernel turned round, that is a correlation over dy
    // spread out by the stride, in which dx(0) sees dy from top − reach on. Where top > reach it starts inside.
    let reach = Size2d(dilation.height * (kernel.height - 1), dilation.width * (kernel.width - 1))
    let spread = Size2d((output[1] - 1) * options.stride.height + 1, (output[2] - 1) * options.stride.width + 1)
    let top = max(0, reach.height - padding.top)
    let left = max(0, reach.width - padding.left)
    let startRow = max(0, padding.top - reach.height)
    let startColumn = max(0, padding.left - reach.width)
    let paddedHeight = max(top + spread.height, startRow + shape[1] + reach.height)
    let paddedWidth = max(left + spread.width, startColumn + shape[2] + reach.width)
    let gradient = PaddedGeometry(
      channels: groupOut, height: output[1], width: output[2], top: top, bottom: paddedHeight - top - output[1],
      left: left, right: paddedWidth - left - output[2])
    self.gradient = gradient
    gradientStart = startRow * paddedWidth + startColumn
    let gradientPlane = paddedHeight * paddedWidth
    backwardGeometry = CorrelationGeometry(
      outChannels: groupIn, outHeight: shape[1], outWidth: shape[2], rowStep: paddedWidth, columnStep: 1,
      offsets: tapList(groupOut) { o, a, b in
        o * gradientPlane + a * dilation.height * paddedWidth + b * dilation.width
      })
    backwardTaps = tapList(groupOut) { o, a, b in
      o * groupIn * kernel.height * kernel.width
        + (kernel.height - 1 - a) * kernel.width + (kernel.width - 1 - b)
    }
  }

  var savedLanes: Int { input.isIdentity ? 0 : input.paddedCount }
  var scratchLanes: Int { gradient.paddedCount }
  var sharedFloats: Int { groups * (forwardGeometry.packedCount + backwardGeometry.packedCount) }

  /// Packs the weights both ways; the backward half follows the forward one.
  func prepare(_ frame: Frame) {
    let weight = frame.parameter(0)
    let backward = frame.shared + groups * forwardGeometry.packedCount
    for group in 0..<groups {
      let source = weight + group * groupOut * groupIn * taps
      packWeights(
        source, channelStep: groupIn * taps, tapSource: forwardTaps, geometry: forwardGeometry,
        into: frame.shared + group * forwardGeometry.packedCount)
      packWeights(
        source, channelStep: taps, tapSource: backwardTaps, geometry: backwardGeometry,
        into: backward + group * backwardGeometry.packedCount)
    }
  }

  private func paddedInput(_ frame: Frame) -> UnsafePointer<Lanes> {
    input.isIdentity ? frame.input() : UnsafePointer(frame.saved)
  }

  func forward(_ frame: Frame) {
    if !input.isIdentity { padLanes(frame.input(), geometry: input, into: frame.saved) }
    let padded = paddedInput(frame)
    let bias = frame.parameterCount > 1 ? frame.parameter(1) : nil
    for group in 0..<groups {
      correlate(
        padded + group * groupIn * input.paddedHeight * input.paddedWidth,
        packed: frame.shared + group * forwardGeometry.packedCount, bias: bias.map { $0 + group * groupOut },
        geometry: forwardGeometry, accumulate: false, into: frame.output + group * groupOut * outPlane)
    }
  }

  func backward(_ frame: Frame) {
    if let sink = frame.inputGradient() {
      let packed = frame.shared + groups * forwardGeometry.packedCount
      for group in 0..<groups {
        padLanes(
          frame.outputGradient + group * groupOut * outPlane, geometry: gradient, rowStride: stride.height,
          columnStride: stride.width, into: frame.scratch)
        correlate(
          frame.scratch + gradientStart, packed: packed + group * backwardGeometry.packedCount, bias: nil,
          geometry: backwardGeometry, accumulate: sink.accumulate,
          into: sink.lanes + group * groupIn * input.height * input.width)
      }
    }
    if let target = frame.parameterGradient(0) {
      let padded = paddedInput(frame)
      for group in 0..<groups {
        accumulateKernelGradient(
          frame.outputGradient + group * groupOut * outPlane,
          padded + group * groupIn * input.paddedHeight * input.paddedWidth, geometry: forwardGeometry,
          into: target + group * groupOut * groupIn * taps)
      }
    }
    if frame.parameterCount > 1, let target = frame.parameterGradient(1) {
      accumulateBiasGradient(frame.outputGradient, channels: outChannels, plane: outPlane, into: target)
    }
  }
}
