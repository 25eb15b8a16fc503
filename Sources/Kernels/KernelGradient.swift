// The gradient of a correlation for its weights: output gradients times shifted inputs, summed over pixels and images.

import CVector

/// gradient(o, t) += Σ over pixels and lanes of outputGradient(o, y, x) · input[y · rowStep + x · columnStep + offsets[t]]
///
/// A tile of 4 output channels × up to 6 taps stays in registers while the pixels go by; the sixteen images of a lane
/// are added up only at the end.
///
/// - Parameters:
///   - outputGradient: lanes of shape (outChannels, outHeight, outWidth).
///   - input: the padded lanes that the forward pass read.
///   - gradient: (outChannels, taps), row-major, added to.
public func accumulateKernelGradient(
  _ outputGradient: UnsafePointer<Lanes>, _ input: UnsafePointer<Lanes>, geometry: CorrelationGeometry,
  into gradient: UnsafeMutablePointer<Float>
) {
  let taps = geometry.offsets.count
  let plane = geometry.outHeight * geometry.outWidth
  geometry.offsets.withUnsafeBufferPointer { offsets in
    guard let offsets = offsets.baseAddress else { return }
    let tile = KernelGradientTile(input: input, geometry: geometry, taps: taps, plane: plane)
    let tallest = hasWideRegisters ? 4 : 2
    let widest = hasWideRegisters ? 6 : 3
    let tilesAcross = (taps + widest - 1) / widest
    var channel = 0
    while channel < geometry.outChannels {
      let left = geometry.outChannels - channel
      let height = left >= tallest ? tallest : left >= 2 ? 2 : 1
      var tap = 0
      for across in 0..<tilesAcross {
        let columns = (taps - tap) / (tilesAcross - across)
        tile.run(height, columns, outputGradient + channel * plane, offsets + tap, gradient + channel * taps + tap)
        tap += columns
      }
      channel += height
    }
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
  let input: UnsafePointer<Lanes>
  let rows: Int
  let width: Int
  let rowStep: Int
  let columnStep: Int
  let taps: Int
  let plane: Int

  init(input: UnsafePointer<Lanes>, geometry: CorrelationGeometry, taps: Int, plane: Int) {
    self.input = input
    self.rows = geometry.outHeight
    self.width = geometry.outWidth
    self.rowStep = geometry.rowStep
    self.columnStep = geometry.columnStep
    self.taps = taps
    self.plane = plane
  }

  @inline(__always)
  func run(
    _ height: Int, _ columns: Int, _ dy: UnsafePointer<Lanes>, _ offsets: UnsafePointer<Int>,
    _ target: UnsafeMutablePointer<Float>
  ) {
    switch (height, columns) {
    case (4, 6): compute(InlineArray<24, Lanes>(repeating: .zero), 4, 6, dy, offsets, target)
    case (4, 5): compute(InlineArray<20, Lanes>(repeating: .zero), 4, 5, dy, offsets, target)
    case (4, 4): compute(InlineArray<16, Lanes>(repeating: .zero), 4, 4, dy, offsets, target)
    case (4, 3): compute(InlineArray<12, Lanes>(repeating: .zero), 4, 3, dy, offsets, target)
    case (4, 2): compute(InlineArray<8, Lanes>(repeating: .zero), 4, 2, dy, offsets, target)
    case (4, 1): compute(InlineArray<4, Lanes>(repeating: .zero), 4, 1, dy, offsets, target)
    case (2, 6): compute(InlineArray<12, Lanes>(repeating: .zero), 2, 6, dy, offsets, target)
    case (2, 5): compute(InlineArray<10, Lanes>(repeating: .zero), 2, 5, dy, offsets, target)
    case (2, 4): compute(InlineArray<8, Lanes>(repeating: .zero), 2, 4, dy, offsets, target)
    case (2, 3): compute(InlineArray<6, Lanes>(repeating: .zero), 2, 3, dy, offsets, target)
    case (2, 2): compute(InlineArray<4, Lanes>(repeating: .zero), 2, 2, dy, offsets, target)
    case (2, 1): compute(InlineArray<2, Lanes>(repeating: .zero), 2, 1, dy, offsets, target)
    case (1, 6): compute(InlineArray<6, Lanes>(repeating: .zero), 1, 6, dy, offsets, target)
    case (1, 5): compute(InlineArray<5, Lanes>(repeating: .zero), 1, 5, dy, offsets, target)
    case (1, 4): compute(InlineArray<4, Lanes>(repeating: .zero), 1, 4, dy, offsets, target)
    case (1, 3): compute(InlineArray<3, Lanes>(repeating: .zero), 1, 3, dy, offsets, target)
    case (1, 2): compute(InlineArray<2, Lanes>(repeating: .zero), 1, 2, dy, offsets, target)
    default: compute(InlineArray<1, Lanes>(repeating: .zero), 1, 1, dy, offsets, target)
    }
  }

  @inline(__always)
  private func compute<let count: Int>(
    _ zeros: InlineArray<count, Lanes>, _ height: Int, _ columns: Int, _ dy: UnsafePointer<Lanes>,
    _ offsets: UnsafePointer<Int>, _ target: UnsafeMutablePointer<Float>
  ) {
    var sums = zeros
    for row in 0..<rows {
      let gradients = dy + row &* width
      let window = input + row &* rowStep
      for column in 0..<width {
        let pixel = window + column &* columnStep
        for t in 0..<columns {
          let x = pixel[offsets[t]]
          for m in 0..<height {
            sums[m &* columns &+ t] = lanes_multiply_add(gradients[m &* plane &+ column], x, sums[m &* columns &+ t])
          }
        }
      }
    }
    for m in 0..<height {
      for t in 0..<columns {
        target[m &* taps &+ t] += sums[m &* columns &+ t].treeSum
      }
    }
  }
}
