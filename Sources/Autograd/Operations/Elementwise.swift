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

  func forward(_ frame: Frame) { applyElementwise(kind, frame.input(), count: count, into: frame.output) }

  func backward(_ frame: Frame) {
    guard let sink = frame.inputGradient() else { return }
    elementwiseGradient(
      kind, frame.input(), UnsafePointer(frame.output), frame.outputGradient, count: count, accumulate: sink.accumulate,
      into: sink.lanes)
  }
}
