// The exponential of sixteen lanes at once.

/// eˣ lane by lane, within two units in the last place; 0 below −87.3, ∞ above 88.7, NaN for NaN.
///
/// x = n·ln 2 + r with |r| ≤ ln 2 / 2, eʳ by its Taylor polynomial of degree 7, then 2ⁿ into the exponent bits
/// (Cody and Waite's reduction: ln 2 in two parts, so that r keeps its last bits).
@inline(__always)
func exponential(_ x: Lanes) -> Lanes {
  let magic: Float = 12_582_912  // 1.5 · 2²³: adding it leaves the nearest integer in the low bits.
  let (lowest, highest) = (Lanes(repeating: -87.3), Lanes(repeating: 88.7))
  let clamped = x.replacing(with: lowest, where: x .< lowest).replacing(with: highest, where: x .> highest)
  let shifted = multiplyAdd(clamped, Lanes(repeating: 1.442_695_04), Lanes(repeating: magic))
  let n = shifted - magic
  var r = multiplyAdd(n, Lanes(repeating: -0.693_359_375), clamped)
  r = multiplyAdd(n, Lanes(repeating: 2.121_944_4e-4), r)
  var p = Lanes(repeating: 1 / 5040)
  p = multiplyAdd(p, r, Lanes(repeating: 1 / 720))
  p = multiplyAdd(p, r, Lanes(repeating: 1 / 120))
  p = multiplyAdd(p, r, Lanes(repeating: 1 / 24))
  p = multiplyAdd(p, r, Lanes(repeating: 1 / 6))
  p = multiplyAdd(p, r, Lanes(repeating: 0.5))
  p = multiplyAdd(p, r, Lanes(repeating: 1))
  p = multiplyAdd(p, r, Lanes(repeating: 1))
  let bits = unsafeBitCast(shifted, to: SIMD16<Int32>.self) &- Int32(bitPattern: magic.bitPattern)
  let scaled = unsafeBitCast(unsafeBitCast(p, to: SIMD16<Int32>.self) &+ (bits &<< 23), to: Lanes.self)
  return
    scaled
    .replacing(with: 0, where: x .< Lanes(repeating: -87.3))
    .replacing(with: Lanes(repeating: .infinity), where: x .> Lanes(repeating: 88.7))
    .replacing(with: x, where: x .!= x)
}
