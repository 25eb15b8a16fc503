// The Gaussian error linear unit, and the standard normal distribution that it is made of, sixteen lanes at once.

/// y = x · Φ(x), as x − |x| · Φ(−|x|) above zero, which rounds once; slopes = Φ(x) + x · φ(x), where there is room for them.
///
/// A vector takes some ninety operations, most of which wait for the one before. So some vectors take each of three steps
/// together: the processor then finds enough that need not wait.
func applyGELU(_ x: UnsafePointer<Lanes>, count: Int, into y: LanePointer, slopes: LanePointer?) {
  var arguments = InlineArray<8, GaussianArgument>(repeating: GaussianArgument(of: .zero))
  var factors = InlineArray<8, SlowFactor>(repeating: SlowFactor(.zero))
  var first = 0
  while first < count {
    let together = min(8, count &- first)
    for i in 0..<together { arguments[i] = GaussianArgument(of: x[first &+ i]) }
    for i in 0..<together { factors[i] = SlowFactor(arguments[i].v) }
    for i in 0..<together {
      let x = x[first &+ i]
      let normal = gaussian(arguments[i], factors[i])
      let isPositive = x .> 0
      // Where Φ(−|x|) is 0 the factor must not be infinite.
      let factor = x.replacing(with: -arguments[i].size, where: isPositive)
      y[first &+ i] = multiplyAdd(factor, normal.tail, Lanes.zero.replacing(with: x, where: isPositive))
      let probability = normal.tail.replacing(with: 1 - normal.tail, where: isPositive)
      if let slopes { slopes[first &+ i] = multiplyAdd(x, normal.density, probability) }
    }
    first &+= together
  }
}

/// What Φ(−|x|) is computed from: |x| with what is beyond 14.5, where that probability is 0, cut off; 1 / (|x| + 3), and what its
/// rounding loses; and v = (|x| − 3) / (|x| + 3) = 1 − 6 / (|x| + 3).
private struct GaussianArgument {
  let size: Lanes
  let inverse: Lanes
  let inverseLost: Lanes
  let v: Lanes

  @inline(always)
  init(of x: Lanes) {
    size = bounded(magnitude(x), from: .zero, to: Lanes(repeating: 14.5))
    let sum = size + 3
    inverse = 1 / sum
    let rest = multiplyAdd(-(size - (sum - 3)), inverse, multiplyAdd(-sum, inverse, Lanes(repeating: 1)))
    inverseLost = rest * inverse
    v = multiplyAdd(
      inverseLost, Lanes(repeating: -6), multiplyAdd(inverse, Lanes(repeating: -6), Lanes(repeating: 1)))
  }
}

/// Φ(−|x|), the probability of a normal number below −|x|, lane by lane, within two units in the last place; and Φ's derivative
/// φ(x) = e^(−x²/2) / √(2π).
///
/// Φ(−t) = e^(−t²/2) · H(v) / (t + 3), where H varies slowly, and is a polynomial of degree 10 within 6e-9, fitted to erfcx. What
/// t + 3, its inverse, t², the polynomial's last two steps and the exponential round away is computed by further
/// multiply-adds and enters at the end.
@inline(always)
private func gaussian(_ t: GaussianArgument, _ h: SlowFactor) -> (tail: Lanes, density: Lanes) {
  let g = h.value * t.inverse
  let square = t.size * t.size
  let squareLost = multiplyAdd(t.size, t.size, -square)
  let (power, powerLost, exponent) = exponentialParts(square * -0.5)
  var correction = multiplyAdd(h.value, t.inverseLost, multiplyAdd(h.value, t.inverse, -g))
  correction = multiplyAdd(g * squareLost, Lanes(repeating: -0.5), correction)
  correction = multiplyAdd(h.lost, t.inverse, correction)
  correction = multiplyAdd(powerLost, g, correction)
  let tail = scale(multiplyAdd(power, g, power * correction), byPowerOfTwo: exponent)
  return (tail, scale(power, byPowerOfTwo: exponent) * 0.398_942_28)
}

/// H(v), and what its rounding to a float loses.
private struct SlowFactor {
  let value: Lanes
  let lost: Lanes

  @inline(always)
  init(_ v: Lanes) {
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
    (value, lost) = (last, multiplyAdd(beforeLost, v, lastLost))
  }
}

/// h · v + a constant larger than the product, with what the sum's and the product's rounding lose; the constant has two parts.
@inline(always)
private func preciseStep(_ h: Lanes, _ v: Lanes, _ constant: Float, rest: Float) -> (value: Lanes, lost: Lanes) {
  let product = h * v
  let value = product + constant
  return (value, ((constant - value) + product) + multiplyAdd(h, v, -product) + rest)
}
