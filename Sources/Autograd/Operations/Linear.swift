// The fully connected layer's operation.

import Kernels
import Tensors

/// y(o) = bias(o) + Σᵢ weight(o, i) · x(i)
///
/// # Shapes
/// - x: (inFeatures) an image
/// - weight: (outFeatures, inFeatures)
/// - bias: (outFeatures)
/// - result: (outFeatures)
///
/// - Throws: `ShapeError` when x is not flat, or weight or bias do not fit.
public func linear(_ x: Variable, weight: Parameter, bias: Parameter? = nil) throws -> Variable {
  guard x.shape.rank == 1 else {
    throw ShapeError("linear", [x.shape], rule: "the input of one image must have one axis: flatten it first")
  }
  guard weight.shape.rank == 2 && weight.shape[1] == x.shape[0] else {
    throw ShapeError("linear", [x.shape, weight.shape], rule: "the weight must be out×\(x.shape[0])")
  }
  if let bias, bias.shape != [weight.shape[0]] {
    throw ShapeError("linear", [weight.shape, bias.shape], rule: "the bias must hold one number an output feature")
  }
  let operation = LinearOperation(inFeatures: x.shape[0], outFeatures: weight.shape[0])
  return x.tape.record(
    operation, inputs: [x], parameters: [weight] + (bias.map { [$0] } ?? []), output: [weight.shape[0]])
}

struct LinearOperation: WholeBatchGradient {
  let name = "linear"
  let readsOutput = false
  let inFeatures: Int
  let outFeatures: Int
  var wholeBatchParameter: Int { 0 }
  var multiplyAdds: Int { inFeatures * outFeatures }

  /// The inputs turned into vectors of features, for the weight gradient.
  var savedLanes: Int { vectorCount(inFeatures) * lanesPerShard }

  func forward(_ frame: Frame) {
    linearForward(
      frame.input(), weight: frame.parameter(0), bias: frame.parameterCount > 1 ? frame.parameter(1) : nil,
      inFeatures: inFeatures, outFeatures: outFeatures, into: frame.output)
  }

  func backward(_ frame: Frame) {
    if let sink = frame.inputGradient() {
      linearInputGradient(
        frame.outputGradient, weight: frame.parameter(0), inFeatures: inFeatures, outFeatures: outFeatures,
        accumulate: sink.accumulate, into: sink.lanes)
    }
    transposeLanes(frame.input(), features: inFeatures, into: frame.saved)
    if frame.parameterCount > 1, let target = frame.parameterGradient(1) {
      accumulateBiasGradient(frame.outputGradient, channels: outFeatures, plane: 1, into: target)
    }
  }

  func parameterGradient(columns: Range<Int>, frames: FrameList, accumulate: Bool) {
    linearWeightGradient(
      LinearGradientTerms(
        vectors: frames[0].saved, outputGradient: frames[0].outputGradient, shards: frames.count, step: frames.step),
      columns: columns, outFeatures: outFeatures, inFeatures: inFeatures, accumulate: accumulate,
      into: frames.parameters[0].gradient)
  }
}
