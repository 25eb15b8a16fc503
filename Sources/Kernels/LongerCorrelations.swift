// Correlations of five and seven taps along one axis, made of those of three.

import CVector

/// Four outputs of five or six taps, in eleven or twelve multiplications instead of twenty or twenty-four.
///
/// y(n) = Σ h(t) · x(n + t) splits by what is even and what is odd. With a = (h₀, h₂, h₄), b = (h₁, h₃, h₅), x₀(m) = x(2m)
/// and x₁(m) = x(2m + 1):
///
///     y(2m)     = a∗x₀ + b∗x₁           = a∗(x₀ − x₁) + (a + b)∗x₁
///     y(2m + 1) = a∗x₁ + b∗x₀(m + 1)    = (a + b)∗x₁ + b∗(x₀(m + 1) − x₁)
///
/// The middle product serves both. Each of the three is a correlation of three taps, by `ThreeTaps`. Of five taps the last one has
/// only two, so that its fourth multiplication, the twelfth of all, would be by zero.
///
/// Source: Mou and Duhamel, "Short-length FIR filters and their use in fast nonrecursive filtering" (1991).
private enum EvenAndOdd {
  @inline(__always)
  static func transformInput(
    _ d: (_ index: Int) -> Register, into v: UnsafeMutablePointer<Register>, elementStep: Int, hasSixth: Bool
  ) {
    let (x0, x1, x2, x3) = (d(0), d(1), d(2), d(3))
    let (x4, x5, x6, x7) = (d(4), d(5), d(6), d(7))
    let (first, second, third) = (x0 - x1, x2 - x3, x4 - x5)
    v[0] = first - third
    v[elementStep] = second + third
    v[2 &* elementStep] = third - second
    v[3 &* elementStep] = second - (x6 - x7)
    let middle = v + 4 &* elementStep
    middle[0] = x1 - x5
    middle[elementStep] = x3 + x5
    middle[2 &* elementStep] = x5 - x3
    middle[3 &* elementStep] = x3 - x7
    let (fourth, fifth, sixth) = (x2 - x1, x4 - x3, x6 - x5)
    let last = v + 8 &* elementStep
    last[0] = fourth - sixth
    last[elementStep] = fifth + sixth
    last[2 &* elementStep] = sixth - fifth
    if hasSixth { last[3 &* elementStep] = fifth - (d(8) - x7) }
  }

  /// The four outputs, in their order.
  @inline(__always)
  static func transformOutput(
    _ m: UnsafePointer<Register>, elementStep: Int, hasSixth: Bool
  ) -> (Register, Register, Register, Register) {
    let (q, r) = (m[5 &* elementStep], m[6 &* elementStep])
    let even = m[4 &* elementStep] + q + r
    let odd = q - r - m[7 &* elementStep]
    let (s, t) = (m[elementStep], m[2 &* elementStep])
    let (u, v) = (m[9 &* elementStep], m[10 &* elementStep])
    let last = hasSixth ? u - v - m[11 &* elementStep] : u - v
    return (
      even + (m[0] + s + t), even + (m[8 &* elementStep] + u + v), odd + (s - t - m[3 &* elementStep]), odd + last
    )
  }

  @inline(__always)
  static func transformKernel(
    _ g: (_ index: Int) -> Lanes, hasSixth: Bool, _ body: (_ point: Int, _ u: Lanes) -> Void
  ) {
    let (h0, h1, h2, h3, h4) = (g(0), g(1), g(2), g(3), g(4))
    ThreeTaps.transformKernel({ $0 == 0 ? h0 : $0 == 1 ? h2 : h4 }, body)
    guard hasSixth else {
      let both = (h0 + h1, h2 + h3)
      ThreeTaps.transformKernel({ $0 == 0 ? both.0 : $0 == 1 ? both.1 : h4 }, { body(4 &+ $0, $1) })
      let half = Lanes(repeating: 0.5)
      body(8, h1)
      body(9, half * (h1 + h3))
      body(10, half * (h1 - h3))
      return
    }
    let h5 = g(5)
    let both = (h0 + h1, h2 + h3, h4 + h5)
    ThreeTaps.transformKernel({ $0 == 0 ? both.0 : $0 == 1 ? both.1 : both.2 }, { body(4 &+ $0, $1) })
    ThreeTaps.transformKernel({ $0 == 0 ? h1 : $0 == 1 ? h3 : h5 }, { body(8 &+ $0, $1) })
  }

  @inline(__always)
  static func transformGradient(
    _ dy: (_ index: Int) -> Register, into w: UnsafeMutablePointer<Register>, elementStep: Int, hasSixth: Bool
  ) {
    @inline(__always)
    func spread(_ p: Register, _ q: Register, _ w: UnsafeMutablePointer<Register>) {
      w[0] = p
      w[elementStep] = p + q
      w[2 &* elementStep] = p - q
    }
    let (y0, y1, y2, y3) = (dy(0), dy(1), dy(2), dy(3))
    spread(y0, y2, w)
    w[3 &* elementStep] = -y2
    let both = (y0 + y1, y2 + y3)
    spread(both.0, both.1, w + 4 &* elementStep)
    w[7 &* elementStep] = -both.1
    spread(y1, y3, w + 8 &* elementStep)
    if hasSixth { w[11 &* elementStep] = -y3 }
  }
}

/// Four outputs of five taps in eleven multiplications.
enum FiveTaps: ShortCorrelation {
  static var taps: Int { 5 }
  static var outputs: Int { 4 }
  static var points: Int { 11 }

  @inline(__always)
  static func transformInput(
    _ d: (_ index: Int) -> Register, into v: UnsafeMutablePointer<Register>, elementStep: Int
  ) {
    EvenAndOdd.transformInput(d, into: v, elementStep: elementStep, hasSixth: false)
  }

  @inline(__always)
  static func transformOutput(
    _ m: UnsafePointer<Register>, elementStep: Int, _ body: (_ index: Int, _ y: Register) -> Void
  ) {
    let y = EvenAndOdd.transformOutput(m, elementStep: elementStep, hasSixth: false)
    body(0, y.0)
    body(1, y.1)
    body(2, y.2)
    body(3, y.3)
  }

  @inline(__always)
  static func transformKernel(_ g: (_ index: Int) -> Lanes, _ body: (_ point: Int, _ u: Lanes) -> Void) {
    EvenAndOdd.transformKernel(g, hasSixth: false, body)
  }

  @inline(__always)
  static func transformGradient(
    _ dy: (_ index: Int) -> Register, into w: UnsafeMutablePointer<Register>, elementStep: Int
  ) {
    EvenAndOdd.transformGradient(dy, into: w, elementStep: elementStep, hasSixth: false)
  }
}

/// Four outputs of seven taps in sixteen multiplications instead of twenty-eight: of six taps in twelve, and the seventh by its formula.
enum SevenTaps: ShortCorrelation {
  static var taps: Int { 7 }
  static var outputs: Int { 4 }
  static var points: Int { 16 }

  @inline(__always)
  static func transformInput(
    _ d: (_ index: Int) -> Register, into v: UnsafeMutablePointer<Register>, elementStep: Int
  ) {
    EvenAndOdd.transformInput(d, into: v, elementStep: elementStep, hasSixth: true)
    for n in 0..<4 { v[(12 &+ n) &* elementStep] = d(6 &+ n) }
  }

  @inline(__always)
  static func transformOutput(
    _ m: UnsafePointer<Register>, elementStep: Int, _ body: (_ index: Int, _ y: Register) -> Void
  ) {
    let y = EvenAndOdd.transformOutput(m, elementStep: elementStep, hasSixth: true)
    body(0, y.0 + m[12 &* elementStep])
    body(1, y.1 + m[13 &* elementStep])
    body(2, y.2 + m[14 &* elementStep])
    body(3, y.3 + m[15 &* elementStep])
  }

  @inline(__always)
  static func transformKernel(_ g: (_ index: Int) -> Lanes, _ body: (_ point: Int, _ u: Lanes) -> Void) {
    EvenAndOdd.transformKernel(g, hasSixth: true, body)
    for n in 0..<4 { body(12 &+ n, g(6)) }
  }

  @inline(__always)
  static func transformGradient(
    _ dy: (_ index: Int) -> Register, into w: UnsafeMutablePointer<Register>, elementStep: Int
  ) {
    EvenAndOdd.transformGradient(dy, into: w, elementStep: elementStep, hasSixth: true)
    for n in 0..<4 { w[(12 &+ n) &* elementStep] = dy(n) }
  }
}
