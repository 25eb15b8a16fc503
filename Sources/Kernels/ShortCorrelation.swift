// Correlations of three and of five taps along one axis, in fewer multiplications than their formulas have.

import CVector

/// y = Aᵀ [ (G g) ⊙ (Bᵀ d) ], where ⊙ multiplies number by number: `outputs` neighbouring outputs y of a correlation of
/// `taps` taps g with inputs d, in `points` multiplications.
///
/// A and B hold only 0, 1 and −1, and G halves and wholes: on whole numbers nothing is rounded.
///
/// The functions transform along a row; what they read and write lies a number of registers apart.
protocol ShortCorrelation {
  static var taps: Int { get }
  static var outputs: Int { get }
  static var points: Int { get }
  /// v = Bᵀ d, of outputs + taps − 1 inputs; `d` gives one by its number.
  static func transformInput(
    _ d: (_ index: Int) -> Register, into v: UnsafeMutablePointer<Register>, elementStep: Int)
  /// y = Aᵀ m; `body` gets each output and its number.
  static func transformOutput(
    _ m: UnsafePointer<Register>, elementStep: Int, _ body: (_ index: Int, _ y: Register) -> Void)
  /// u = G g; `g` gives a tap by its number, `body` gets each point's number and weight.
  static func transformKernel(_ g: (_ index: Int) -> Float, _ body: (_ point: Int, _ u: Float) -> Void)
  /// w = A dy; `dy` gives the gradient of an output by its number.
  static func transformGradient(
    _ dy: (_ index: Int) -> Register, into w: UnsafeMutablePointer<Register>, elementStep: Int)
}

/// Winograd's F(2, 3): two outputs of three taps in four multiplications instead of six.
///
/// Source: Lavin and Gray, "Fast algorithms for convolutional neural networks" (2016).
enum ThreeTaps: ShortCorrelation {
  static var taps: Int { 3 }
  static var outputs: Int { 2 }
  static var points: Int { 4 }

  @inline(__always)
  static func transformInput(
    _ d: (_ index: Int) -> Register, into v: UnsafeMutablePointer<Register>, elementStep: Int
  ) {
    let (x, y, z, w) = (d(0), d(1), d(2), d(3))
    v[0] = x - z
    v[elementStep] = y + z
    v[2 &* elementStep] = z - y
    v[3 &* elementStep] = y - w
  }

  @inline(__always)
  static func transformOutput(
    _ m: UnsafePointer<Register>, elementStep: Int, _ body: (_ index: Int, _ y: Register) -> Void
  ) {
    let (p, q, r, s) = (m[0], m[elementStep], m[2 &* elementStep], m[3 &* elementStep])
    body(0, p + q + r)
    body(1, q - r - s)
  }

  @inline(__always)
  static func transformKernel(_ g: (_ index: Int) -> Float, _ body: (_ point: Int, _ u: Float) -> Void) {
    let (x, y, z) = (g(0), g(1), g(2))
    body(0, x)
    body(1, 0.5 * (x + y + z))
    body(2, 0.5 * (x - y + z))
    body(3, z)
  }

  @inline(__always)
  static func transformGradient(
    _ dy: (_ index: Int) -> Register, into w: UnsafeMutablePointer<Register>, elementStep: Int
  ) {
    let (p, q) = (dy(0), dy(1))
    w[0] = p
    w[elementStep] = p + q
    w[2 &* elementStep] = p - q
    w[3 &* elementStep] = -q
  }
}

/// Four outputs of five taps in eleven multiplications instead of twenty.
///
/// y(n) = Σ h(t) · x(n + t) splits by what is even and what is odd. With a = (h₀, h₂, h₄), b = (h₁, h₃), x₀(m) = x(2m)
/// and x₁(m) = x(2m + 1):
///
///     y(2m)     = a∗x₀ + b∗x₁           = a∗(x₀ − x₁) + (a + b)∗x₁
///     y(2m + 1) = a∗x₁ + b∗x₀(m + 1)    = (a + b)∗x₁ + b∗(x₀(m + 1) − x₁)
///
/// The middle product serves both. Each of the three is a correlation of three taps, by `ThreeTaps`; the last has only
/// two, so that its fourth multiplication would be by zero.
///
/// Source: Mou and Duhamel, "Short-length FIR filters and their use in fast nonrecursive filtering" (1991).
enum FiveTaps: ShortCorrelation {
  static var taps: Int { 5 }
  static var outputs: Int { 4 }
  static var points: Int { 11 }

  @inline(__always)
  static func transformInput(
    _ d: (_ index: Int) -> Register, into v: UnsafeMutablePointer<Register>, elementStep: Int
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
  }

  @inline(__always)
  static func transformOutput(
    _ m: UnsafePointer<Register>, elementStep: Int, _ body: (_ index: Int, _ y: Register) -> Void
  ) {
    let (q, r) = (m[5 &* elementStep], m[6 &* elementStep])
    let even = m[4 &* elementStep] + q + r
    let odd = q - r - m[7 &* elementStep]
    let (s, t) = (m[elementStep], m[2 &* elementStep])
    body(0, even + (m[0] + s + t))
    body(2, odd + (s - t - m[3 &* elementStep]))
    let (u, v) = (m[9 &* elementStep], m[10 &* elementStep])
    body(1, even + (m[8 &* elementStep] + u + v))
    body(3, odd + (u - v))
  }

  @inline(__always)
  static func transformKernel(_ g: (_ index: Int) -> Float, _ body: (_ point: Int, _ u: Float) -> Void) {
    let (h0, h1, h2, h3, h4) = (g(0), g(1), g(2), g(3), g(4))
    ThreeTaps.transformKernel({ $0 == 0 ? h0 : $0 == 1 ? h2 : h4 }, body)
    let both = (h0 + h1, h2 + h3)
    ThreeTaps.transformKernel({ $0 == 0 ? both.0 : $0 == 1 ? both.1 : h4 }, { body(4 &+ $0, $1) })
    body(8, h1)
    body(9, 0.5 * (h1 + h3))
    body(10, 0.5 * (h1 - h3))
  }

  @inline(__always)
  static func transformGradient(
    _ dy: (_ index: Int) -> Register, into w: UnsafeMutablePointer<Register>, elementStep: Int
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
  }
}
