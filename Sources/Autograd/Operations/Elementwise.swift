// Functions of one number, applied to each element: activations, powers, logarithms.

import Kernels
import Tensors

/// y = −x, element by element; dx = −dy.
///
/// # Shapes
/// - x, result: any, the same
public func negate(_ x: Variable) -> Variable { recordElementwise("negate", .negate, x) }

/// y = eˣ, element by element; dx = dy · y. Beyond x = 88.7 it is +∞.
///
/// # Shapes
/// - x, result: any, the same
public func exp(_ x: Variable) -> Variable { recordElementwise("exp", .exp, x) }

/// y = ln x, element by element; dx = dy / x. −∞ at zero, NaN below.
///
/// # Shapes
/// - x, result: any, the same
public func log(_ x: Variable) -> Variable { recordElementwise("log", .log, x) }

/// y = xᵖ for a fixed p, element by element; dx = dy · p · xᵖ⁻¹. NaN for a negative x unless p is whole.
///
/// # Shapes
/// - x, result: any, the same
public func power(_ x: Variable, _ exponent: Float) -> Variable { recordElementwise("power", .power(exponent), x) }

/// σ(x) = 1 / (1 + e^−x), element by element; dx = dy · σ · (1 − σ).
///
/// # Shapes
/// - x, result: any, the same
public func sigmoid(_ x: Variable) -> Variable { recordElementwise("sigmoid", .sigmoid, x) }

/// y = tanh x, element by element; dx = dy · (1 − y²).
///
/// # Shapes
/// - x, result: any, the same
public func tanh(_ x: Variable) -> Variable { recordElementwise("tanh", .tanh, x) }

/// y = x · σ(x), element by element; dx = dy · σ · (1 + x · (1 − σ)).
///
/// Source: Elfwing, Uchibe and Doya, "Sigmoid-weighted linear units" (2017).
///
/// # Shapes
/// - x, result: any, the same
public func silu(_ x: Variable) -> Variable { recordElementwise("silu", .silu, x) }

/// y = x where x > 0, otherwise slope · x; dx = dy or slope · dy. The slope is 0.01 unless given, as in PyTorch.
///
/// Source: Maas, Hannun and Ng, "Rectifier nonlinearities improve neural network acoustic models" (2013).
///
/// # Shapes
/// - x, result: any, the same
public func leakyReLU(_ x: Variable, slope: Float = 0.01) -> Variable {
  recordElementwise("leaky_relu", .leakyReLU(slope: slope), x)
}

/// y = x where x > 0, otherwise α · (eˣ − 1); dx = dy, or dy · α · eˣ.
///
/// Source: Clevert, Unterthiner and Hochreiter, "Fast and accurate deep network learning by exponential linear units"
/// (2016).
///
/// # Shapes
/// - x, result: any, the same
public func elu(_ x: Variable, alpha: Float = 1) -> Variable { recordElementwise("elu", .elu(alpha: alpha), x) }

/// Which formula of the Gaussian error linear unit.
public enum GELUForm: String, Sendable, Hashable, CaseIterable {
  /// x · Φ(x)
  case exact = "none"
  /// x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³)))
  case tanh
}

/// y = x · tanh(log(1 + eˣ)), element by element; dx = dy · (t + x · σ(x) · (1 − t²)), t the hyperbolic tangent.
///
/// Source: Misra, "Mish: a self regularized non-monotonic activation function" (2019).
///
/// # Shapes
/// - x, result: any, the same
public func mish(_ x: Variable) -> Variable { recordElementwise("mish", .mish, x) }

/// y = log(1 + e^(βx)) / β, element by element, and x itself where βx > threshold, as in PyTorch; dx = dy · σ(βx), or dy.
///
/// Source: Dugas et al., "Incorporating second-order functional knowledge for better option pricing" (2000).
///
/// # Shapes
/// - x, result: any, the same
public func softplus(_ x: Variable, beta: Float = 1, threshold: Float = 20) -> Variable {
  recordElementwise("softplus", .softplus(beta: beta, threshold: threshold), x)
}

/// y = min(max(x, 0), 6), element by element; dx = dy strictly between the two, otherwise 0.
///
/// Source: Howard et al., "MobileNets" (2017).
///
/// # Shapes
/// - x, result: any, the same
public func relu6(_ x: Variable) -> Variable { recordElementwise("relu6", .relu6, x) }

/// y = x · min(max(x + 3, 0), 6) / 6, element by element; dx = 0 up to −3, dy from 3 on, and dy · (x/3 + ½) between.
///
/// Source: Howard et al., "Searching for MobileNetV3" (2019).
///
/// # Shapes
/// - x, result: any, the same
public func hardswish(_ x: Variable) -> Variable { recordElementwise("hardswish", .hardswish, x) }

/// The Gaussian error linear unit, element by element: y = x · Φ(x), or its approximation by tanh.
///
/// Source: Hendrycks and Gimpel, "Gaussian error linear units" (2016).
///
/// # Shapes
/// - x, result: any, the same
public func gelu(_ x: Variable, form: GELUForm = .exact) -> Variable {
  recordElementwise("gelu", form == .exact ? .gelu : .geluTanh, x)
}

private func recordElementwise(_ name: String, _ kind: ElementwiseKind, _ x: Variable) -> Variable {
  x.tape.record(ElementwiseOperation(name: name, kind: kind, count: x.shape.count), inputs: [x], output: x.shape)
}

struct ElementwiseOperation: Operation {
  let name: String
  let kind: ElementwiseKind
  let count: Int

  var worksInPlace: Bool { !readsInput }
  var readsInput: Bool { kind.derivative == .input }
  var readsOutput: Bool { kind.derivative == .output }
  /// The derivatives, where forward knows them best.
  var savedLanes: Int { kind.derivative == .kept ? count : 0 }

  var portions: Int { Portion.most(lanes: count) }

  func forward(_ frame: Frame) {
    let own = frame.portion.range(of: count)
    let (x, y) = (frame.input() + own.lowerBound, frame.output + own.lowerBound)
    if kind.derivative == .kept && frame.inputGradient() != nil {
      applyWithSlope(kind, x, count: own.count, into: y, slopes: frame.saved + own.lowerBound)
    } else {
      applyElementwise(kind, x, count: own.count, into: y)
    }
  }

  func backward(_ frame: Frame) {
    guard let sink = frame.inputGradient() else { return }
    let source: UnsafePointer<Lanes> =
      switch kind.derivative {
      case .input: frame.input()
      case .output: UnsafePointer(frame.output)
      case .kept: UnsafePointer(frame.saved)
      }
    let own = frame.portion.range(of: count)
    elementwiseGradient(
      kind, source + own.lowerBound, frame.outputGradient + own.lowerBound, count: own.count,
      accumulate: sink.accumulate, into: sink.lanes + own.lowerBound)
  }
}
