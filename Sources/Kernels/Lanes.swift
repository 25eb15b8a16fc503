// The vector that every kernel computes on, and the fused multiply-add on it.

import CVector

/// One number for each of the sixteen images of a shard.
///
/// A value of shape (C, H, W) inside a shard is C·H·W of these, row-major, the image index innermost.
/// They cross module borders only through pointers: passing one by value between modules that were compiled for
/// different instruction sets would disagree on the registers it travels in.
public typealias Lanes = SIMD16<Float>

/// A run of lanes that a kernel may write.
public typealias LanePointer = UnsafeMutablePointer<Lanes>

/// How many images a shard holds.
public let lanesPerShard = 16

/// a·b + c, rounded once.
///
/// The largest loops call the C function itself: without whole-module optimisation, as in debug builds, this wrapper in
/// another file would cost a call each time.
@inline(__always)
func multiplyAdd(_ a: Lanes, _ b: Lanes, _ c: Lanes) -> Lanes {
  lanes_multiply_add(a, b, c)
}

/// Whether a register tile may use the large sizes: 24 accumulators of 16 lanes in 32 registers.
@inline(__always)
var hasWideRegisters: Bool { lanes_fill_one_register == 1 }

/// The size of a register tile, as a type: so many accumulators of sixteen lanes, which the compiler keeps in registers
/// when every index is a constant of an unrolled loop.
///
/// The loops make their accumulators in place, `InlineArray { _ in .zero }`: `InlineArray(repeating:)` is a call that goes
/// through memory, and so is a helper in another file in debug builds.
enum Tile<let count: Int> {}

extension SIMD16 where Scalar == Float {
  /// The sum of the sixteen lanes, as a balanced tree, so that its rounding never depends on the processor.
  @inline(__always)
  var treeSum: Float {
    let eight = lowHalf + highHalf
    let four = eight.lowHalf + eight.highHalf
    let two = four.lowHalf + four.highHalf
    return two.x + two.y
  }

  /// The lane-wise maximum, ignoring the other's NaN.
  @inline(__always)
  func maximum(_ other: Self) -> Self { self.replacing(with: other, where: other .> self) }
}
