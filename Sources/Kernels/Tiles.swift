// The sizes of register tiles, and the way from a size that is known at run time to the loop compiled for it.

import CVector

/// The size of a register tile, as a type: so many accumulators of sixteen lanes, which the compiler keeps in registers
/// when every index is a constant of an unrolled loop.
///
/// The loops make their accumulators in place, `InlineArray { _ in .zero }`: `InlineArray(repeating:)` is a call that
/// goes through memory.
enum Tile<let count: Int> {}

/// Whether a register tile may use the large sizes: 24 accumulators of 16 lanes in 32 registers.
@inline(__always)
var hasWideRegisters: Bool { lanes_fill_one_register == 1 }

/// The largest tile that leaves registers for its operands: rows, and columns beside that many rows.
@inline(__always)
var tallestTile: Int { hasWideRegisters ? 4 : 2 }
@inline(__always)
var widestTile: Int { hasWideRegisters ? 6 : 3 }

/// The height of the next tile when so many rows are left.
@inline(__always)
func tileHeight(_ left: Int) -> Int {
  hasWideRegisters && left >= 4 ? 4 : left >= 2 ? 2 : 1
}

/// The height of the next tile of broadcast numbers beside one vector, or two where registers are wide.
@inline(__always)
func broadcastHeight(_ left: Int) -> Int {
  if hasWideRegisters { return left >= 8 ? 8 : tileHeight(left) }
  return left >= 6 ? 6 : left >= 2 ? 2 : 1
}

/// A loop over a register tile of height × width accumulators, compiled once for each size.
protocol TileLoop {
  func compute<let count: Int>(_ size: Tile<count>.Type, _ height: Int, _ width: Int)
}

extension TileLoop {
  /// Runs the loop that is compiled for this size.
  ///
  /// - Precondition: height is 1, 2 or `tallestTile` and width at most `widestTile`, or it is one of the tall, narrow
  ///   sizes below.
  @inline(__always)
  func run(_ height: Int, _ width: Int) {
    if hasWideRegisters { runWide(height, width) } else { runNarrow(height, width) }
  }

  @inline(__always)
  private func runNarrow(_ height: Int, _ width: Int) {
    switch (height, width) {
    case (6, 1): compute(Tile<6>.self, 6, 1)
    case (2, 3): compute(Tile<6>.self, 2, 3)
    case (2, 2): compute(Tile<4>.self, 2, 2)
    case (2, 1): compute(Tile<2>.self, 2, 1)
    case (1, 3): compute(Tile<3>.self, 1, 3)
    case (1, 2): compute(Tile<2>.self, 1, 2)
    case (1, 1): compute(Tile<1>.self, 1, 1)
    default: refuse(height, width)
    }
  }

  @inline(__always)
  private func runWide(_ height: Int, _ width: Int) {
    switch (height, width) {
    case (8, 3): compute(Tile<24>.self, 8, 3)
    case (8, 2): compute(Tile<16>.self, 8, 2)
    case (8, 1): compute(Tile<8>.self, 8, 1)
    case (6, 4): compute(Tile<24>.self, 6, 4)
    case (6, 3): compute(Tile<18>.self, 6, 3)
    case (6, 2): compute(Tile<12>.self, 6, 2)
    case (6, 1): compute(Tile<6>.self, 6, 1)
    case (4, 6): compute(Tile<24>.self, 4, 6)
    case (4, 5): compute(Tile<20>.self, 4, 5)
    case (4, 4): compute(Tile<16>.self, 4, 4)
    case (4, 3): compute(Tile<12>.self, 4, 3)
    case (4, 2): compute(Tile<8>.self, 4, 2)
    case (4, 1): compute(Tile<4>.self, 4, 1)
    case (2, 6): compute(Tile<12>.self, 2, 6)
    case (2, 5): compute(Tile<10>.self, 2, 5)
    case (2, 4): compute(Tile<8>.self, 2, 4)
    case (2, 3): compute(Tile<6>.self, 2, 3)
    case (2, 2): compute(Tile<4>.self, 2, 2)
    case (2, 1): compute(Tile<2>.self, 2, 1)
    case (1, 6): compute(Tile<6>.self, 1, 6)
    case (1, 5): compute(Tile<5>.self, 1, 5)
    case (1, 4): compute(Tile<4>.self, 1, 4)
    case (1, 3): compute(Tile<3>.self, 1, 3)
    case (1, 2): compute(Tile<2>.self, 1, 2)
    case (1, 1): compute(Tile<1>.self, 1, 1)
    default: refuse(height, width)
    }
  }
}

/// Ends the program: a tile of a size that no loop was compiled for would be computed in part only.
///
/// Not by `preconditionFailure`, which this module's optimisation takes for a place that is never reached.
@inline(never)
private func refuse(_ height: Int, _ width: Int) -> Never {
  fatalError("no loop was compiled for a register tile of \(height) by \(width)")
}

/// Six output channels make one tile of their own where registers are wide, as in LeNet's first layer: no taller one is
/// filled by them.
@inline(__always)
func isTallTile(_ outChannels: Int) -> Bool { hasWideRegisters && outChannels == 6 }

/// Splits output channels into the tile heights that the kernels are compiled for.
///
/// The same split is used to pack the weights and to read them; a part of the channels begins and ends between tiles.
@inline(__always)
func forEachChannelTile(
  _ channels: Int, in part: Range<Int>? = nil, _ body: (_ first: Int, _ height: Int) -> Void
) {
  forEachRunOfChannelTiles(channels, in: part) { first, height, count in
    for tile in 0..<count { body(first + tile * height, height) }
  }
}

/// The same, tiles of one height at a time.
@inline(__always)
func forEachRunOfChannelTiles(
  _ channels: Int, in part: Range<Int>? = nil, _ body: (_ first: Int, _ height: Int, _ count: Int) -> Void
) {
  var first = part?.lowerBound ?? 0
  let end = part?.upperBound ?? channels
  while first < end {
    let height = isTallTile(channels) ? 6 : tileHeight(end - first)
    let count = (end - first) / height
    body(first, height, count)
    first += count * height
  }
}
