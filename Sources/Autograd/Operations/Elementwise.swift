// Functions of one number, applied to each element: activations, powers, logarithms.

import Kernels
import Tensors

/// −x, element by element.
public func negate(_ x: Variable) -> Variable { recordElementwise("negate", .negate, x) }
/// eˣ.
public func exp(_ x: Variable) -> Variable { recordElementwise("exp", .exp, x) }
/// The natural logarithm: −∞ at zero, NaN below.
public func log(_ x: Variable) -> Variable { recordElementwise("log", .log, x) }
/// xᵖ for a fixed p; NaN for a negative x unless p is whole.
public func power(_ x: Variable, _ exponent: Float) -> Variable { recordElementwise("power", .power(exponent), x) }
/// 1 / (1 + e^−x).
public func sigmoid(_ x: Variable) -> Variable { recordElementwise("sigmoid", .sigmoid, x) }
/// The hyperbolic tangent.
public func tanh(_ x: Variable) -> Variable { recordElementwise("tanh", .tanh, x) }
/// x · sigmoid(x); Elfwing, Uchibe and Doya (2017).
public func silu(_ x: Variable) -> Variable { recordElementwise("silu", .silu, x) }
/// x where x > 0, otherwise slope · x; 0.01 by default, as in PyTorch.
public func leakyReLU(_ x: Variable, slope: Float = 0.01) -> Variable {
  recordElementwise("leaky_relu", .leakyReLU(slope: slope), x)
}
/// x where x > 0, otherwise α · (eˣ − 1); Clevert, Unterthiner and Hochreiter (2016).
public func elu(_ x: Variable, alpha: Float = 1) -> Variable { recordElementwise("elu", .elu(alpha: alpha), x) }

/// Which formula of the Gaussian error linear unit.
public enum GELUForm: String, Sendable, Hashable, CaseIterable {
  /// x · Φ(x)
  case exact = "none"
  /// x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³)))
  case tanh
}

/// The Gaussian error linear unit; Hendrycks and Gimpel (2016).
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
