// The one loop behind convolution, its input gradient, and linear layers: a register tile over packed weights.

import CVector

/// The shape of a correlation, fixed when the operation is recorded.
///
/// A *tap* is one (input channel, kernel row, kernel column), in this order; `offsets[t]` is where tap t lies, counted in
/// lanes from the window's top-left corner in the padded input.
public struct CorrelationGeometry: Sendable {
  public let channels: Int
  public let outChannels: Int
  public let outHeight: Int
  public let outWidth: Int
  public let offsets: [Int]
  /// Lanes from one window to the one below it, and to the one on its right.
  let rowStep: Int
  let pitch: Int
  let plane: Int
  let columnStep: Int
  let rows: TapAxis
  let columns: TapAxis

  /// - Parameters:
  ///   - channels: how many planes of the padded input each window covers.
  ///   - pitch, plane: lanes from a padded row to the next, and from a padded plane to the next.
  public init(
    channels: Int, outChannels: Int, outHeight: Int, outWidth: Int, pitch: Int, plane: Int, rows: TapAxis,
    columns: TapAxis
  ) {
    self.channels = channels
    self.outChannels = outChannels
    self.outHeight = outHeight
    self.outWidth = outWidth
    self.pitch = pitch
    self.plane = plane
    self.rows = rows
    self.columns = columns
    rowStep = rows.stride * pitch
    columnStep = columns.stride
    offsets = (0..<channels).flatMap { c in
      (0..<rows.kernel).flatMap { a in
        (0..<columns.kernel).map { b in c * plane + a * rows.dilation * pitch + b * columns.dilation }
      }
    }
  }

  var tapsPerChannel: Int { rows.kernel * columns.kernel }

  /// Floats that the packed weights take.
  public var packedCount: Int { outChannels * channels * (suitsWinograd ? 16 : tapsPerChannel) }

  /// Lanes of scratch space that `correlate` needs.
  public var correlationLanes: Int { suitsWinograd ? winogradLanes : 0 }

  /// How many channels of a window of `width` outputs stay in the first-level cache, with room for what streams by.
  func channelsInCache(width: Int) -> Int {
    let lanes = rows.kernel * ((width - 1) * columns.stride + (columns.kernel - 1) * columns.dilation + 1)
    return max(1, 256 / lanes)
  }
}

/// How a kernel moves along one axis of the padded input, and where on it there is more than padding.
public struct TapAxis: Sendable, Hashable {
  public let kernel: Int
  public let stride: Int
  public let dilation: Int
  /// The places that can hold something other than zero, counted from the first window's first tap.
  public let data: Range<Int>

  public init(kernel: Int, stride: Int, dilation: Int, data: Range<Int>) {
    self.kernel = kernel
    self.stride = stride
    self.dilation = dilation
    self.data = data
  }

  /// The taps that reach data from any of some neighbouring windows: the others would only multiply zeros.
  @inline(__always)
  func taps(_ windows: Range<Int>) -> Range<Int> {
    // Most windows lie inside; a division would cost as much as some taps.
    if windows.lowerBound &* stride >= data.lowerBound,
      (windows.upperBound &- 1) &* stride &+ (kernel &- 1) &* dilation < data.upperBound
    {
      return 0..<kernel
    }
    let first = data.lowerBound - (windows.upperBound - 1) * stride
    let last = data.upperBound - 1 - windows.lowerBound * stride
    let start = first > 0 ? min(kernel, (first + dilation - 1) / dilation) : 0
    return start..<max(start, last < 0 ? 0 : min(kernel, last / dilation + 1))
  }
}

/// Splits output channels into the tile heights that the kernels are compiled for.
///
/// The same split is used to pack the weights and to read them; a part of the channels begins and ends between tiles.
@inline(__always)
func forEachChannelTile(
  _ channels: Int, in part: Range<Int>? = nil, _ body: (_ first: Int, _ height: Int) -> Void
) {
  var first = part?.lowerBound ?? 0
  let end = part?.upperBound ?? channels
  while first < end {
    let left = end - first
    let height: Int
    if hasWideRegisters {
      height = channels == 6 ? 6 : left >= 4 ? 4 : left >= 2 ? 2 : 1
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
  guard !geometry.suitsWinograd else {
    return packWinogradWeights(
      source, channelStep: channelStep, tapSource: tapSource, geometry: geometry, into: packed)
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
///     for each row, for each P columns            (or the whole row, when it fits)
///       for each block of input channels          (fits the first-level cache)
///         for each M output channels              (weights stream by)
///           for each tap of the block             (tile in registers)
///
/// Taps that see nothing but padding are left out: all kernel rows outside the data, and kernel columns that are outside
/// for the whole tile.
///
/// - Parameters:
///   - input: padded lanes; every window lies inside.
///   - packed: from `packWeights`.
///   - scratch: `geometry.correlationLanes`.
///   - output: lanes of shape (outChannels, outHeight, outWidth).
public func correlate(
  _ input: UnsafePointer<Lanes>, packed: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
  geometry: CorrelationGeometry, accumulate: Bool, scratch: LanePointer, into output: LanePointer
) {
  guard !geometry.suitsWinograd else {
    return winogradCorrelate(
      input, packed: packed, bias: bias, geometry: geometry, accumulate: accumulate, scratch: scratch, into: output)
  }
  let taps = geometry.offsets.count
  let plane = geometry.outHeight * geometry.outWidth
  let width = geometry.outWidth
  let widest = hasWideRegisters ? (geometry.outChannels == 6 ? 4 : 6) : 3
  // Tiles of nearly equal width: 26 columns as 6 5 5 5 5, not as 6 6 6 6 2.
  let tilesAcross = (width + widest - 1) / widest
  let (narrow, wider) = (width / tilesAcross, width % tilesAcross)
  // Where a whole row's windows fit the cache, an output channel's row is written in one go.
  let wholeRow = geometry.channelsInCache(width: width) >= geometry.channels
  let block = wholeRow ? geometry.channels : geometry.channelsInCache(width: min(widest, width))
  geometry.offsets.withUnsafeBufferPointer { offsets in
    guard let offsets = offsets.baseAddress else { return }
    let tile = CorrelationTile(
      offsets: offsets, columnStep: geometry.columnStep, plane: plane)
    for row in 0..<geometry.outHeight {
      let tapRows = geometry.rows.taps(row..<row + 1)
      func tiles(_ across: Range<Int>, channels: Range<Int>, _ first: Int, _ height: Int) {
        let start = channels.lowerBound == 0 ? bias.map { $0 + first } : nil
        for place in across {
          let column = place &* narrow &+ min(place, wider)
          let columns = column..<column &+ narrow &+ (place < wider ? 1 : 0)
          tile.run(
            height, columns.count, TapWalk(geometry, channels, tapRows, geometry.columns.taps(columns)),
            packed + first * taps, start, accumulate || channels.lowerBound > 0,
            input + row * geometry.rowStep + columns.lowerBound * geometry.columnStep,
            output + first * plane + row * width + columns.lowerBound)
        }
      }
      for across in stride(from: 0, to: tilesAcross, by: wholeRow ? tilesAcross : 1) {
        for channel in stride(from: 0, to: geometry.channels, by: block) {
          let channels = channel..<min(channel + block, geometry.channels)
          forEachChannelTile(geometry.outChannels) { first, height in
            tiles(wholeRow ? 0..<tilesAcross : across..<across + 1, channels: channels, first, height)
          }
        }
      }
    }
  }
}

/// Some of the taps, as runs of neighbours: `outer` × `inner` runs of `run` taps.
private struct TapWalk {
  let first: Int
  let outer: Int
  let outerStep: Int
  let inner: Int
  let innerStep: Int
  let run: Int

  /// The taps of some channels, kernel rows and kernel columns; whole channels and whole rows make one run.
  init(_ g: CorrelationGeometry, _ channels: Range<Int>, _ rows: Range<Int>, _ columns: Range<Int>) {
    let width = g.columns.kernel
    let all = g.tapsPerChannel
    first = channels.lowerBound * all + rows.lowerBound * width + columns.lowerBound
    if columns.count < width {
      (outer, outerStep, inner, innerStep, run) = (channels.count, all, rows.count, width, columns.count)
    } else if rows.count < g.rows.kernel {
      (outer, outerStep, inner, innerStep, run) = (channels.count, all, 1, 0, rows.count * width)
    } else {
      (outer, outerStep, inner, innerStep, run) = (1, 0, 1, 0, channels.count * all)
    }
  }
}

/// What stays the same from tile to tile of one `correlate`.
private struct CorrelationTile {
  let offsets: UnsafePointer<Int>
  let columnStep: Int
  let plane: Int

  /// Dispatches to the loop that is compiled for this tile size; neighbouring windows get loops of their own.
  @inline(__always)
  func run(
    _ height: Int, _ columns: Int, _ walk: TapWalk, _ weights: UnsafePointer<Float>, _ bias: UnsafePointer<Float>?,
    _ accumulate: Bool, _ x: UnsafePointer<Lanes>, _ y: LanePointer
  ) {
    let work = TileWork(walk: walk, weights: weights, bias: bias, accumulate: accumulate, x: x, y: y)
    if columnStep == 1 { runNeighbors(height, columns, work) } else { runApart(height, columns, work) }
  }

  @inline(never)
  private func runNeighbors(_ height: Int, _ columns: Int, _ work: TileWork) { select(height, columns, 1, work) }

  @inline(never)
  private func runApart(_ height: Int, _ columns: Int, _ work: TileWork) { select(height, columns, columnStep, work) }

  /// One tile's operands.
  struct TileWork {
    let walk: TapWalk
    let weights: UnsafePointer<Float>
    let bias: UnsafePointer<Float>?
    let accumulate: Bool
    let x: UnsafePointer<Lanes>
    let y: LanePointer
  }

  @inline(__always)
  private func select(_ height: Int, _ columns: Int, _ step: Int, _ work: TileWork) {
    switch (height, columns) {
    case (6, 4): compute(Tile<24>.self, 6, 4, step, work)
    case (6, 3): compute(Tile<18>.self, 6, 3, step, work)
    case (6, 2): compute(Tile<12>.self, 6, 2, step, work)
    case (6, 1): compute(Tile<6>.self, 6, 1, step, work)
    case (4, 6): compute(Tile<24>.self, 4, 6, step, work)
    case (4, 5): compute(Tile<20>.self, 4, 5, step, work)
    case (4, 4): compute(Tile<16>.self, 4, 4, step, work)
    case (4, 3): compute(Tile<12>.self, 4, 3, step, work)
    case (4, 2): compute(Tile<8>.self, 4, 2, step, work)
    case (4, 1): compute(Tile<4>.self, 4, 1, step, work)
    case (2, 6): compute(Tile<12>.self, 2, 6, step, work)
    case (2, 5): compute(Tile<10>.self, 2, 5, step, work)
    case (2, 4): compute(Tile<8>.self, 2, 4, step, work)
    case (2, 3): compute(Tile<6>.self, 2, 3, step, work)
    case (2, 2): compute(Tile<4>.self, 2, 2, step, work)
    case (2, 1): compute(Tile<2>.self, 2, 1, step, work)
    case (1, 6): compute(Tile<6>.self, 1, 6, step, work)
    case (1, 5): compute(Tile<5>.self, 1, 5, step, work)
    case (1, 4): compute(Tile<4>.self, 1, 4, step, work)
    case (1, 3): compute(Tile<3>.self, 1, 3, step, work)
    case (1, 2): compute(Tile<2>.self, 1, 2, step, work)
    default: compute(Tile<1>.self, 1, 1, step, work)
    }
  }

  @inline(__always)
  private func compute<let count: Int>(
    _ size: Tile<count>.Type, _ height: Int, _ columns: Int, _ step: Int, _ work: TileWork
  ) {
    let walk = work.walk
    var sums = InlineArray<count, Lanes> { i in
      work.accumulate ? work.y[i / columns &* plane &+ i % columns] : .zero
    }
    if let bias = work.bias {
      for m in 0..<height { for p in 0..<columns { sums[m &* columns &+ p] += Lanes(repeating: bias[m]) } }
    }
    for outer in 0..<walk.outer {
      for inner in 0..<walk.inner {
        let first = walk.first &+ outer &* walk.outerStep &+ inner &* walk.innerStep
        for tap in first..<first &+ walk.run {
          let window = work.x + offsets[tap]
          let column = work.weights + tap &* height
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
      for p in 0..<columns { work.y[m &* plane &+ p] = sums[m &* columns &+ p] }
    }
  }
}
