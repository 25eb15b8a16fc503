// Smooth functions of one number, and their derivatives.

/// A function that is applied to each element.
public enum ElementwiseKind: Sendable, Hashable {
  case negate, exp, log
  case power(Float)
  case sigmoid, tanh, silu
  /// x · Φ(x), with the error function.
  case gelu
  /// x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³)))
  case geluTanh
  case elu(alpha: Float)
  case leakyReLU(slope: Float)
}

/// y = f(x), element by element.
public func applyElementwise(_ kind: ElementwiseKind, _ x: UnsafePointer<Lanes>, count: Int, into y: LanePointer) {
  @inline(__always)
  func each(_ function: (Lanes) -> Lanes) { for i in 0..<count { y[i] = function(x[i]) } }
  switch kind {
  case .negate: each { -$0 }
  case .exp: each(exponential)
  case .log: each(logarithm)
  case .power(let exponent): each { x in eachLane(x) { power($0, exponent) } }
  case .sigmoid: each(sigmoid)
  case .tanh: each(hyperbolicTangent)
  case .silu: each { $0 * sigmoid($0) }
  case .gelu: each { $0 * gaussianProbability($0) }
  // (1 + tanh u) / 2 is the logistic function of 2u.
  case .geluTanh: each { $0 * sigmoid(multiplyAdd($0 * $0, Lanes(repeating: 0.071_354_816), Lanes(repeating: 1.595_769_1)) * $0) }
  case .elu(let alpha): each { $0.replacing(with: exponentialMinusOne($0) * alpha, where: $0 .< 0) }
  case .leakyReLU(let slope): each { $0.replacing(with: $0 * slope, where: $0 .< 0) }
  }
}

/// dx = [previous +] dy · f′(x), given y = f(x) too, from which most derivatives follow without another exponential.
public func elementwiseGradient(
  _ kind: ElementwiseKind, _ x: UnsafePointer<Lanes>, _ y: UnsafePointer<Lanes>, _ dy: UnsafePointer<Lanes>, count: Int,
  accumulate: Bool, into dx: LanePointer
) {
  @inline(__always)
  func each(_ slope: (_ x: Lanes, _ y: Lanes) -> Lanes) {
    if accumulate {
      for i in 0..<count { dx[i] = multiplyAdd(dy[i], slope(x[i], y[i]), dx[i]) }
    } else {
      for i in 0..<count { dx[i] = dy[i] * slope(x[i], y[i]) }
    }
  }
  let one = Lanes(repeating: 1)
  switch kind {
  case .negate: each { _, _ in -one }
  case .exp: each { _, y in y }
  case .log: each { x, _ in 1 / x }
  case .power(let exponent): each { x, _ in eachLane(x) { exponent == 0 ? 0 : exponent * power($0, exponent - 1) } }
  case .sigmoid: each { _, y in y * (1 - y) }
  case .tanh: each { _, y in 1 - y * y }
  // σ + x · σ · (1 − σ) with x · σ = y.
  case .silu:
    each { x, y in
      let s = factor(of: y, x)
      return multiplyAdd(y, 1 - s, s)
    }
  // Φ(x) + x · φ(x)
  case .gelu: each { x, y in multiplyAdd(x, gaussianDensity(x), factor(of: y, x)) }
  // s + x · s · (1 − s) · (2u)′ with s = σ(2u), x · s = y
  case .geluTanh:
    each { x, y in
      let s = factor(of: y, x)
      let slope = multiplyAdd(x * x, Lanes(repeating: 0.214_064_44), Lanes(repeating: 1.595_769_1))
      return multiplyAdd(y * (1 - s), slope, s)
    }
  case .elu(let alpha): each { x, y in one.replacing(with: y + alpha, where: x .<= 0) }
  case .leakyReLU(let slope): each { x, _ in one.replacing(with: slope, where: x .<= 0) }
  }
}

/// s of y = x · s, for a function s that is ½ at zero and has left its digits in y.
@inline(__always)
private func factor(of y: Lanes, _ x: Lanes) -> Lanes {
  (y / x).replacing(with: 0.5, where: magnitude(x) .< Lanes(repeating: 1e-30))
}

/// A scalar function of each lane: for functions that are rare enough not to need vector code.
@inline(__always)
private func eachLane(_ x: Lanes, _ body: (Float) -> Float) -> Lanes {
  var result = Lanes()
  for lane in 0..<lanesPerShard { result[lane] = body(x[lane]) }
  return result
}
