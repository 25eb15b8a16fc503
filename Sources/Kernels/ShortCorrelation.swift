// Correlations along one axis in fewer multiplications than their formulas have: what they share, and that of three taps.

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
  static func transformKernel(_ g: (_ index: Int) -> Lanes, _ body: (_ point: Int, _ u: Lanes) -> Void)
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
  static func transformKernel(_ g: (_ index: Int) -> Lanes, _ body: (_ point: Int, _ u: Lanes) -> Void) {
    let (x, y, z) = (g(0), g(1), g(2))
    let half = Lanes(repeating: 0.5)
    body(0, x)
    body(1, half * (x + y + z))
    body(2, half * (x - y + z))
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
