// Large kernels as sums of kernels of three, five and seven taps an axis, which take fewer multiplications.

import CVector

/// A part of a kernel: the correlation of some of its taps, and which ones these are.
struct KernelPart: Sendable {
  let geometry: CorrelationGeometry
  /// How far its windows begin behind those of the whole, in lanes.
  let inputOffset: Int
  /// For each of its taps of a channel, the whole kernel's; −1 for a tap that the whole does not have, and counts nothing.
  let taps: [Int]
  /// Where its weights begin among those of all parts.
  let packedOffset: Int

  /// The rows of outputs of a part's tile, at most.
  static let tallestTile = FiveTaps.outputs

  /// How an axis is cut: 8 = 5 + 3; 4 = 5, one of them nothing. Nil where there is nothing to gain, or nothing to cut.
  private static func lengths(_ kernel: Int) -> [Int]? {
    switch kernel {
    case 3, 5, 7: [kernel]
    case 4: [5]
    case 6: [3, 3]
    case 8: [5, 3]
    case 9, 10: [5, 5]
    case 11: [5, 3, 3]
    default: nil
    }
  }

  /// The parts of a correlation, all done by Winograd's transforms; none where it is done as a whole.
  ///
  /// - Parameters:
  ///   - pitch: lanes from a row of the input to the next; nil where it has no border, and the parts' axes say it all.
  ///   - geometry: makes that of a part.
  static func all(
    _ rows: TapAxis, _ columns: TapAxis, pitch: Int?,
    geometry make: (_ rows: TapAxis, _ columns: TapAxis) -> CorrelationGeometry
  ) -> [KernelPart] {
    guard rows.stride == 1, columns.stride == 1, let heights = lengths(rows.kernel),
      let widths = lengths(columns.kernel), heights != [rows.kernel] || widths != [columns.kernel]
    else { return [] }
    var parts: [KernelPart] = []
    var (top, packed) = (0, 0)
    for height in heights {
      var left = 0
      for width in widths {
        func axis(_ whole: TapAxis, _ first: Int, _ kernel: Int) -> TapAxis {
          let shift = first * whole.dilation
          return TapAxis(
            kernel: kernel, stride: 1, dilation: whole.dilation,
            data: whole.data.lowerBound - shift..<whole.data.upperBound - shift)
        }
        let geometry = make(axis(rows, top, height), axis(columns, left, width))
        guard geometry.winograd != nil else { return [] }
        let taps = (top..<top + height).flatMap { a in
          (left..<left + width).map { b in
            a < rows.kernel && b < columns.kernel ? a * columns.kernel + b : -1
          }
        }
        parts.append(
          KernelPart(
            geometry: geometry,
            inputOffset: pitch.map { top * rows.dilation * $0 + left * columns.dilation } ?? 0, taps: taps,
            packedOffset: packed))
        packed += geometry.packedCount
        left += width
      }
      top += height
    }
    return parts
  }
}

/// As `correlate`, part by part.
func correlateParts(
  _ input: UnsafePointer<Lanes>, packed: UnsafePointer<Float>, bias: UnsafePointer<Float>?, parts: [KernelPart],
  rows: Range<Int>, accumulate: Bool, scratch: LanePointer, into output: LanePointer
) {
  for (index, part) in parts.enumerated() {
    correlate(
      input + part.inputOffset, packed: packed + part.packedOffset, bias: index == 0 ? bias : nil,
      geometry: part.geometry, rows: rows, accumulate: accumulate || index > 0, scratch: scratch, into: output)
  }
}

/// As `accumulateKernelGradient`, part by part.
///
/// - Parameter scratch: first a part's gradient, then what its own pass needs.
func accumulatePartsGradient(
  _ outputGradient: UnsafePointer<Lanes>, _ input: UnsafePointer<Lanes>, geometry g: CorrelationGeometry,
  portion: Portion, scratch: LanePointer, into gradient: UnsafeMutablePointer<Float>
) {
  let whole = g.tapsPerChannel
  let channels = g.gradientChannels(of: portion)
  for part in g.parts {
    let taps = part.geometry.tapsPerChannel
    let lanes = vectorCount(g.outChannels * g.channels * taps)
    clearLanes(scratch, count: lanes)
    let own = scratch.scalars
    accumulateKernelGradient(
      outputGradient, input + part.inputOffset, geometry: part.geometry, portion: portion, sums: scratch + lanes,
      into: own)
    for pair in channels.lowerBound * g.channels..<channels.upperBound * g.channels {
      for tap in 0..<taps where part.taps[tap] >= 0 {
        gradient[pair * whole + part.taps[tap]] += own[pair * taps + tap]
      }
    }
  }
}

extension CorrelationGeometry {
  /// Whether all parts are done by transforms, which read nothing for taps that the whole kernel does not have.
  var takesPartsForGradient: Bool { !parts.isEmpty && parts.allSatisfy { $0.geometry.gradientPlan != nil } }

  /// Lanes that `accumulatePartsGradient` needs.
  var partsGradientLanes: Int {
    parts.map { vectorCount(outChannels * channels * $0.geometry.tapsPerChannel) + $0.geometry.kernelGradientLanes }
      .max() ?? 0
  }
}
