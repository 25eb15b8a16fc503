// The gradient of a correlation for its weights: output gradients times shifted inputs, summed over pixels and images.

import CVector

/// gradient(o, t) += Σ over pixels and lanes of outputGradient(o, y, x)
///                                              · input[y · rowStep + x · columnStep + offsets[t]]
///
/// A tile of M output channels × T taps stays in registers while pixels go by. All taps of some channels pass over the
/// same few rows of pixels while these are in the first-level cache; between the rows the tiles rest in a small sum of
/// lanes, and the sixteen images are added up only at the end:
///
///     for each M output channels
///       for each few input channels
///         for each few rows of pixels             (fit the first-level cache)
///           for each T taps of these channels
///             for each pixel                      (tile in registers)
///
/// - Parameters:
///   - outputGradient: lanes of shape (outChannels, outHeight, outWidth).
///   - input: the padded lanes that the forward pass read.
///   - portion: which of the weights' gradients to compute.
///   - sums: room for `geometry.kernelGradientLanes`.
///   - gradient: (outChannels, taps), row-major, added to.
public func accumulateKernelGradient(
  _ outputGradient: UnsafePointer<Lanes>, _ input: UnsafePointer<Lanes>, geometry: CorrelationGeometry,
  portion: Portion = .whole, sums: LanePointer, into gradient: UnsafeMutablePointer<Float>
) {
  if geometry.takesPartsForGradient {
    return accumulatePartsGradient(
      outputGradient, input, geometry: geometry, portion: portion, scratch: sums, into: gradient)
  }
  if let plan = geometry.gradientPlan {
    return winogradKernelGradient(
      outputGradient, input, geometry: geometry, plan: plan, channels: geometry.gradientChannels(of: portion),
      scratch: sums, into: gradient)
  }
  if geometry.suitsChannelGradient {
    return channelKernelGradient(
      outputGradient, input, geometry: geometry, portion: portion, scratch: sums, into: gradient)
  }
  if geometry.suitsPointwiseGradient {
    return pointwiseKernelGradient(
      outputGradient, input, geometry: geometry, channels: geometry.gradientChannels(of: portion), scratch: sums,
      into: gradient)
  }
  let taps = geometry.offsets.count
  let plane = geometry.outHeight * geometry.outWidth
  let tapsTogether = geometry.tapsTogether
  let rowsTogether = geometry.pixels.count / geometry.outWidth
  withPointers(geometry.offsets, geometry.pixels) { offsets, pixels in
    var (channel, tiles) = (0, 0)
    while channel < geometry.outChannels {
      let left = geometry.outChannels - channel
      let height = tileHeight(left)
      for first in stride(from: 0, to: taps, by: tapsTogether) {
        let count = min(tapsTogether, taps - first)
        let tilesAcross = (count + widestTile - 1) / widestTile
        func place(_ tile: Int) -> Int { tile * count / tilesAcross }
        for row in stride(from: 0, to: geometry.outHeight, by: rowsTogether) {
          let rows = row..<min(row + rowsTogether, geometry.outHeight)
          for tile in 0..<tilesAcross where portion.takes(tiles + tile) {
            let tap = place(tile)
            KernelGradientTile(
              count: rows.count * geometry.outWidth, plane: plane, pixels: pixels,
              dy: outputGradient + (channel * plane + row * geometry.outWidth), input: input + row * geometry.rowStep,
              offsets: offsets + first + tap, isFirst: row == 0, sums: sums + tap * height
            ).run(height, place(tile + 1) - tap)
          }
        }
        for tile in 0..<tilesAcross where portion.takes(tiles + tile) {
          for tap in place(tile)..<place(tile + 1) {
            for m in 0..<height {
              gradient[(channel + m) * taps + first + tap] += sums[tap * height + m].treeSum
            }
          }
        }
        tiles += tilesAcross
      }
      channel += height
    }
  }
}

extension CorrelationGeometry {
  /// Taps that pass over the same rows: those of one channel, or of several where a kernel has too few to fill a tile.
  fileprivate var tapsTogether: Int {
    min(offsets.count, max(1, widestTile / tapsPerChannel) * tapsPerChannel)
  }

  /// Rows whose pixels are added up in one chain, and the chains' sums after each other: a chain of all pixels would round
  /// too often. It decides the order of the sum, so it may depend on nothing but the shapes. Of each row the outputs'
  /// gradients in some channels and the inputs below them should stay in the first-level cache.
  static func rowsTogether(_ outHeight: Int, _ outWidth: Int, _ columns: TapAxis) -> Int {
    max(1, min(outHeight, 320 / (outWidth * (4 + columns.stride))))
  }

  /// The output channels whose kernels' gradients a portion computes: whole register tiles of them.
  func gradientChannels(of portion: Portion) -> Range<Int> { portion.range(of: outChannels, unit: 8) }

  /// How it is done by Winograd's transforms; nil when it is not.
  var gradientPlan: WinogradPlan? {
    winograd.flatMap {
      $0.suitsGradient(outHeight: outHeight, outWidth: outWidth, phases: rows.dilation * columns.dilation) ? $0 : nil
    }
  }

  /// Lanes that `accumulateKernelGradient` keeps its sums in.
  public var kernelGradientLanes: Int {
    if takesPartsForGradient { return partsGradientLanes }
    if let plan = gradientPlan { return plan.gradientLanes }
    if suitsChannelGradient { return channelGradientLanes }
    return suitsPointwiseGradient ? pointwiseGradientLanes : tallestTile * tapsTogether
  }
}

/// biasGradient(o) += Σ over pixels and lanes of outputGradient(o, y, x), for some channels.
public func accumulateBiasGradient(
  _ outputGradient: UnsafePointer<Lanes>, channels: Range<Int>, plane: Int, into gradient: UnsafeMutablePointer<Float>
) {
  for channel in channels {
    let row = outputGradient + channel * plane
    gradient[channel] += Float(longSum(plane) { row[$0] }.treeSum)
  }
}

/// The operands of one tile of taps; `sums` holds its lanes tap by tap.
private struct KernelGradientTile: TileLoop {
  /// Pixels, and where each one's window lies: a loop over rows would begin too often.
  let count: Int
  let plane: Int
  let pixels: UnsafePointer<Int>
  let dy: UnsafePointer<Lanes>
  let input: UnsafePointer<Lanes>
  let offsets: UnsafePointer<Int>
  let isFirst: Bool
  let sums: LanePointer

  @inline(__always)
  func compute<let count: Int>(_ size: Tile<count>.Type, _ height: Int, _ columns: Int) {
    var sums = InlineArray<count, Lanes> { _ in .zero }
    for pixel in 0..<self.count {
      let window = input + pixels[pixel]
      for t in 0..<columns {
        let x = window[offsets[t]]
        for m in 0..<height {
          sums[t &* height &+ m] = lanes_multiply_add(dy[m &* plane &+ pixel], x, sums[t &* height &+ m])
        }
      }
    }
    for i in 0..<count { self.sums[i] = isFirst ? sums[i] : self.sums[i] + sums[i] }
  }
}
