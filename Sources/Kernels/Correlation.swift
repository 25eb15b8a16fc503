// The one loop behind convolution, its input gradient, and linear layers: a register tile over packed weights.

import CVector

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
  if let plan = geometry.winograd {
    return packWinogradWeights(source, channelStep: channelStep, tapSource: tapSource, plan: plan, into: packed)
  }
  if !geometry.parts.isEmpty {
    for part in geometry.parts {
      guard let plan = part.geometry.winograd else { continue }
      packWinogradWeights(
        source, channelStep: channelStep, tapSource: tapSource, plan: plan, part: part, of: geometry.tapsPerChannel,
        into: packed + part.packedOffset)
    }
    return
  }
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
/// The part of the input that P outputs see is cut into blocks of channels that stay in the first-level cache while all
/// output channels pass over them; between blocks the tile rests in the output:
///
///     for each row, for each strip of P columns   (as many side by side as fit the first-level cache)
///       for each block of input channels          (fits it too)
///         for each M output channels              (weights stream by)
///           for each tap of the block             (tile in registers)
///
/// Taps that see nothing but padding are left out: all kernel rows outside the data, and kernel columns that are
/// outside for the whole tile.
///
/// - Parameters:
///   - input: padded lanes; every window lies inside.
///   - packed: from `packWeights`.
///   - rows: the rows of outputs to compute, from `geometry.rows(of:)`; nil for all.
///   - scratch: `geometry.correlationLanes`.
///   - output: lanes of shape (outChannels, outHeight, outWidth).
public func correlate(
  _ input: UnsafePointer<Lanes>, packed: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
  geometry: CorrelationGeometry, rows: Range<Int>? = nil, accumulate: Bool, scratch: LanePointer,
  into output: LanePointer
) {
  let rows = rows ?? 0..<geometry.outHeight
  if !geometry.parts.isEmpty {
    return correlateParts(
      input, packed: packed, bias: bias, parts: geometry.parts, rows: rows, accumulate: accumulate, scratch: scratch,
      into: output)
  }
  if let plan = geometry.winograd {
    return winogradCorrelate(
      input, packed: packed, bias: bias, geometry: geometry, plan: plan, rows: rows, accumulate: accumulate,
      scratch: scratch, into: output)
  }
  let taps = geometry.offsets.count
  let plane = geometry.outHeight * geometry.outWidth
  withUnsafeTemporaryAllocation(of: Int.self, capacity: 2 * geometry.tapsPerChannel) { room in
    guard let room = room.baseAddress else { return }
    withPointers(geometry.offsets, geometry.numbers) { offsets, numbers in
      for row in rows {
        let tapRows = geometry.rows.taps(row..<row + 1)
        for strip in geometry.strips {
          let x = input + row * geometry.rowStep + strip.start * geometry.columnStep
          let y = output + row * geometry.outWidth + strip.start
          for channel in stride(from: 0, to: geometry.channels, by: geometry.channelsTogether) {
            let walk = TapWalk(
              geometry, min(geometry.channelsTogether, geometry.channels - channel), tapRows, strip.taps,
              offsets: offsets, numbers: numbers, room: room)
            forEachRunOfChannelTiles(geometry.outChannels) { first, height, count in
              CorrelationTiles(
                channelTiles: count, tiles: strip.tiles, taps: taps, plane: plane, walk: walk,
                weights: packed + (first * taps + channel * geometry.tapsPerChannel * height),
                bias: channel == 0 ? bias.map { $0 + first } : nil, accumulate: accumulate || channel > 0,
                x: x + channel * geometry.plane, y: y + first * plane,
                ahead: geometry.tapsPerChannel == 1 && first == 0 ? strip.tiles * strip.width : 0,
                step: geometry.columnStep
              ).runAtStep(height, strip.width)
            }
          }
        }
      }
    }
  }
}

/// The operands of some tiles of outputs: side by side, and those of further output channels below each other.
private struct CorrelationTiles: TileLoop {
  let channelTiles: Int
  let tiles: Int
  let taps: Int
  let plane: Int
  let walk: TapWalk
  let weights: UnsafePointer<Float>
  let bias: UnsafePointer<Float>?
  let accumulate: Bool
  let x: UnsafePointer<Lanes>
  let y: LanePointer
  /// How many of each tap's lanes to ask for behind those that are read: of a kernel of one tap the next strip's, of which none has
  /// been seen yet.
  let ahead: Int
  /// Lanes from one window to the next.
  var step: Int

  /// Neighbouring windows get loops of their own, in which the step is a constant.
  @inline(__always)
  func runAtStep(_ height: Int, _ columns: Int) {
    if step == 1 { runNeighbors(height, columns) } else { runApart(height, columns) }
  }

  @inline(never)
  private func runNeighbors(_ height: Int, _ columns: Int) {
    var tile = self
    tile.step = 1
    tile.run(height, columns)
  }

  @inline(never)
  private func runApart(_ height: Int, _ columns: Int) { run(height, columns) }

  @inline(__always)
  func compute<let count: Int>(_ size: Tile<count>.Type, _ height: Int, _ columns: Int) {
    for channelTile in 0..<channelTiles {
      let first = channelTile &* height
      if ahead > 0 { prefetch(Portion(index: channelTile, count: channelTiles).range(of: walk.run)) }
      computeRow(
        size, height, columns, weights + first &* taps, bias.map { $0 + first }, y + first &* plane)
    }
  }

  private func prefetch(_ taps: Range<Int>) {
    for tap in taps {
      let window = x + (walk.offsets[tap] &+ ahead)
      for line in 0..<ahead { lanes_prefetch(window + line) }
    }
  }

  @inline(__always)
  private func computeRow<let count: Int>(
    _ size: Tile<count>.Type, _ height: Int, _ columns: Int, _ weights: UnsafePointer<Float>,
    _ bias: UnsafePointer<Float>?, _ output: LanePointer
  ) {
    var (x, y) = (x, output)
    for _ in 0..<tiles {
      var sums = InlineArray<count, Lanes> { _ in .zero }
      if accumulate {
        for m in 0..<height { for p in 0..<columns { sums[m &* columns &+ p] = y[m &* plane &+ p] } }
      }
      if let bias = bias {
        for m in 0..<height { for p in 0..<columns { sums[m &* columns &+ p] += Lanes(repeating: bias[m]) } }
      }
      for run in 0..<walk.runs {
        let first = x + run &* walk.offsetStep
        let firstWeights = weights + run &* walk.numberStep &* height
        for tap in 0..<walk.run {
          let window = first + walk.offsets[tap]
          let column = firstWeights + walk.numbers[tap] &* height
          // The fewer operands stay in registers while the others go by: six beside twenty-four sums would not fit.
          if height > columns {
            for m in 0..<height {
              let weight = Lanes(repeating: column[m])
              for p in 0..<columns {
                sums[m &* columns &+ p] = lanes_multiply_add(weight, window[p &* step], sums[m &* columns &+ p])
              }
            }
          } else {
            for p in 0..<columns {
              let pixels = window[p &* step]
              for m in 0..<height {
                sums[m &* columns &+ p] = lanes_multiply_add(
                  Lanes(repeating: column[m]), pixels, sums[m &* columns &+ p])
              }
            }
          }
        }
      }
      for m in 0..<height {
        for p in 0..<columns { y[m &* plane &+ p] = sums[m &* columns &+ p] }
      }
      x += columns &* step
      y += columns
    }
  }
}
