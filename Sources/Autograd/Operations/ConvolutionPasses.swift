// The three passes of a convolution, which its transpose uses the other way round.

import Kernels
import Tensors

/// Forward, input gradient and kernel gradient of a convolution, one group at a time, or all planes where each is one.
///
/// A transposed convolution is the same passes with forward and input gradient exchanged.
struct ConvolutionPasses: Sendable {
  let outChannels: Int
  let outPlane: Int
  let input: PaddedGeometry
  /// The output's gradient, of one group or of all planes where each is one, padded so that the turned kernel reaches every
  /// input element.
  private let gradient: PaddedGeometry
  private let groups: Int
  private let inChannels: Int
  private let forwardGeometry: CorrelationGeometry
  private let kernelGeometry: CorrelationGeometry
  private let forwardTaps: [Int]
  private let phases: [GradientPhase]
  private let taps: Int

  /// Whether each channel has a kernel of its own.
  private var isDepthwise: Bool { groupIn == 1 && groupOut == 1 }

  /// Channels of one group.
  private var groupIn: Int { inChannels / groups }
  private var groupOut: Int { outChannels / groups }

  init(input image: Shape, output outputImage: Shape, kernel: Size2d, options: Conv2dOptions) {
    let (padding, dilation) = (options.padding, options.dilation)
    // A kernel of one tap that visits every pixel knows no rows: a plane is one long row, without edges.
    let isPointwise = kernel == Size2d(1) && options.stride == Size2d(1) && padding == .none
    func flattened(_ image: Shape) -> Shape { isPointwise ? [image[0], 1, image[1] * image[2]] : image }
    let (shape, output) = (flattened(image), flattened(outputImage))
    groups = options.groups
    inChannels = shape[0]
    outChannels = output[0]
    taps = kernel.height * kernel.width
    outPlane = output[1] * output[2]
    let (groupIn, groupOut) = (inChannels / groups, outChannels / groups)
    let isDepthwise = groupIn == 1 && groupOut == 1
    func padded(_ border: Padding2d, isReadOften: Bool) -> PaddedGeometry {
      PaddedGeometry(
        channels: shape[0], height: shape[1], width: shape[2], top: border.top, bottom: border.bottom,
        left: border.left, right: border.right, isReadOften: isReadOften)
    }
    func forward(_ input: PaddedGeometry, isBorderless: Bool) -> CorrelationGeometry {
      CorrelationGeometry(
        channels: groupIn, outChannels: groupOut, outHeight: output[1], outWidth: output[2], pitch: input.pitch,
        plane: input.plane,
        rows: TapAxis(
          kernel: kernel.height, stride: options.stride.height, dilation: dilation.height,
          data: padding.top..<padding.top + shape[1]),
        columns: TapAxis(
          kernel: kernel.width, stride: options.stride.width, dilation: dilation.width,
          data: padding.left..<padding.left + shape[2]), isBorderless: isBorderless)
    }
    var input = padded(padding, isReadOften: groupOut >= 32)
    var geometry = forward(input, isBorderless: false)
    if geometry.worksWithoutBorder {
      input = padded(.none, isReadOften: false)
      geometry = forward(input, isBorderless: true)
    }
    self.input = input
    forwardGeometry = geometry
    forwardTaps = Array(0..<groupIn * taps)
    // Where its weight's gradient is summed row by row, it is so by the image's rows, for the sake of its rounding.
    kernelGeometry =
      isPointwise
      ? CorrelationGeometry(
        channels: groupIn, outChannels: groupOut, outHeight: image[1], outWidth: image[2], pitch: image[2],
        plane: input.plane, rows: TapAxis(kernel: 1, stride: 1, dilation: 1, data: 0..<image[1]),
        columns: TapAxis(kernel: 1, stride: 1, dilation: 1, data: 0..<image[2]))
      : geometry

    let rows = PhaseAxis.all(
      kernel: kernel.height, stride: options.stride.height, dilation: dilation.height, padding: padding.top,
      inputs: shape[1])
    let columns = PhaseAxis.all(
      kernel: kernel.width, stride: options.stride.width, dilation: dilation.width, padding: padding.left,
      inputs: shape[2])
    func gradient(hasBorder: Bool) -> PaddedGeometry {
      PaddedGeometry(
        channels: isDepthwise ? output[0] : groupOut, height: output[1], width: output[2],
        top: hasBorder ? rows.map(\.before).max() ?? 0 : 0,
        bottom: hasBorder ? rows.map { $0.behind(output[1]) }.max() ?? 0 : 0,
        left: hasBorder ? columns.map(\.before).max() ?? 0 : 0,
        right: hasBorder ? columns.map { $0.behind(output[2]) }.max() ?? 0 : 0,
        isReadOften: hasBorder && groupIn >= 32)
    }
    func phases(_ gradient: PaddedGeometry, isBorderless: Bool) -> [GradientPhase] {
      var packed = 0
      return rows.flatMap { row in
        columns.map { column in
          let phase = GradientPhase(
            row, column, gradient: gradient, outChannels: groupOut, inChannels: groupIn, kernel: kernel,
            packedOffset: packed, isBorderless: isBorderless)
          packed += phase.packedCount
          return phase
        }
      }
    }
    let bordered = phases(gradient(hasBorder: true), isBorderless: false)
    let isBorderless = bordered.allSatisfy(\.worksWithoutBorder)
    self.gradient = gradient(hasBorder: !isBorderless)
    self.phases = isBorderless ? phases(self.gradient, isBorderless: true) : bordered
  }

  /// Floats for the weights packed both ways, the backward half after the forward one.
  var packedFloats: Int { groups * (forwardGeometry.packedCount + backwardCount) }

  /// Of them, those for one group's input gradient.
  private var backwardCount: Int { phases.reduce(0) { $0 + $1.packedCount } }

  /// Multiply-adds of each pass, an image.
  var multiplyAdds: Int { outChannels * outPlane * groupIn * taps }

  /// Into how many portions a pass may be cut.
  var portions: Int { Portion.most(multiplyAdds: multiplyAdds) }

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
      for phase in phases {
        phase.pack(
          weight + group * groupOut * groupIn * taps, channelStep: taps,
          into: backward + group * backwardCount + phase.packedOffset)
      }
    }
  }

  /// Copies its channels of the input into the middle of a padded one.
  func pad(_ x: UnsafePointer<Lanes>, portion: Portion, into padded: LanePointer) {
    padLanes(x, geometry: input, channels: portion.range(of: input.channels), into: padded)
  }

  /// - Parameters:
  ///   - padded: the padded input; the input itself where that is the same.
  ///   - scratch: `scratchLanes`.
  func forward(
    _ padded: UnsafePointer<Lanes>, packed: UnsafePointer<Float>, bias: UnsafePointer<Float>?, portion: Portion,
    accumulate: Bool, scratch: LanePointer, into output: LanePointer
  ) {
    if isDepthwise {
      return correlatePlanes(
        padded, inputStep: input.plane, weights: packed, weightStep: forwardGeometry.packedCount, bias: bias,
        planes: portion.range(of: groups), geometry: forwardGeometry, accumulate: accumulate, into: output,
        grid: forwardGeometry.wholePlane, height: forwardGeometry.outHeight, width: forwardGeometry.outWidth)
    }
    for group in 0..<groups {
      correlate(
        padded + group * groupIn * input.plane,
        packed: packed + group * forwardGeometry.packedCount, bias: bias.map { $0 + group * groupOut },
        geometry: forwardGeometry, rows: forwardGeometry.rows(of: portion), accumulate: accumulate, scratch: scratch,
        into: output + group * groupOut * outPlane)
    }
  }

  /// - Parameters:
  ///   - scratch: `scratchLanes`.
  ///   - bias: added to each input channel; only a transposed convolution has one here.
  func inputGradient(
    _ outputGradient: UnsafePointer<Lanes>, packed: UnsafePointer<Float>, scratch: LanePointer,
    bias: UnsafePointer<Float>?, portion: Portion, accumulate: Bool, into inputGradient: LanePointer
  ) {
    let backward = packed + groups * forwardGeometry.packedCount
    if isDepthwise {
      let planes = portion.range(of: groups)
      var padded = outputGradient
      if !gradient.isIdentity {
        padLanes(padded, geometry: gradient, channels: planes, into: scratch)
        padded = UnsafePointer(scratch)
      }
      for phase in phases {
        phase.planeGradients(
          padded, planes: planes, step: gradient.plane, packed: backward + phase.packedOffset,
          packedStep: backwardCount,
          bias: bias, accumulate: accumulate, into: inputGradient, height: input.height, width: input.width)
      }
      return
    }
    for group in 0..<groups {
      var padded = outputGradient + group * groupOut * outPlane
      if !gradient.isIdentity {
        padLanes(padded, geometry: gradient, into: scratch)
        padded = UnsafePointer(scratch)
      }
      for phase in phases {
        phase.inputGradient(
          padded, packed: backward + group * backwardCount + phase.packedOffset,
          bias: bias.map { $0 + group * groupIn }, portion: portion, scratch: scratch + paddedLanes,
          accumulate: accumulate, into: inputGradient + group * groupIn * input.height * input.width,
          height: input.height, width: input.width)
      }
    }
  }

  /// Lanes of the copy of the output's gradient.
  private var paddedLanes: Int { gradient.isIdentity ? 0 : gradient.paddedCount }

  /// Lanes of scratch space for any of the passes.
  var scratchLanes: Int {
    max(
      paddedLanes + (isDepthwise ? 0 : phases.map(\.scratchLanes).max() ?? 0), forwardGeometry.correlationLanes,
      kernelGeometry.kernelGradientLanes)
  }

  /// Adds to the gradient of the weights.
  ///
  /// - Parameter scratch: `scratchLanes`.
  func kernelGradient(
    _ outputGradient: UnsafePointer<Lanes>, _ padded: UnsafePointer<Lanes>, portion: Portion, scratch: LanePointer,
    into target: UnsafeMutablePointer<Float>
  ) {
    for group in 0..<groups {
      accumulateKernelGradient(
        outputGradient + group * groupOut * outPlane,
        padded + group * groupIn * input.plane, geometry: kernelGeometry, portion: portion, sums: scratch,
        into: target + group * groupOut * groupIn * taps)
    }
  }
}
