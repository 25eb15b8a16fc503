// The three passes of a convolution, which its transpose uses the other way round.

import Kernels
import Tensors

/// Forward, input gradient and kernel gradient of a convolution, one group at a time.
///
/// A transposed convolution is the same passes with forward and input gradient exchanged.
struct ConvolutionPasses: Sendable {
  let outChannels: Int
  let outPlane: Int
  let input: PaddedGeometry
  /// The output's gradient spread out by the stride and padded so that the turned kernel reaches every input element.
  let gradient: PaddedGeometry
  private let groups: Int
  private let inChannels: Int
  private let stride: Size2d
  /// Where the part of the spread gradient that concerns the input begins: below zero padding it starts inside.
  private let gradientStart: Int
  private let forwardGeometry: CorrelationGeometry
  private let backwardGeometry: CorrelationGeometry
  private let forwardTaps: [Int]
  private let backwardTaps: [Int]
  private let taps: Int

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

    forwardGeometry = CorrelationGeometry(
      channels: groupIn, outChannels: groupOut, outHeight: output[1], outWidth: output[2], pitch: input.paddedWidth,
      plane: input.paddedHeight * input.paddedWidth,
      rows: TapAxis(
        kernel: kernel.height, stride: stride.height, dilation: dilation.height,
        data: padding.top..<padding.top + shape[1]),
      columns: TapAxis(
        kernel: kernel.width, stride: stride.width, dilation: dilation.width,
        data: padding.left..<padding.left + shape[2]))
    forwardTaps = Array(0..<groupIn * taps)

    // dx(h) gathers dy((h + top − a·dilation) / stride): read with the kernel turned round, that is a correlation over
    // dy spread out by the stride, in which dx(0) sees dy from top − reach on. Where top > reach it starts inside.
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
    backwardGeometry = CorrelationGeometry(
      channels: groupOut, outChannels: groupIn, outHeight: shape[1], outWidth: shape[2], pitch: paddedWidth,
      plane: paddedHeight * paddedWidth,
      rows: TapAxis(
        kernel: kernel.height, stride: 1, dilation: dilation.height,
        data: top - startRow..<top - startRow + spread.height),
      columns: TapAxis(
        kernel: kernel.width, stride: 1, dilation: dilation.width,
        data: left - startColumn..<left - startColumn + spread.width))
    backwardTaps = (0..<groupOut).flatMap { o in
      (0..<kernel.height * kernel.width).map { o * groupIn * kernel.height * kernel.width + $0 }.reversed()
    }
  }

  /// Floats for the weights packed both ways, the backward half after the forward one.
  var packedFloats: Int { groups * (forwardGeometry.packedCount + backwardGeometry.packedCount) }

  /// Multiply-adds of each pass, an image.
  var multiplyAdds: Int { outChannels * outPlane * groupIn * taps }

  /// Packs the weights, (outChannels, inChannels / groups, height, width), for `forward`.
  func packForward(_ weight: UnsafePointer<Float>, into packed: UnsafeMutablePointer<Float>) {
    for group in 0..<groups {
      packWeights(
        weight + group * groupOut * groupIn * taps, channelStep: groupIn * taps, tapSource: forwardTaps,
        geometry: forwardGeometry, into: packed + group * forwardGeometry.packedCount)
    }
  }

  /// Packs them for `inputGradient`, behind those for `forward`.
  func packBackward(_ weight: UnsafePointer<Float>, into packed: UnsafeMutablePointer<Float>) {
    let backward = packed + groups * forwardGeometry.packedCount
    for group in 0..<groups {
      packWeights(
        weight + group * groupOut * groupIn * taps, channelStep: taps, tapSource: backwardTaps,
        geometry: backwardGeometry, into: backward + group * backwardGeometry.packedCount)
    }
  }

  /// The padded input: the input itself when there is no padding, otherwise a copy in `room`.
  func padded(_ x: UnsafePointer<Lanes>, in room: LanePointer) -> UnsafePointer<Lanes> {
    guard !input.isIdentity else { return x }
    padLanes(x, geometry: input, into: room)
    return UnsafePointer(room)
  }

  /// - Parameter scratch: `scratchLanes`.
  func forward(
    _ padded: UnsafePointer<Lanes>, packed: UnsafePointer<Float>, bias: UnsafePointer<Float>?, accumulate: Bool,
    scratch: LanePointer, into output: LanePointer
  ) {
    for group in 0..<groups {
      correlate(
        padded + group * groupIn * input.paddedHeight * input.paddedWidth,
        packed: packed + group * forwardGeometry.packedCount, bias: bias.map { $0 + group * groupOut },
        geometry: forwardGeometry, accumulate: accumulate, scratch: scratch, into: output + group * groupOut * outPlane)
    }
  }

  /// - Parameters:
  ///   - scratch: `scratchLanes`.
  ///   - bias: added to each input channel; only a transposed convolution has one here.
  func inputGradient(
    _ outputGradient: UnsafePointer<Lanes>, packed: UnsafePointer<Float>, scratch: LanePointer,
    bias: UnsafePointer<Float>?, accumulate: Bool, into inputGradient: LanePointer
  ) {
    let backward = packed + groups * forwardGeometry.packedCount
    for group in 0..<groups {
      padLanes(
        outputGradient + group * groupOut * outPlane, geometry: gradient, rowStride: stride.height,
        columnStride: stride.width, into: scratch)
      correlate(
        scratch + gradientStart, packed: backward + group * backwardGeometry.packedCount,
        bias: bias.map { $0 + group * groupIn }, geometry: backwardGeometry, accumulate: accumulate,
        scratch: scratch + gradient.paddedCount, into: inputGradient + group * groupIn * input.height * input.width)
    }
  }

  /// Lanes of scratch space for any of the passes.
  var scratchLanes: Int {
    max(
      gradient.paddedCount + backwardGeometry.correlationLanes, forwardGeometry.correlationLanes,
      forwardGeometry.kernelGradientLanes)
  }

  /// Adds to the gradient of the weights.
  ///
  /// - Parameter scratch: `scratchLanes`.
  func kernelGradient(
    _ outputGradient: UnsafePointer<Lanes>, _ padded: UnsafePointer<Lanes>, scratch: LanePointer,
    into target: UnsafeMutablePointer<Float>
  ) {
    for group in 0..<groups {
      accumulateKernelGradient(
        outputGradient + group * groupOut * outPlane,
        padded + group * groupIn * input.paddedHeight * input.paddedWidth, geometry: forwardGeometry,
        sums: scratch, into: target + group * groupOut * groupIn * taps)
    }
  }
}
