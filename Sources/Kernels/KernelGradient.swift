// The gradient of a correlation for its weights: output gradients times shifted inputs, summed over pixels and images.

import CVector

/// gradient(o, t) += Σ over pixels and lanes of outputGradient(o, y, x) · input[y · rowStep + x · columnStep + offsets[t]]
///
/// A tile of M output channels × T taps stays in registers while pixels go by. All taps of some channels pass over the same
/// few rows of pixels while these are in the first-level cache; between the rows the tiles rest in a small sum of lanes, and
/// the sixteen images are added up only at the end:
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
///   - sums: room for `geometry.kernelGradientLanes`.
///   - gradient: (outChannels, taps), row-major, added to.
public func accumulateKernelGradient(
  _ outputGradient: UnsafePointer<Lanes>, _ input: UnsafePointer<Lanes>, geometry: CorrelationGeometry,
  sums: LanePointer, into gradient: UnsafeMutablePointer<Float>
) {
  guard !geometry.suitsWinogradGradient else {
    return winogradKernelGradient(outputGradient, input, geometry: geometry, scratch: sums, into: gradient)
  }
  let taps = geometry.offsets.count
  let plane = geometry.outHeight * geometry.outWidth
  let tallest = KernelGradientTile.tallest
  let widest = KernelGradientTile.widest
  let tapsTogether = geometry.tapsTogether
  // Of a row, its pixels' gradients in each channel of the tile, and the inputs below them.
  let channels = max(1, tapsTogether / geometry.tapsPerChannel)
  let rowLanes = geometry.outWidth * (tallest + channels * geometry.columnStep)
  let rowsTogether = max(1, min(geometry.outHeight, 320 / rowLanes))
  geometry.offsets.withUnsafeBufferPointer { offsets in
    guard let offsets = offsets.baseAddress else { return }
    let tile = KernelGradientTile(geometry: geometry, plane: plane)
    var channel = 0
    while channel < geometry.outChannels {
      let left = geometry.outChannels - channel
      let height = left >= tallest ? tallest : left >= 2 ? 2 : 1
      for first in stride(from: 0, to: taps, by: tapsTogether) {
        let count = min(tapsTogether, taps - first)
        let tilesAcross = (count + widest - 1) / widest
        for row in stride(from: 0, to: geometry.outHeight, by: rowsTogether) {
          let rows = row..<min(row + rowsTogether, geometry.outHeight)
          var tap = 0
          for across in 0..<tilesAcross {
            let columns = (count - tap) / (tilesAcross - across)
            tile.run(
              height, columns, rows, outputGradient + channel * plane, input, offsets + first + tap, isFirst: row == 0,
              sums + tap * height)
            tap += columns
          }
        }
        for tap in 0..<count {
          for m in 0..<height {
            gradient[(channel + m) * taps + first + tap] += sums[tap * height + m].treeSum
          }
        }
      }
      channel += height
    }
  }
}

extension CorrelationGeometry {
  /// Taps that pass over the same rows: those of one channel, or of several where a kernel has too few to fill a tile.
  fileprivate var tapsTogether: Int {
    min(offsets.count, max(1, KernelGradientTile.widest / tapsPerChannel) * tapsPerChannel)
  }

  /// Lanes that `accumulateKernelGradient` keeps its sums in.
  public var kernelGradientLanes: Int {
    suitsWinogradGradient ? winogradGradientLanes : KernelGradientTile.tallest * tapsTogether
  }
}

/// biasGradient(o) += Σ over pixels and lanes of outputGradient(o, y, x)
public func accumulateBiasGradient(
  _ outputGradient: UnsafePointer<Lanes>, channels: Int, plane: Int, into gradient: UnsafeMutablePointer<Float>
) {
  for channel in 0..<channels {
    let row = outputGradient + channel * plane
    var even = Lanes.zero
    var odd = Lanes.zero
    var pixel = 0
    while pixel + 1 < plane {
      even += row[pixel]
      odd += row[pixel + 1]
      pixel += 2
    }
    if pixel < plane { even += row[pixel] }
    gradient[channel] += (even + odd).treeSum
  }
}

private struct KernelGradientTile {
  /// The largest tile: output channels, and taps.
  static var tallest: Int { hasWideRegisters ? 4 : 2 }
  static var widest: Int { hasWideRegisters ? 6 : 3 }

  let geometry: CorrelationGeometry
  let plane: Int

  @inline(__always)
  func run(
    _ height: Int, _ columns: Int, _ rows: Range<Int>, _ dy: UnsafePointer<Lanes>, _ input: UnsafePointer<Lanes>,
    _ offsets: UnsafePointer<Int>, isFirst: Bool, _ sums: LanePointer
  ) {
    let work = TileWork(
      rows: rows, width: geometry.outWidth, rowStep: geometry.rowStep, columnStep: geometry.columnStep, dy: dy,
      input: input, offsets: offsets, isFirst: isFirst, sums: sums)
    switch (height, columns) {
    case (4, 6): compute(Tile<24>.self, 4, 6, work)
    case (4, 5): compute(Tile<20>.self, 4, 5, work)
    case (4, 4): compute(Tile<16>.self, 4, 4, work)
    case (4, 3): compute(Tile<12>.self, 4, 3, work)
    case (4, 2): compute(Tile<8>.self, 4, 2, work)
    case (4, 1): compute(Tile<4>.self, 4, 1, work)
    case (2, 6): compute(Tile<12>.self, 2, 6, work)
    case (2, 5): compute(Tile<10>.self, 2, 5, work)
    case (2, 4): compute(Tile<8>.self, 2, 4, work)
    case (2, 3): compute(Tile<6>.self, 2, 3, work)
    case (2, 2): compute(Tile<4>.self, 2, 2, work)
    case (2, 1): compute(Tile<2>.self, 2, 1, work)
    case (1, 6): compute(Tile<6>.self, 1, 6, work)
    case (1, 5): compute(Tile<5>.self, 1, 5, work)
    case (1, 4): compute(Tile<4>.self, 1, 4, work)
    case (1, 3): compute(Tile<3>.self, 1, 3, work)
    case (1, 2): compute(Tile<2>.self, 1, 2, work)
    default: compute(Tile<1>.self, 1, 1, work)
    }
  }

  /// One tile's operands; `sums` holds its lanes tap by tap.
  struct TileWork {
    let rows: Range<Int>
    let width: Int
    let rowStep: Int
    let columnStep: Int
    let dy: UnsafePointer<Lanes>
    let input: UnsafePointer<Lanes>
    let offsets: UnsafePointer<Int>
    let isFirst: Bool
    let sums: LanePointer
  }

  @inline(__always)
  private func compute<let count: Int>(
    _ size: Tile<count>.Type, _ height: Int, _ columns: Int, _ work: TileWork
  ) {
    var sums = InlineArray<count, Lanes> { _ in .zero }
    for row in work.rows {
      let gradients = work.dy + row &* work.width
      let window = work.input + row &* work.rowStep
      for column in 0..<work.width {
        let pixel = window + column &* work.columnStep
        for t in 0..<columns {
          let x = pixel[work.offsets[t]]
          for m in 0..<height {
            sums[t &* height &+ m] = lanes_multiply_add(
              gradients[m &* plane &+ column], x, sums[t &* height &+ m])
          }
        }
      }
    }
    for i in 0..<count { work.sums[i] = work.isFirst ? sums[i] : work.sums[i] + sums[i] }
  }
}
