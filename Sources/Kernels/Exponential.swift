// The exponential of sixteen lanes at once, eˣ − 1, and the logistic function.
//
// `@inline(always)`, here and in Logarithm.swift, because `@inline(__always)` left calls of these in loops, which clear all registers.

/// eˣ lane by lane, within one unit in the last place, subnormal results included; +∞ above 88.7228, NaN for NaN.
///
/// x = n·ln 2 + r with |r| ≤ ln 2 / 2 (Cody and Waite's reduction: ln 2 in two parts, so that r keeps its last bits);
/// eʳ = 1 + (r + r²·q(r)), which rounds once at the end; then 2ⁿ in two factors, because half of the range of n lies
/// beyond a float's exponents.
@inline(always)
func exponential(_ x: Lanes) -> Lanes {
  let parts = exponentialParts(x)
  return scale(parts.power, byPowerOfTwo: parts.exponent)
}

/// eˣ = (power + lost) · 2ⁿ, for results that go on from what the rounding of the power to a float would lose.
@inline(always)
func exponentialParts(_ x: Lanes) -> (power: Lanes, lost: Lanes, exponent: SIMD16<Int32>) {
  let (n, r) = reduceByLogarithmOfTwo(x, from: -104, to: 89)
  let tail = exponentialTail(r)
  let rise = r + tail
  let power = rise + 1
  return (power, (rise - (power - 1)) + ((r - rise) + tail), n)
}

/// x · 2ⁿ in two factors, each of which a float can hold.
@inline(always)
func scale(_ x: Lanes, byPowerOfTwo n: SIMD16<Int32>) -> Lanes {
  let half = n &>> 1
  return x * powerOfTwo(half) * powerOfTwo(n &- half)
}

/// eˣ − 1 lane by lane, within two units in the last place; −1 for −∞, NaN for NaN.
///
/// (eʳ − 1)·2ⁿ + (2ⁿ − 1), all halved, so that the largest n still has a power of two, and doubled at the end.
@inline(always)
func exponentialMinusOne(_ x: Lanes) -> Lanes {
  let (n, r) = reduceByLogarithmOfTwo(x, from: -20, to: 89)
  let scale = powerOfTwo(n &- 1)
  return multiplyAdd(r + exponentialTail(r), scale, scale - 0.5) * 2
}

/// 1 / (1 + e^−x) lane by lane, within two units in the last place: 1 / (1 + e) or e / (1 + e) with e = e^−|x|, of which
/// neither overflows, and the second keeps the digits of small results.
///
/// One step of Newton's makes up for the rounding of 1 + e and of its inverse.
@inline(always)
func sigmoid(_ x: Lanes) -> Lanes {
  let e = exponential(-magnitude(x))
  let numerator = Lanes(repeating: 1).replacing(with: e, where: x .< 0)
  let sum = 1 + e
  let lost = e - (sum - 1)
  let inverse = 1 / sum
  let quotient = numerator * inverse
  let rest = multiplyAdd(-quotient, lost, multiplyAdd(-quotient, sum, numerator))
  return multiplyAdd(rest, inverse, quotient)
}

/// r²·q(r) = eʳ − 1 − r for |r| ≤ ln 2 / 2; q is the polynomial of the smallest largest error, 1.4e-8 of eʳ − 1.
@inline(always)
private func exponentialTail(_ r: Lanes) -> Lanes {
  var q = multiplyAdd(Lanes(repeating: 1.394_650_9e-3), r, Lanes(repeating: 8.366_621e-3))
  q = multiplyAdd(q, r, Lanes(repeating: 4.166_628e-2))
  q = multiplyAdd(q, r, Lanes(repeating: 0.166_665_42))
  q = multiplyAdd(q, r, Lanes(repeating: 0.5))
  return q * (r * r)
}

/// n and r of x = n·ln 2 + r, for x clamped to a range; a NaN stays in r.
@inline(always)
private func reduceByLogarithmOfTwo(_ x: Lanes, from lowest: Float, to highest: Float) -> (n: SIMD16<Int32>, r: Lanes) {
  let magic: Float = 12_582_912  // 1.5 · 2²³: adding it leaves the nearest integer in the low bits.
  let (low, high) = (Lanes(repeating: lowest), Lanes(repeating: highest))
  let clamped = x.replacing(with: low, where: x .< low).replacing(with: high, where: x .> high)
  let shifted = multiplyAdd(clamped, Lanes(repeating: 1.442_695_04), Lanes(repeating: magic))
  let n = shifted - magic
  let r = multiplyAdd(n, Lanes(repeating: -0.693_359_375), clamped)
  let bits = unsafeBitCast(shifted, to: SIMD16<Int32>.self) &- Int32(bitPattern: magic.bitPattern)
  return (bits, multiplyAdd(n, Lanes(repeating: 2.121_944_4e-4), r))
}

/// 2ⁿ for −126 ≤ n ≤ 127: n in the exponent's bits.
@inline(always)
func powerOfTwo(_ n: SIMD16<Int32>) -> Lanes { unsafeBitCast((n &+ 127) &<< 23, to: Lanes.self) }

/// |x|, lane by lane.
@inline(always)
func magnitude(_ x: Lanes) -> Lanes {
  unsafeBitCast(unsafeBitCast(x, to: SIMD16<UInt32>.self) & 0x7fff_ffff, to: Lanes.self)
}
