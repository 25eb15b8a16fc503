// Sums of many lanes whose rounding does not grow with their length.

import CVector

/// Sixteen lanes in double precision.
typealias DoubleLanes = SIMD16<Double>

/// How many terms are added up in single precision before their sum goes on in double: the rounding of one block is all
/// that a sum of any length has, and the conversion costs little beside 64 terms.
private let blockLength = 64

/// Σ term(i) for 0 ≤ i < count: in each block four sums, added in pairs, and the blocks in order in double precision.
@inline(__always)
func longSum(_ count: Int, _ term: (_ i: Int) -> Lanes) -> DoubleLanes {
  var total = DoubleLanes.zero
  var first = 0
  while first < count {
    let end = min(first &+ blockLength, count)
    var (a, b, c, d) = (Lanes.zero, Lanes.zero, Lanes.zero, Lanes.zero)
    var i = first
    while i &+ 4 <= end {
      a += term(i)
      b += term(i &+ 1)
      c += term(i &+ 2)
      d += term(i &+ 3)
      i &+= 4
    }
    while i < end {
      a += term(i)
      i &+= 1
    }
    total += lanes_to_doubles((a + b) + (c + d))
    first = end
  }
  return total
}

/// Σ x(i) and Σ x(i) · y(i) at once, each in two sums a block.
@inline(__always)
func longSums(
  _ count: Int, _ x: (_ i: Int) -> Lanes, times y: (_ i: Int) -> Lanes
) -> (sum: DoubleLanes, product: DoubleLanes) {
  var (sum, product) = (DoubleLanes.zero, DoubleLanes.zero)
  var first = 0
  while first < count {
    let end = min(first &+ blockLength, count)
    var (a, b, p, q) = (Lanes.zero, Lanes.zero, Lanes.zero, Lanes.zero)
    var i = first
    while i &+ 2 <= end {
      let (even, odd) = (x(i), x(i &+ 1))
      a += even
      b += odd
      p = multiplyAdd(even, y(i), p)
      q = multiplyAdd(odd, y(i &+ 1), q)
      i &+= 2
    }
    if i < end {
      let last = x(i)
      a += last
      p = multiplyAdd(last, y(i), p)
    }
    sum += lanes_to_doubles(a + b)
    product += lanes_to_doubles(p + q)
    first = end
  }
  return (sum, product)
}

/// Mean and sum of squared deviations, of each lane by itself, in one pass over memory.
///
/// A block of 64 stays in the first-level cache while its mean is found and then its deviations from that; what the
/// mean's rounding leaves in their sum corrects both (the corrected two-pass algorithm). Blocks are joined by the
/// update of Chan, Golub and LeVeque, "Algorithms for computing the sample variance" (1983), in double precision.
struct LaneMoments {
  private(set) var count = 0.0
  private(set) var mean = DoubleLanes.zero
  private(set) var squares = DoubleLanes.zero

  @inline(__always)
  mutating func add(_ x: UnsafePointer<Lanes>, count length: Int) {
    var first = 0
    while first < length {
      let size = min(blockLength, length &- first)
      addBlock(x + first, size)
      first &+= size
    }
  }

  @inline(__always)
  private mutating func addBlock(_ x: UnsafePointer<Lanes>, _ size: Int) {
    let center = lanes_from_doubles(longSum(size) { x[$0] } / Double(size))
    let (rest, square) = longSums(size, { x[$0] - center }, times: { x[$0] - center })
    let added = Double(size)
    let delta = lanes_to_doubles(center) + rest / added - mean
    let total = count + added
    mean += delta * (added / total)
    squares += square - rest * rest / added + delta * delta * (count * added / total)
    count = total
  }

  /// The same over the first lanes together.
  func joined(_ lanes: Int) -> (mean: Double, squares: Double) {
    var center = 0.0
    for lane in 0..<lanes { center += mean[lane] }
    center /= Double(lanes)
    var (inside, between) = (0.0, 0.0)
    for lane in 0..<lanes {
      inside += squares[lane]
      between += (mean[lane] - center) * (mean[lane] - center)
    }
    return (center, inside + between * count)
  }
}

extension SIMD16 where Scalar == Double {
  /// The sum of the sixteen lanes, as a balanced tree.
  @inline(__always)
  var treeSum: Double {
    let eight = lowHalf + highHalf
    let four = eight.lowHalf + eight.highHalf
    let two = four.lowHalf + four.highHalf
    return two.x + two.y
  }
}
