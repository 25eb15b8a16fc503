// Functions of one number, applied to each element, and their derivatives.

/// A function that is applied to each element.
public enum ElementwiseKind: Sendable, Hashable {
  case negate, exp, log
  case power(Float)
  case sigmoid, tanh, silu
  /// x · Φ(x), with the error function.
  case gelu
  /// x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³)))
  case geluTanh
  /// x · tanh(log(1 + eˣ))
  case mish
  /// log(1 + e^(βx)) / β, and x itself where βx is above a threshold.
  case softplus(beta: Float, threshold: Float)
  case elu(alpha: Float)
  case leakyReLU(slope: Float)
  /// min(max(x, 0), 6)
  case relu6
  /// x · min(max(x + 3, 0), 6) / 6
  case hardswish

  /// What the derivative follows from: most from the output, without another exponential.
  public enum Derivative: Sendable { case input, output, kept }

  public var derivative: Derivative {
    switch self {
    case .negate, .exp, .sigmoid, .tanh, .elu, .relu6: .output
    case .log, .power, .leakyReLU, .hardswish: .input
    // Forward has all that it takes, and keeps it.
    case .silu, .gelu, .geluTanh, .mish, .softplus: .kept
    }
  }
}

/// y = f(x), element by element.
public func applyElementwise(_ kind: ElementwiseKind, _ x: UnsafePointer<Lanes>, count: Int, into y: LanePointer) {
  @inline(__always)
  func each(_ function: (Lanes) -> Lanes) { for i in 0..<count { y[i] = function(x[i]) } }
  let zero = Lanes.zero
  switch kind {
  case .negate: each { -$0 }
  case .exp: each { exponential($0) }
  case .log: each { logarithm($0) }
  case .power(let exponent): each { x in eachLane(x) { power($0, exponent) } }
  case .sigmoid: each { sigmoid($0) }
  case .tanh: each { hyperbolicTangent($0) }
  case .silu, .gelu, .geluTanh, .mish, .softplus: applyWithSlope(kind, x, count: count, into: y, slopes: nil)
  case .elu(let alpha): each { $0.replacing(with: exponentialMinusOne($0) * alpha, where: $0 .< 0) }
  case .leakyReLU(let slope): each { $0.replacing(with: $0 * slope, where: $0 .< 0) }
  case .relu6: each { bounded($0, from: zero, to: Lanes(repeating: 6)) }
  case .hardswish: each { $0 * bounded($0 + 3, from: zero, to: Lanes(repeating: 6)) / 6 }
  }
}

/// y = f(x), and slopes = f′(x) where there is room for them, for a function whose derivative is kept.
public func applyWithSlope(
  _ kind: ElementwiseKind, _ x: UnsafePointer<Lanes>, count: Int, into y: LanePointer, slopes: LanePointer?
) {
  @inline(__always)
  func each(_ function: (_ x: Lanes) -> (y: Lanes, slope: Lanes)) {
    if let slopes {
      for i in 0..<count { (y[i], slopes[i]) = function(x[i]) }
    } else {
      for i in 0..<count { y[i] = function(x[i]).y }
    }
  }
  switch kind {
  // σ + x · σ · (1 − σ)
  case .silu:
    each { x in
      let s = sigmoid(x)
      return (x * s, multiplyAdd(x * s, 1 - s, s))
    }
  // x · Φ(x), as x − |x| · Φ(−|x|) above zero, which rounds once; and Φ(x) + x · φ(x).
  case .gelu:
    each { x in
      let normal = gaussian(x)
      let isPositive = x .> 0
      // Where Φ(−|x|) is 0 the factor must not be infinite.
      let factor = x.replacing(with: -normal.size, where: isPositive)
      let value = multiplyAdd(factor, normal.tail, Lanes.zero.replacing(with: x, where: isPositive))
      let probability = normal.tail.replacing(with: 1 - normal.tail, where: isPositive)
      return (value, multiplyAdd(x, normal.density, probability))
    }
  // (1 + tanh u) / 2 is s = σ(2u), so y = x · s, and y′ = s + x · s · (1 − s) · (2u)′.
  case .geluTanh:
    each { x in
      let square = x * x
      let s = sigmoid(multiplyAdd(square, Lanes(repeating: 0.071_354_816), Lanes(repeating: 1.595_769_1)) * x)
      let rise = multiplyAdd(square, Lanes(repeating: 0.214_064_44), Lanes(repeating: 1.595_769_1))
      return (x * s, multiplyAdd(x * s * (1 - s), rise, s))
    }
  // With e = eˣ and n = e · (e + 2), tanh(log(1 + e)) is t = n / (n + 2), and y′ = t + x · σ · (1 − t²).
  case .mish:
    each { x in
      // Beyond 20 t is one, and e² would overflow.
      let e = exponential(x.replacing(with: 20, where: x .> Lanes(repeating: 20)))
      let n = e * (e + 2)
      let inverse = 1 / (n + 2)
      let t = n * inverse
      return (x * t, multiplyAdd(x * (e / (1 + e)), 2 * inverse * (1 + t), t))
    }
  // log(1 + eᶻ) = max(z, 0) + log(1 + e^−|z|)
  case .softplus(let beta, let threshold):
    each { x in
      let z = x * beta
      let soft = (z.replacing(with: 0, where: z .< 0) + logarithmOnePlus(exponential(-magnitude(z)))) / beta
      let isFar = z .> Lanes(repeating: threshold)
      return (soft.replacing(with: x, where: isFar), sigmoid(z).replacing(with: 1, where: isFar))
    }
  default: preconditionFailure("\(kind) follows from its input or its output")
  }
}

/// dx = [previous +] dy · f′, where f′ follows from y = f(x), or from x: `source` is what the kind's `derivative` says.
public func elementwiseGradient(
  _ kind: ElementwiseKind, _ source: UnsafePointer<Lanes>, _ dy: UnsafePointer<Lanes>, count: Int, accumulate: Bool,
  into dx: LanePointer
) {
  @inline(__always)
  func each(_ slope: (Lanes) -> Lanes) {
    if accumulate {
      for i in 0..<count { dx[i] = multiplyAdd(dy[i], slope(source[i]), dx[i]) }
    } else {
      for i in 0..<count { dx[i] = dy[i] * slope(source[i]) }
    }
  }
  let one = Lanes(repeating: 1)
  switch kind {
  case .negate: each { _ in -one }
  case .exp: each { y in y }
  case .log: each { x in 1 / x }
  case .power(let exponent): each { x in eachLane(x) { exponent == 0 ? 0 : exponent * power($0, exponent - 1) } }
  case .sigmoid: each { y in y * (1 - y) }
  case .tanh: each { y in 1 - y * y }
  case .elu(let alpha): each { y in one.replacing(with: y + alpha, where: y .<= 0) }
  case .leakyReLU(let slope): each { x in one.replacing(with: slope, where: x .<= 0) }
  case .relu6: each { y in one.replacing(with: 0, where: (y .<= 0) .| (y .>= Lanes(repeating: 6))) }
  case .hardswish:
    each { x in
      (x / 3 + 0.5).replacing(with: 0, where: x .<= Lanes(repeating: -3))
        .replacing(with: 1, where: x .>= Lanes(repeating: 3))
    }
  case .silu, .gelu, .geluTanh, .mish, .softplus:
    multiplyLanes(dy, by: source, count: count, accumulate: accumulate, into: dx)
  }
}

/// A scalar function of each lane: for functions that are rare enough not to need vector code.
@inline(__always)
private func eachLane(_ x: Lanes, _ body: (Float) -> Float) -> Lanes {
  var result = Lanes()
  for lane in 0..<lanesPerShard { result[lane] = body(x[lane]) }
  return result
}
