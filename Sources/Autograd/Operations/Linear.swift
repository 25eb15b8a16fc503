// The fully connected layer's operation.

import Kernels
import Tensors

/// y(…, o) = bias(o) + Σᵢ weight(o, i) · x(…, i)
///
/// # Shapes
/// - x: (…, inFeatures) an image
/// - weight: (outFeatures, inFeatures)
/// - bias: (outFeatures)
/// - result: (…, outFeatures)
///
/// - Throws: `ShapeError` when weight or bias do not fit.
public func linear(_ x: Variable, weight: Parameter, bias: Parameter? = nil) throws -> Variable {
  guard let inFeatures = x.shape.dimensions.last else {
    throw ShapeError("linear", [x.shape], rule: "the input must have an axis")
  }
  guard weight.shape.rank == 2 && weight.shape[1] == inFeatures else {
    throw ShapeError("linear", [x.shape, weight.shape], rule: "the weight must be out×\(inFeatures)")
  }
  if let bias, bias.shape != [weight.shape[0]] {
    throw ShapeError("linear", [weight.shape, bias.shape], rule: "the bias must hold one number an output feature")
  }
  let operation = LinearOperation(
    rows: x.shape.count / inFeatures, inFeatures: inFeatures, outFeatures: weight.shape[0])
  return x.tape.record(
    operation, inputs: [x], parameters: [weight] + (bias.map { [$0] } ?? []),
    output: Shape(x.shape.dimensions.dropLast() + [weight.shape[0]]))
}

struct LinearOperation: WholeBatchGradient {
  let name = "linear"
  let readsOutput = false
  /// Vectors of one image.
  let rows: Int
  let inFeatures: Int
  let outFeatures: Int
  var wholeBatchParameter: Int { 0 }
  var multiplyAdds: Int { rows * inFeatures * outFeatures }

  /// The inputs turned into vectors of features, row by row, for the weight gradient.
  var savedLanes: Int { rows * rowLanes }
  private var rowLanes: Int { vectorCount(inFeatures) * lanesPerShard }

  var portions: Int { Portion.most(multiplyAdds: multiplyAdds) }

  func forward(_ frame: Frame) {
    let own = frame.portion.range(of: outFeatures)
    for row in 0..<rows {
      linearForward(
        frame.input() + row * inFeatures, weight: frame.parameter(0),
        bias: frame.parameterCount > 1 ? frame.parameter(1) : nil, inFeatures: inFeatures, outFeatures: own,
        into: frame.output + row * outFeatures)
    }
  }

  func backward(_ frame: Frame) {
    // Whole vectors of features.
    let own = frame.portion.range(of: inFeatures, unit: lanesPerShard)
    if let sink = frame.inputGradient() {
      for row in 0..<rows {
        linearInputGradient(
          frame.outputGradient + row * outFeatures, weight: frame.parameter(0), inFeatures: own,
          weightStep: inFeatures, outFeatures: outFeatures, accumulate: sink.accumulate,
          into: sink.lanes + row * inFeatures)
      }
    }
    let target = frame.parameterCount > 1 ? frame.parameterGradient(1) : nil
    for row in 0..<rows {
      transposeLanes(
        frame.input() + (row * inFeatures + own.lowerBound), features: own.count,
        into: frame.saved + (row * rowLanes + own.lowerBound))
      guard let target else { continue }
      accumulateBiasGradient(
        frame.outputGradient + row * outFeatures, channels: frame.portion.range(of: outFeatures), plane: 1,
        into: target)
    }
  }

  func parameterGradient(rows own: Range<Int>, columns: Range<Int>, frames: FrameList, accumulate: Bool) {
    linearWeightGradient(
      LinearGradientTerms(
        vectors: frames[0].saved, outputGradient: frames[0].outputGradient, shards: frames.count, step: frames.step,
        rows: rows, rowStep: rowLanes, gradientRowStep: outFeatures),
      outFeatures: own, columns: columns, inFeatures: inFeatures, accumulate: accumulate,
      into: frames.parameters[0].gradient)
  }
}
