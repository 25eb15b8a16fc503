// The one loop behind convolution, its input gradient, and linear layers: a register tile over packed weights.

import CVector

/// The shape of a correlation, fixed when the operation is recorded.
///
/// A *tap* is one (input channel, kernel row, kernel column); `offsets[t]` is where tap t lies, counted in lanes from
/// the window's top-left corner in the padded input.
public struct CorrelationGeometry: Sendable {
  public let outChannels: Int
  public let outHeight: Int
  public let outWidth: Int
  /// Lanes from one window to the one below it, and to the one on its right.
  public let rowStep: Int
  public let columnStep: Int
  public let offsets: [Int]

  public init(
    outChannels: Int, outHeight: Int, outWidth: Int, rowStep: Int, columnStep: Int, offsets: [Int]
  ) {
    self.outChannels = outChannels
    self.outHeight = outHeight
    self.outWidth = outWidth
    self.rowStep = rowStep
    self.columnStep = columnStep
    self.offsets = offsets
  }

  /// Floats that the packed weights take.
  public var packedCount: Int { outChannels * offsets.count }
}

/// Splits output channels into the tile heights that the kernels are compiled for.
///
/// The same split is used to pack the weights and to read them.
@inline(__always)
private func forEachChannelTile(_ channels: Int, _ body: (_ first: Int, _ height: Int) -> Void) {
  var first = 0
  while first < channels {
    let left = channels - first
    let height: Int
    if hasWideRegisters {
      height = left == 6 ? 6 : left >= 4 ? 4 : left >= 2 ? 2 : 1
    } else {
      height = left >= 2 ? 2 : 1
    }
    body(first, height)
    first += height
  }
}

/// Reorders weights for `correlate`: for each tile of output channels, tap by tap, the tile's channels side by side.
///
///     weight(o, t) = source[o · channelStep + tapSource[t]]
///     packed: | o0 o1 o2 o3 of tap 0 | o0 o1 o2 o3 of tap 1 | … next tile …
///
/// - Parameters:
///   - tapSource: where each tap's weight lies in `source`, relative to the output channel's first.
///   - packed: `geometry.packedCount` floats, written.
public func packWeights(
  _ source: UnsafePointer<Float>, channelStep: Int, tapSource: UnsafePointer<Int>, geometry: CorrelationGeometry,
  into packed: UnsafeMutablePointer<Float>
) {
  let taps = geometry.offsets.count
  forEachChannelTile(geometry.outChannels) { first, height in
    var target = packed + first * taps
    for tap in 0..<taps {
      for channel in first..<first + height {
        target.pointee = source[channel * channelStep + tapSource[tap]]
        target += 1
      }
    }
  }
}

/// output(o, y, x) = start + Σₜ weight(o, t) · input[y · rowStep + x · columnStep + offsets[t]]
///
/// where start is `bias(o)`, the previous output, or zero. One tile of M output channels × P neighbouring outputs
/// stays in registers while the taps go by; each tap costs M broadcasts and P loads for M·P multiply-adds:
///
///                 P outputs of a row
///              ┌───┬───┬───┬───┬───┬───┐
///     M output │   │   │   │   │   │   │   acc(m, p) += w(m, t) · x(p, t)
///     channels │   │   │   │   │   │   │
///              └───┴───┴───┴───┴───┴───┘
///
/// - Parameters:
///   - input: padded lanes; every window lies inside.
///   - packed: from `packWeights`.
///   - output: lanes of shape (outChannels, outHeight, outWidth).
public func correlate(
  _ input: UnsafePointer<Lanes>, packed: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
  geometry: CorrelationGeometry,
  accumulate: Bool, into output: LanePointer
) {
  let taps = geometry.offsets.count
  let plane = geometry.outHeight * geometry.outWidth
  let width = geometry.outWidth
  geometry.offsets.withUnsafeBufferPointer { offsets in
    guard let offsets = offsets.baseAddress else { return }
    forEachChannelTile(geometry.outChannels) { first, height in
      let widest = hasWideRegisters ? (height == 6 ? 4 : 6) : 3
      // Tiles of nearly equal width: 26 columns as 6 5 5 5 5, not as 6 6 6 6 2.
      let tilesAcross = (width + widest - 1) / widest
      let tile = CorrelationTile(
        offsets: offsets, taps: taps, weights: packed + first * taps, bias: bias.map { $0 + first },
        columnStep: geometry.columnStep, plane: plane, accumulate: accumulate)
      for row in 0..<geometry.outHeight {
        var column = 0
        for across in 0..<tilesAcross {
          let columns = (width - column) / (tilesAcross - across)
          tile.run(
            height, columns, input + row * geometry.rowStep + column * geometry.columnStep,
            output + first * plane + row * width + column)
          column += columns
        }
      }
    }
  }
}

/// What stays the same from tile to tile of one `correlate`.
private struct CorrelationTile {
  let offsets: UnsafePointer<Int>
  let taps: Int
  let weights: UnsafePointer<Float>
  let bias: UnsafePointer<Float>?
  let columnStep: Int
  let plane: Int
  let accumulate: Bool

  /// Dispatches to the loop that is compiled for this tile size.
  @inline(__always)
  func run(_ height: Int, _ columns: Int, _ x: UnsafePointer<Lanes>, _ y: LanePointer) {
    if columnStep == 1 { select(height, columns, 1, x, y) } else { select(height, columns, columnStep, x, y) }
  }

  @inline(__always)
  private func select(_ height: Int, _ columns: Int, _ step: Int, _ x: UnsafePointer<Lanes>, _ y: LanePointer) {
    switch (height, columns) {
    case (6, 4): compute(InlineArray<24, Lanes>(repeating: .zero), 6, 4, step, x, y)
    case (6, 3): compute(InlineArray<18, Lanes>(repeating: .zero), 6, 3, step, x, y)
    case (6, 2): compute(InlineArray<12, Lanes>(repeating: .zero), 6, 2, step, x, y)
    case (6, 1): compute(InlineArray<6, Lanes>(repeating: .zero), 6, 1, step, x, y)
    case (4, 6): compute(InlineArray<24, Lanes>(repeating: .zero), 4, 6, step, x, y)
    case (4, 5): compute(InlineArray<20, Lanes>(repeating: .zero), 4, 5, step, x, y)
    case (4, 4): compute(InlineArray<16, Lanes>(repeating: .zero), 4, 4, step, x, y)
    case (4, 3): compute(InlineArray<12, Lanes>(repeating: .zero), 4, 3, step, x, y)
    case (4, 2): compute(InlineArray<8, Lanes>(repeating: .zero), 4, 2, step, x, y)
    case (4, 1): compute(InlineArray<4, Lanes>(repeating: .zero), 4, 1, step, x, y)
    case (2, 6): compute(InlineArray<12, Lanes>(repeating: .zero), 2, 6, step, x, y)
    case (2, 5): compute(InlineArray<10, Lanes>(repeating: .zero), 2, 5, step, x, y)
    case (2, 4): compute(InlineArray<8, Lanes>(repeating: .zero), 2, 4, step, x, y)
    case (2, 3): compute(InlineArray<6, Lanes>(repeating: .zero), 2, 3, step, x, y)
    case (2, 2): compute(InlineArray<4, Lanes>(repeating: .zero), 2, 2, step, x, y)
    case (2, 1): compute(InlineArray<2, Lanes>(repeating: .zero), 2, 1, step, x, y)
    case (1, 6): compute(InlineArray<6, Lanes>(repeating: .zero), 1, 6, step, x, y)
    case (1, 5): compute(InlineArray<5, Lanes>(repeating: .zero), 1, 5, step, x, y)
    case (1, 4): compute(InlineArray<4, Lanes>(repeating: .zero), 1, 4, step, x, y)
    case (1, 3): compute(InlineArray<3, Lanes>(repeating: .zero), 1, 3, step, x, y)
    case (1, 2): compute(InlineArray<2, Lanes>(repeating: .zero), 1, 2, step, x, y)
    default: compute(InlineArray<1, Lanes>(repeating: .zero), 1, 1, step, x, y)
    }
  }

  @inline(__always)
  private func compute<let count: Int>(
    _ zeros: InlineArray<count, Lanes>, _ height: Int, _ columns: Int, _ step: Int, _ x: UnsafePointer<Lanes>,
    _ y: LanePointer
  ) {
    var sums = zeros
    for tap in 0..<taps {
      let window = x + offsets[tap]
      let column = weights + tap &* height
      for p in 0..<columns {
        let pixels = window[p &* step]
        for m in 0..<height {
          sums[m &* columns &+ p] = lanes_multiply_add(Lanes(repeating: column[m]), pixels, sums[m &* columns &+ p])
        }
      }
    }
    for m in 0..<height {
      for p in 0..<columns {
        let target = y + (m &* plane &+ p)
        var start = Lanes(repeating: bias.map { $0[m] } ?? 0)
        if accumulate { start += target.pointee }
        target.pointee = start + sums[m &* columns &+ p]
      }
    }
  }
}
