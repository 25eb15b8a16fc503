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

/// How many vectors so many floats fill.
public func vectorCount(_ floats: Int) -> Int { (floats + lanesPerShard - 1) / lanesPerShard }

/// How many shards so many images make.
public func shardCount(_ images: Int) -> Int { vectorCount(images) }

/// How many of a shard's lanes hold images of the batch.
public func realImages(inShard shard: Int, of images: Int) -> Int { min(lanesPerShard, images - shard * lanesPerShard) }

/// a·b + c, rounded once.
@inline(always)
func multiplyAdd(_ a: Lanes, _ b: Lanes, _ c: Lanes) -> Lanes {
  lanes_multiply_add(a, b, c)
}

/// x where it lies between two numbers, otherwise the nearer one; a NaN stays a NaN.
@inline(always)
func bounded(_ x: Lanes, from low: Lanes, to high: Lanes) -> Lanes {
  x.replacing(with: low, where: x .< low).replacing(with: high, where: x .> high)
}

extension SIMD16 where Scalar == Float {
  /// The sum of the sixteen lanes, as a balanced tree, so that its rounding never depends on the processor.
  @inline(always)
  var treeSum: Float {
    let eight = lowHalf + highHalf
    let four = eight.lowHalf + eight.highHalf
    let two = four.lowHalf + four.highHalf
    return two.x + two.y
  }

  /// The lane-wise maximum, ignoring the other's NaN.
  @inline(always)
  func maximum(_ other: Self) -> Self { self.replacing(with: other, where: other .> self) }
}

/// What a register holds of a shard's lanes: all, or half. Transforms whose numbers just fit the registers go by these.
typealias Register = lanes_register

@inline(always)
var registersPerLanes: Int { lanesPerShard / Register.scalarCount }

extension UnsafePointer<Lanes> {
  @inline(always)
  var registers: UnsafePointer<Register> { UnsafeRawPointer(self).assumingMemoryBound(to: Register.self) }
  @inline(always)
  var scalars: UnsafePointer<Float> { UnsafeRawPointer(self).assumingMemoryBound(to: Float.self) }
}

extension LanePointer {
  @inline(always)
  var registers: UnsafeMutablePointer<Register> {
    UnsafeMutableRawPointer(self).assumingMemoryBound(to: Register.self)
  }
  @inline(always)
  var scalars: UnsafeMutablePointer<Float> {
    UnsafeMutableRawPointer(self).assumingMemoryBound(to: Float.self)
  }
}
