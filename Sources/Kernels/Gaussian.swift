// The standard normal distribution of sixteen lanes at once, for the Gaussian error linear unit.

/// Φ(−|x|), the probability of a normal number below −|x|, lane by lane, within two units in the last place; |x| with what is
/// beyond 14.5, where that probability is 0, cut off; and Φ's derivative φ(x) = e^(−x²/2) / √(2π).
///
/// Φ(−t) = e^(−t²/2) · H(v) / (t + 3), where H varies slowly, and with v = (t − 3) / (t + 3) = 1 − 6 / (t + 3) is a polynomial
/// of degree 10 within 6e-9, fitted to erfcx. What t + 3, its inverse, t², the polynomial's last two steps and the exponential
/// round away is computed by further multiply-adds and enters at the end.
@inline(__always)
func gaussian(_ x: Lanes) -> (tail: Lanes, size: Lanes, density: Lanes) {
  let size = bounded(magnitude(x), from: .zero, to: Lanes(repeating: 14.5))
  let sum = size + 3
  let inverse = 1 / sum
  let rest = multiplyAdd(-(size - (sum - 3)), inverse, multiplyAdd(-sum, inverse, Lanes(repeating: 1)))
  let inverseLost = rest * inverse
  let v = multiplyAdd(
    inverseLost, Lanes(repeating: -6), multiplyAdd(inverse, Lanes(repeating: -6), Lanes(repeating: 1)))
  let (h, hLost) = slowFactor(v)
  let g = h * inverse
  let square = size * size
  let squareLost = multiplyAdd(size, size, -square)
  let (power, powerLost, exponent) = exponentialParts(square * -0.5)
  var correction = multiplyAdd(h, inverseLost, multiplyAdd(h, inverse, -g))
  correction = multiplyAdd(g * squareLost, Lanes(repeating: -0.5), correction)
  correction = multiplyAdd(hLost, inverse, correction)
  correction = multiplyAdd(powerLost, g, correction)
  let tail = scale(multiplyAdd(power, g, power * correction), byPowerOfTwo: exponent)
  return (tail, size, scale(power, byPowerOfTwo: exponent) * 0.398_942_28)
}

/// H(v), and what its rounding to a float loses.
@inline(__always)
private func slowFactor(_ v: Lanes) -> (value: Lanes, lost: Lanes) {
  var h = multiplyAdd(Lanes(repeating: 5.445_502_8e-5), v, Lanes(repeating: 1.312_537_8e-4))
  h = multiplyAdd(h, v, Lanes(repeating: -2.447_546_3e-4))
  h = multiplyAdd(h, v, Lanes(repeating: -1.032_523_9e-3))
  h = multiplyAdd(h, v, Lanes(repeating: 1.024_784e-3))
  h = multiplyAdd(h, v, Lanes(repeating: 6.969_302e-3))
  h = multiplyAdd(h, v, Lanes(repeating: -1.046_252_1e-2))
  h = multiplyAdd(h, v, Lanes(repeating: -4.726_268_7e-2))
  h = multiplyAdd(h, v, Lanes(repeating: 0.230_017_7))
  let (before, beforeLost) = preciseStep(h, v, -0.509_332, rest: 1.201_877_5e-8)
  let (last, lastLost) = preciseStep(before, v, 0.729_083_7, rest: -2.801_963_8e-8)
  return (last, multiplyAdd(beforeLost, v, lastLost))
}

/// h · v + a constant larger than the product, with what the sum's and the product's rounding lose; the constant has two parts.
@inline(__always)
private func preciseStep(_ h: Lanes, _ v: Lanes, _ constant: Float, rest: Float) -> (value: Lanes, lost: Lanes) {
  let product = h * v
  let value = product + constant
  return (value, ((constant - value) + product) + multiplyAdd(h, v, -product) + rest)
}
