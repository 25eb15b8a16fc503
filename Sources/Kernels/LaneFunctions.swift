// Functions of sixteen lanes, each compiled into a loop of its own.

/// A function of sixteen lanes.
///
/// As a type and not as a closure: the compiler makes a loop for each type, in which nothing is called, whereas it leaves large
/// closures of a large switch outside, and hands them their lanes by quarters.
protocol LaneFunction {
  func value(_ x: Lanes) -> Lanes
}

/// A function whose derivative comes with its value.
protocol SlopedLaneFunction {
  func valueAndSlope(_ x: Lanes) -> (y: Lanes, slope: Lanes)
}

/// y = f(x)
@inline(never)
func map<Function: LaneFunction>(_ function: Function, _ x: UnsafePointer<Lanes>, count: Int, into y: LanePointer) {
  for i in 0..<count { y[i] = function.value(x[i]) }
}

/// y = f(x)
@inline(never)
func map<Function: SlopedLaneFunction>(
  _ function: Function, _ x: UnsafePointer<Lanes>, count: Int, into y: LanePointer
) {
  for i in 0..<count { y[i] = function.valueAndSlope(x[i]).y }
}

/// y = f(x) and slopes = f′(x)
@inline(never)
func map<Function: SlopedLaneFunction>(
  _ function: Function, _ x: UnsafePointer<Lanes>, count: Int, into y: LanePointer, slopes: LanePointer
) {
  for i in 0..<count { (y[i], slopes[i]) = function.valueAndSlope(x[i]) }
}

struct ExponentialFunction: LaneFunction {
  @inline(always) func value(_ x: Lanes) -> Lanes { exponential(x) }
}

struct LogarithmFunction: LaneFunction {
  @inline(always) func value(_ x: Lanes) -> Lanes { logarithm(x) }
}

struct SigmoidFunction: LaneFunction {
  @inline(always) func value(_ x: Lanes) -> Lanes { sigmoid(x) }
}

struct HyperbolicTangentFunction: LaneFunction {
  @inline(always) func value(_ x: Lanes) -> Lanes { hyperbolicTangent(x) }
}

struct ELUFunction: LaneFunction {
  let alpha: Float

  @inline(always)
  func value(_ x: Lanes) -> Lanes { x.replacing(with: exponentialMinusOne(x) * alpha, where: x .< 0) }
}

/// y = x · σ, y′ = σ + x · σ · (1 − σ)
struct SiLUFunction: SlopedLaneFunction {
  @inline(always)
  func valueAndSlope(_ x: Lanes) -> (y: Lanes, slope: Lanes) {
    let s = sigmoid(x)
    return (x * s, multiplyAdd(x * s, 1 - s, s))
  }
}

/// (1 + tanh u) / 2 is s = σ(2u), so y = x · s, and y′ = s + x · s · (1 − s) · (2u)′.
struct GELUTanhFunction: SlopedLaneFunction {
  @inline(always)
  func valueAndSlope(_ x: Lanes) -> (y: Lanes, slope: Lanes) {
    let square = x * x
    let s = sigmoid(multiplyAdd(square, Lanes(repeating: 0.071_354_816), Lanes(repeating: 1.595_769_1)) * x)
    let rise = multiplyAdd(square, Lanes(repeating: 0.214_064_44), Lanes(repeating: 1.595_769_1))
    return (x * s, multiplyAdd(x * s * (1 - s), rise, s))
  }
}

/// With e = eˣ and n = e · (e + 2), tanh(log(1 + e)) is t = n / (n + 2), and y′ = t + x · σ · (1 − t²).
struct MishFunction: SlopedLaneFunction {
  @inline(always)
  func valueAndSlope(_ x: Lanes) -> (y: Lanes, slope: Lanes) {
    // Beyond 20 t is one, and e² would overflow.
    let e = exponential(x.replacing(with: 20, where: x .> Lanes(repeating: 20)))
    let n = e * (e + 2)
    let inverse = 1 / (n + 2)
    let t = n * inverse
    return (x * t, multiplyAdd(x * (e / (1 + e)), 2 * inverse * (1 + t), t))
  }
}

/// log(1 + eᶻ) = max(z, 0) + log(1 + e^−|z|)
struct SoftplusFunction: SlopedLaneFunction {
  let beta: Float
  let threshold: Float

  @inline(always)
  func valueAndSlope(_ x: Lanes) -> (y: Lanes, slope: Lanes) {
    let z = x * beta
    let soft = (z.replacing(with: 0, where: z .< 0) + logarithmOnePlus(exponential(-magnitude(z)))) / beta
    let isFar = z .> Lanes(repeating: threshold)
    return (soft.replacing(with: x, where: isFar), sigmoid(z).replacing(with: 1, where: isFar))
  }
}
