// The standard normal distribution of sixteen lanes at once, for the Gaussian error linear unit.

/// Φ(x), the probability of a normal number below x, lane by lane, within four units in the last place in the left tail too;
/// and its derivative φ(x) = e^(−x²/2) / √(2π).
///
/// For x < 0 it is e^(−x²/2) · H(v) / (|x| + 3), where H varies slowly, and with v = (|x| − 3) / (|x| + 3) = 1 − 6 / (|x| + 3)
/// is a polynomial of degree 10 within 1e-9; for x > 0 one minus that. What |x| + 3, its inverse, the product and x² round
/// away is computed by further multiply-adds, and enters at the end: it would cost digits in v and behind the exponential.
@inline(__always)
func gaussian(_ x: Lanes) -> (probability: Lanes, density: Lanes) {
  // Beyond 14.5 the tail is below the smallest float.
  let size = magnitude(x)
  let far = Lanes(repeating: 14.5)
  let t = size.replacing(with: far, where: size .> far)
  let sum = t + 3
  let inverse = 1 / sum
  let rest = multiplyAdd(-(t - (sum - 3)), inverse, multiplyAdd(-sum, inverse, Lanes(repeating: 1)))
  let inverseRest = rest * inverse
  let v = multiplyAdd(
    inverseRest, Lanes(repeating: -6), multiplyAdd(inverse, Lanes(repeating: -6), Lanes(repeating: 1)))
  var h = multiplyAdd(Lanes(repeating: 5.445_504_2e-5), v, Lanes(repeating: 1.312_538_1e-4))
  h = multiplyAdd(h, v, Lanes(repeating: -2.447_546_3e-4))
  h = multiplyAdd(h, v, Lanes(repeating: -1.032_524e-3))
  h = multiplyAdd(h, v, Lanes(repeating: 1.024_784_05e-3))
  h = multiplyAdd(h, v, Lanes(repeating: 6.969_302_4e-3))
  h = multiplyAdd(h, v, Lanes(repeating: -1.046_252_1e-2))
  h = multiplyAdd(h, v, Lanes(repeating: -4.726_268_7e-2))
  h = multiplyAdd(h, v, Lanes(repeating: 0.230_017_7))
  h = multiplyAdd(h, v, Lanes(repeating: -0.509_332))
  h = multiplyAdd(h, v, Lanes(repeating: 0.729_083_7))
  let g = h * inverse
  let square = t * t
  let lost = multiplyAdd(t, t, -square)
  let correction = multiplyAdd(
    g * lost, Lanes(repeating: -0.5), multiplyAdd(h, inverseRest, multiplyAdd(h, inverse, -g)))
  let bell = exponential(square * -0.5)
  let tail = bell * (g + correction)
  return (tail.replacing(with: 1 - tail, where: x .> 0), bell * 0.398_942_28)
}
