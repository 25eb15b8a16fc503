// The natural logarithm of sixteen lanes at once, and the power of a single number.

import CVector

/// ln x lane by lane, within one unit in the last place; −∞ at zero, NaN below and for NaN, +∞ for +∞.
///
/// x = 2ᵏ·(1 + f) with √½ ≤ 1 + f < √2, and with s = f / (2 + f), z = s²
///
///     ln(1 + f) = 2·artanh(s) = 2s + s·z·R(z) = f − (f²/2 − s·(f²/2 + z·R(z)))
///
/// whose last form rounds f itself not at all. R is the polynomial of the smallest largest error, 8e-10 of the result.
/// The arrangement is that of W. Kahan's and K. C. Ng's fdlibm.
@inline(always)
func logarithm(_ x: Lanes) -> Lanes {
  // Subnormal numbers have no hidden bit: they go up by 2²⁵ first.
  let isTiny = x .< Lanes(repeating: .leastNormalMagnitude)
  let normal = x.replacing(with: x * 0x1p25, where: isTiny)
  let rootHalf = SIMD16<Int32>(repeating: 0x3f35_04f3)
  let bits = unsafeBitCast(normal, to: SIMD16<Int32>.self) &- rootHalf
  let k = lanes_from_integers(bits &>> 23) - Lanes.zero.replacing(with: 25, where: isTiny)
  let f = unsafeBitCast((bits & 0x007f_ffff) &+ rootHalf, to: Lanes.self) - 1
  let s = f / (2 + f)
  let z = s * s
  var tail = multiplyAdd(Lanes(repeating: 0.298_746_05), z, Lanes(repeating: 0.399_774_43))
  tail = multiplyAdd(tail, z, Lanes(repeating: 0.666_667_76)) * z
  let halfSquare = f * f * 0.5
  let low = multiplyAdd(s, halfSquare + tail, k * -2.121_944_4e-4)
  let result = k * 0.693_359_375 - ((halfSquare - low) - f)
  return
    result
    .replacing(with: x, where: x .== Lanes(repeating: .infinity))
    .replacing(with: Lanes(repeating: -.infinity), where: x .== 0)
    .replacing(with: Lanes(repeating: .nan), where: (x .< 0) .| (x .!= x))
}

/// ln(1 + x) lane by lane, within two units in the last place, for x ≥ 0: what 1 + x rounds away is added again.
@inline(always)
func logarithmOnePlus(_ x: Lanes) -> Lanes {
  let sum = 1 + x
  let lost = x - (sum - 1)
  return logarithm(sum) + lost.replacing(with: 0, where: x .== Lanes(repeating: .infinity)) / sum
}

/// xᵖ in double precision, rounded once at the end; p by squaring where it is whole, otherwise e^(p·ln x).
func power(_ x: Float, _ exponent: Float) -> Float {
  if exponent == exponent.rounded() && abs(exponent) <= 0x1p31 {
    return Float(Reproducible.power(Double(x), Int(exponent)))
  }
  if x < 0 || x.isNaN || exponent.isNaN { return x == -.infinity ? (exponent < 0 ? 0 : .infinity) : .nan }
  if x == 0 || x == .infinity { return (x == 0) == (exponent < 0) ? .infinity : 0 }
  return Float(Reproducible.exponential(Double(exponent) * Reproducible.logarithm(Double(x))))
}
