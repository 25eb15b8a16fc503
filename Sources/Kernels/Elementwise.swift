// Smooth functions of one number, and their derivatives.

import Glibc

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
  switch kind {
  case .negate: for i in 0..<count { y[i] = -x[i] }
  case .exp: for i in 0..<count { y[i] = exponential(x[i]) }
  case .log: for i in 0..<count { y[i] = eachLane(x[i]) { logf($0) } }
  case .power(let exponent): for i in 0..<count { y[i] = eachLane(x[i]) { powf($0, exponent) } }
  case .sigmoid: for i in 0..<count { y[i] = sigmoid(x[i]) }
  case .tanh: for i in 0..<count { y[i] = eachLane(x[i]) { tanhf($0) } }
  case .silu: for i in 0..<count { y[i] = x[i] * sigmoid(x[i]) }
  case .gelu: for i in 0..<count { y[i] = x[i] * gaussianCDF(x[i]) }
  case .geluTanh: for i in 0..<count { y[i] = x[i] * (innerTanh(x[i]) + 1) * 0.5 }
  case .elu(let alpha):
    for i in 0..<count {
      y[i] = x[i].replacing(with: eachLane(x[i]) { expm1f(min($0, 0)) } * alpha, where: x[i] .< 0)
    }
  case .leakyReLU(let slope): for i in 0..<count { y[i] = x[i].replacing(with: x[i] * slope, where: x[i] .< 0) }
  }
}

/// dx = [previous +] dy · f′(x), given y = f(x) too.
public func elementwiseGradient(
  _ kind: ElementwiseKind, _ x: UnsafePointer<Lanes>, _ y: UnsafePointer<Lanes>, _ dy: UnsafePointer<Lanes>, count: Int,
  accumulate: Bool, into dx: LanePointer
) {
  for i in 0..<count {
    let gradient = dy[i] * slope(kind, x[i], y[i])
    dx[i] = accumulate ? dx[i] + gradient : gradient
  }
}

@inline(__always)
private func slope(_ kind: ElementwiseKind, _ x: Lanes, _ y: Lanes) -> Lanes {
  switch kind {
  case .negate: return Lanes(repeating: -1)
  case .exp: return y
  case .log: return 1 / x
  case .power(let exponent): return eachLane(x) { exponent == 0 ? 0 : exponent * powf($0, exponent - 1) }
  case .sigmoid: return y * (1 - y)
  case .tanh: return 1 - y * y
  case .silu:
    let s = sigmoid(x)
    return s * (1 + x * (1 - s))
  case .gelu:
    // Φ(x) + x φ(x)
    let density = exponential(x * x * -0.5) * 0.398_942_28
    return multiplyAdd(x, density, gaussianCDF(x))
  case .geluTanh:
    let t = innerTanh(x)
    let inner = (x * x * 0.134_145 + 1) * 0.797_884_56
    return (t + 1) * 0.5 + x * 0.5 * (1 - t * t) * inner
  case .elu(let alpha): return Lanes(repeating: 1).replacing(with: y + alpha, where: x .<= 0)
  case .leakyReLU(let slope): return Lanes(repeating: 1).replacing(with: slope, where: x .<= 0)
  }
}

/// 1 / (1 + e^−x): e^−x may overflow to ∞, whose quotient is the right 0.
@inline(__always)
func sigmoid(_ x: Lanes) -> Lanes { 1 / (1 + exponential(-x)) }

@inline(__always)
private func gaussianCDF(_ x: Lanes) -> Lanes { eachLane(x) { 0.5 * erfcf(-$0 * 0.707_106_77) } }

@inline(__always)
private func innerTanh(_ x: Lanes) -> Lanes {
  eachLane((x * x * x * 0.044_715 + x) * 0.797_884_56) { tanhf($0) }
}

/// A scalar function of each lane: for functions that are rare enough not to need vector code.
@inline(__always)
func eachLane(_ x: Lanes, _ body: (Float) -> Float) -> Lanes {
  var result = Lanes()
  for lane in 0..<lanesPerShard { result[lane] = body(x[lane]) }
  return result
}
