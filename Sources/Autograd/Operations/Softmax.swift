// Softmax and log-softmax.

import Kernels
import Tensors

/// yᵢ = e^(xᵢ − max) / Σ e^(xⱼ − max) along an axis, which cannot overflow; dxᵢ = yᵢ · (dyᵢ − Σ dyⱼ · yⱼ).
///
/// Source: Goodfellow, Bengio and Courville, "Deep Learning" (2016), sections 4.1 and 6.2.2.3.
///
/// # Shapes
/// - x, result: any
///
/// - Throws: `ShapeError` when there is no such axis.
public func softmax(_ x: Variable, axis: Int = 0) throws -> Variable { try record(x, axis, logarithm: false) }

/// yᵢ = xᵢ − max − log Σ e^(xⱼ − max) along an axis; dxᵢ = dyᵢ − e^yᵢ · Σ dyⱼ. Otherwise as `softmax`.
public func logSoftmax(_ x: Variable, axis: Int = 0) throws -> Variable { try record(x, axis, logarithm: true) }

private func record(_ x: Variable, _ axis: Int, logarithm: Bool) throws -> Variable {
  let name = logarithm ? "log_softmax" : "softmax"
  guard (0..<x.shape.rank).contains(axis) else {
    throw ShapeError(name, [x.shape], rule: "axis \(axis) must be among 0..<\(x.shape.rank)", option: "dim")
  }
  let geometry = SoftmaxGeometry(
    outer: x.shape.dimensions[..<axis].reduce(1, *), length: x.shape[axis],
    inner: x.shape.dimensions[(axis + 1)...].reduce(1, *))
  let operation = SoftmaxOperation(name: name, geometry: geometry, logarithm: logarithm)
  return x.tape.record(operation, inputs: [x], output: x.shape)
}

struct SoftmaxOperation: Operation {
  let name: String
  let readsInput = false
  let geometry: SoftmaxGeometry
  let logarithm: Bool

  func forward(_ frame: Frame) {
    softmax(frame.input(), geometry: geometry, logarithm: logarithm, into: frame.output)
  }

  func backward(_ frame: Frame) {
    guard let sink = frame.inputGradient() else { return }
    softmaxGradient(
      UnsafePointer(frame.output), frame.outputGradient, geometry: geometry, logarithm: logarithm,
      accumulate: sink.accumulate, into: sink.lanes)
  }
}
