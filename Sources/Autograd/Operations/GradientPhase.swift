// The input gradient of a convolution with a stride, without the zeros between the outputs' gradients.

import Kernels
import Tensors

/// The input elements along one axis that lie equally between the windows: every `stride`-th, from `first` on.
///
/// x(h) is read by output u with tap a where h = u·stride + a·dilation − padding. So its gradient gathers
/// dy(u) with u = (h + padding − a·dilation) / stride, over the taps for which that is whole. They are the same ones for all
/// h = first + stride·i, and u = i + shift(a): a correlation of its own over dy, whose windows lie side by side.
struct PhaseAxis: Sendable {
  let first: Int
  let stride: Int
  /// Elements.
  let count: Int
  /// The taps, last first, so that their shifts ascend.
  let taps: [Int]
  /// The first tap's shift, and the distance from one to the next.
  let shift: Int
  let spacing: Int

  /// All phases of an axis of `inputs` elements.
  static func all(kernel: Int, stride: Int, dilation: Int, padding: Int, inputs: Int) -> [PhaseAxis] {
    (0..<min(stride, inputs)).map { first in
      let taps = (0..<kernel).filter { (first + padding - $0 * dilation) % stride == 0 }.reversed() as [Int]
      let shifts = taps.map { (first + padding - $0 * dilation) / stride }
      return PhaseAxis(
        first: first, stride: stride, count: (inputs - first + stride - 1) / stride, taps: taps,
        shift: shifts.first ?? 0, spacing: shifts.count > 1 ? shifts[1] - shifts[0] : 1)
    }
  }

  /// Zeros that the windows see before the first output's gradient, and behind the last of `outputs`.
  var before: Int { max(0, -shift) }
  func behind(_ outputs: Int) -> Int { max(0, shift + max(0, taps.count - 1) * spacing + count - outputs) }

  /// Its taps over a dy of so many outputs.
  func axis(_ outputs: Int) -> TapAxis {
    TapAxis(kernel: taps.count, stride: 1, dilation: spacing, data: -shift..<outputs - shift)
  }
}

/// One phase of the rows and one of the columns: a correlation over the padded gradient of the outputs.
struct GradientPhase: Sendable {
  let packedOffset: Int
  private let rows: PhaseAxis
  private let columns: PhaseAxis
  private let inChannels: Int
  /// Where the first window begins in the padded gradient.
  private let start: Int
  /// Nil when no tap reaches the phase, because the stride is larger than the kernel: its gradient is zero.
  private let geometry: CorrelationGeometry?
  /// Where each tap's weight lies, relative to the input channel's first.
  private let tapSource: [Int]

  /// - Parameter packedOffset: where its packed weights begin among those of all phases.
  init(
    _ rows: PhaseAxis, _ columns: PhaseAxis, gradient: PaddedGeometry, outChannels: Int, inChannels: Int,
    kernel: Size2d, packedOffset: Int, isBorderless: Bool
  ) {
    (self.rows, self.columns, self.inChannels, self.packedOffset) = (rows, columns, inChannels, packedOffset)
    start = isBorderless ? 0 : (gradient.top + rows.shift) * gradient.pitch + gradient.left + columns.shift
    tapSource = (0..<outChannels).flatMap { o in
      rows.taps.flatMap { a in
        columns.taps.map { b in (o * inChannels * kernel.height + a) * kernel.width + b }
      }
    }
    geometry =
      tapSource.isEmpty
      ? nil
      : CorrelationGeometry(
        channels: outChannels, outChannels: inChannels, outHeight: rows.count, outWidth: columns.count,
        pitch: gradient.pitch, plane: gradient.plane,
        rows: rows.axis(gradient.height), columns: columns.axis(gradient.width), isBorderless: isBorderless)
  }

  var packedCount: Int { geometry?.packedCount ?? 0 }

  /// Whether it reads no border of the gradient.
  var worksWithoutBorder: Bool { geometry?.correlatesWithoutBorder ?? true }

  /// Where its elements lie among all.
  private var grid: PlaneGrid {
    PlaneGrid(
      rows: rows.count, columns: columns.count, firstRow: rows.first, firstColumn: columns.first,
      rowStep: rows.stride, columnStep: columns.stride)
  }

  /// Whether it is the only one, whose elements lie side by side.
  private var isWhole: Bool { rows.stride == 1 && columns.stride == 1 }
  private var lanes: Int { inChannels * rows.count * columns.count }

  /// Lanes of scratch space for `inputGradient`.
  var scratchLanes: Int { (isWhole ? 0 : lanes) + (geometry?.correlationLanes ?? 0) }

  /// Packs one group's weights, (outChannels, inChannels, height, width).
  func pack(_ weight: UnsafePointer<Float>, channelStep: Int, into packed: UnsafeMutablePointer<Float>) {
    guard let geometry else { return }
    packWeights(weight, channelStep: channelStep, tapSource: tapSource, geometry: geometry, into: packed)
  }

  /// Writes this phase's elements of one group's input gradient.
  ///
  /// - Parameters:
  ///   - padded: the padded gradient of the outputs.
  ///   - bias: added to each input channel.
  ///   - portion: of the phase's rows.
  ///   - inputGradient: (inChannels, height, width).
  func inputGradient(
    _ padded: UnsafePointer<Lanes>, packed: UnsafePointer<Float>, bias: UnsafePointer<Float>?, portion: Portion,
    scratch: LanePointer, accumulate: Bool, into inputGradient: LanePointer, height: Int, width: Int
  ) {
    guard let geometry else {
      return fillGrid(
        grid, bias: bias, planes: portion.range(of: inChannels), height: height, width: width, accumulate: accumulate,
        into: inputGradient)
    }
    let rows = geometry.rows(of: portion)
    if isWhole {
      return correlate(
        padded + start, packed: packed, bias: bias, geometry: geometry, rows: rows, accumulate: accumulate,
        scratch: scratch, into: inputGradient)
    }
    correlate(
      padded + start, packed: packed, bias: bias, geometry: geometry, rows: rows, accumulate: false,
      scratch: scratch + lanes, into: scratch)
    scatterLanes(
      scratch, grid: grid, rows: rows, channels: inChannels, height: height, width: width, accumulate: accumulate,
      into: inputGradient)
  }

  /// Writes this phase's elements of the input gradient where each plane has a kernel of its own.
  ///
  /// - Parameters:
  ///   - padded: the padded gradients of the outputs, `step` lanes from one plane to the next.
  ///   - packedStep: floats from one plane's packed weights to the next one's.
  func planeGradients(
    _ padded: UnsafePointer<Lanes>, planes: Range<Int>, step: Int, packed: UnsafePointer<Float>, packedStep: Int,
    bias: UnsafePointer<Float>?, accumulate: Bool, into inputGradient: LanePointer, height: Int, width: Int
  ) {
    guard let geometry else {
      return fillGrid(
        grid, bias: bias, planes: planes, height: height, width: width, accumulate: accumulate, into: inputGradient)
    }
    correlatePlanes(
      padded + start, inputStep: step, weights: packed, weightStep: packedStep, bias: bias, planes: planes,
      geometry: geometry, accumulate: accumulate, into: inputGradient, grid: grid, height: height, width: width)
  }
}
