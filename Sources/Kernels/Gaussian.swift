// The standard normal distribution of sixteen lanes at once, for the Gaussian error linear unit.

/// Φ(x), the probability of a normal number below x, lane by lane; relatively exact in the left tail too.
///
/// For x < 0 it is e^(−x²/2)·G(|x|), where G falls slowly, and with v = (|x| − 3) / (|x| + 3) is a polynomial of degree 11
/// within 8e-10; for x > 0 one minus that. What x² rounds away would cost digits behind the exponential: it is computed
/// by a second multiply-add, and enters as a factor.
@inline(__always)
func gaussianProbability(_ x: Lanes) -> Lanes {
  // Beyond 14.5 the tail is below the smallest float.
  let size = magnitude(x)
  let far = Lanes(repeating: 14.5)
  let t = size.replacing(with: far, where: size .> far)
  let v = (t - 3) / (t + 3)
  var g = multiplyAdd(Lanes(repeating: -8.699_295e-6), v, Lanes(repeating: -1.214_888_48e-5))
  g = multiplyAdd(g, v, Lanes(repeating: 6.248_18e-5))
  g = multiplyAdd(g, v, Lanes(repeating: 1.305_613_1e-4))
  g = multiplyAdd(g, v, Lanes(repeating: -3.429_456_8e-4))
  g = multiplyAdd(g, v, Lanes(repeating: -9.904_549e-4))
  g = multiplyAdd(g, v, Lanes(repeating: 2.905_347_9e-3))
  g = multiplyAdd(g, v, Lanes(repeating: 6.133_309_6e-3))
  g = multiplyAdd(g, v, Lanes(repeating: -4.621_340_3e-2))
  g = multiplyAdd(g, v, Lanes(repeating: 0.123_224_95))
  g = multiplyAdd(g, v, Lanes(repeating: -0.206_402_61))
  g = multiplyAdd(g, v, Lanes(repeating: 0.121_513_95))
  let square = t * t
  let lost = multiplyAdd(t, t, -square)
  let tail = exponential(square * -0.5) * multiplyAdd(g * lost, Lanes(repeating: -0.5), g)
  return tail.replacing(with: 1 - tail, where: x .> 0)
}

/// φ(x) = e^(−x²/2) / √(2π), lane by lane: the derivative of Φ.
@inline(__always)
func gaussianDensity(_ x: Lanes) -> Lanes { exponential(x * x * -0.5) * 0.398_942_28 }
