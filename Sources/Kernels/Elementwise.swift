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
  func each(_ function: some LaneFunction) { map(function, x, count: count, into: y) }
  switch kind {
  case .negate: for i in 0..<count { y[i] = -x[i] }
  case .exp: each(ExponentialFunction())
  case .log: each(LogarithmFunction())
  case .power(let exponent): for i in 0..<count { y[i] = eachLane(x[i]) { power($0, exponent) } }
  case .sigmoid: each(SigmoidFunction())
  case .tanh: each(HyperbolicTangentFunction())
  case .silu, .gelu, .geluTanh, .mish, .softplus: applyWithSlope(kind, x, count: count, into: y, slopes: nil)
  case .elu(let alpha): each(ELUFunction(alpha: alpha))
  case .leakyReLU(let slope): for i in 0..<count { y[i] = x[i].replacing(with: x[i] * slope, where: x[i] .< 0) }
  case .relu6: for i in 0..<count { y[i] = bounded(x[i], from: .zero, to: Lanes(repeating: 6)) }
  case .hardswish: for i in 0..<count { y[i] = x[i] * bounded(x[i] + 3, from: .zero, to: Lanes(repeating: 6)) / 6 }
  }
}

/// y = f(x), and slopes = f′(x) where there is room for them, for a function whose derivative is kept.
public func applyWithSlope(
  _ kind: ElementwiseKind, _ x: UnsafePointer<Lanes>, count: Int, into y: LanePointer, slopes: LanePointer?
) {
  func each(_ function: some SlopedLaneFunction) {
    if let slopes {
      map(function, x, count: count, into: y, slopes: slopes)
    } else {
      map(function, x, count: count, into: y)
    }
  }
  switch kind {
  case .silu: each(SiLUFunction())
  case .gelu: applyGELU(x, count: count, into: y, slopes: slopes)
  case .geluTanh: each(GELUTanhFunction())
  case .mish: each(MishFunction())
  case .softplus(let beta, let threshold): each(SoftplusFunction(beta: beta, threshold: threshold))
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
