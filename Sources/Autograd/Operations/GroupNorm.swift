// Layer norm and group norm: normalisation within each image.

import Kernels
import Tensors

/// y = weight · (x − mean) / √(variance + ε) + bias, mean and (biased) variance taken over all of one image's elements.
///
/// # Shapes
/// - x, result: any
/// - weight, bias: x's shape, or nil for none
///
/// Source: Ba, Kiros and Hinton, "Layer normalization" (2016).
///
/// - Throws: `ShapeError` when weight or bias have another shape.
public func layerNorm(
  _ x: Variable, weight: Parameter? = nil, bias: Parameter? = nil, epsilon: Float = 1e-5
) throws -> Variable {
  try normalize("layer_norm", x, groups: 1, weight, bias, epsilon, parameterShape: x.shape, repeats: 1)
}

/// The same, with mean and variance of each group of channels; weight and bias hold one number a channel.
///
/// # Shapes
/// - x, result: (C, H, W) an image
/// - weight, bias: (C), or nil for none
///
/// Source: Wu and He, "Group normalization" (2018).
///
/// - Throws: `ShapeError` when the groups do not divide the channels, or weight or bias have another shape.
public func groupNorm(
  _ x: Variable, groups: Int, weight: Parameter? = nil, bias: Parameter? = nil, epsilon: Float = 1e-5
) throws -> Variable {
  guard x.shape.rank == 3, groups > 0, x.shape[0] % groups == 0 else {
    throw ShapeError(
      "group_norm", [x.shape], rule: "\(groups) groups must divide the channels of channels×height×width",
      option: "num_groups")
  }
  return try normalize(
    "group_norm", x, groups: groups, weight, bias, epsilon, parameterShape: [x.shape[0]],
    repeats: x.shape[1] * x.shape[2])
}

private func normalize(
  _ name: String, _ x: Variable, groups: Int, _ weight: Parameter?, _ bias: Parameter?, _ epsilon: Float,
  parameterShape: Shape, repeats: Int
) throws -> Variable {
  for parameter in [weight, bias].compactMap({ $0 }) where parameter.shape != parameterShape {
    throw ShapeError(name, [x.shape, parameter.shape], rule: "\(parameter.name) must have shape \(parameterShape)")
  }
  let operation = GroupNormOperation(
    name: name, groups: groups, groupCount: x.shape.count / groups, repeats: repeats, epsilon: epsilon,
    weightIndex: weight == nil ? nil : 0, biasIndex: bias == nil ? nil : (weight == nil ? 0 : 1))
  return x.tape.record(operation, inputs: [x], parameters: [weight, bias].compactMap { $0 }, output: x.shape)
}

struct GroupNormOperation: Operation {
  let name: String
  let readsInput = false
  let readsOutput = false
  let groups: Int
  /// Elements of a group.
  let groupCount: Int
  /// How many neighbouring elements share one number of weight and bias.
  let repeats: Int
  let epsilon: Float
  let weightIndex: Int?
  let biasIndex: Int?

  /// The normalised elements, then one inverse deviation a group.
  var savedLanes: Int { groups * groupCount + groups }

  func forward(_ frame: Frame) {
    let count = groups * groupCount
    for group in 0..<groups {
      normalizeGroup(
        frame.input() + group * groupCount, count: groupCount, epsilon: epsilon, into: frame.saved + group * groupCount,
        inverseDeviation: frame.saved + count + group)
    }
    scaleByParameter(
      UnsafePointer(frame.saved), weight: weightIndex.map { frame.parameter($0) },
      bias: biasIndex.map { frame.parameter($0) }, repeats: repeats, count: count, into: frame.output)
  }

  func backward(_ frame: Frame) {
    let count = groups * groupCount
    let normalized = UnsafePointer(frame.saved)
    if let index = weightIndex, let target = frame.parameterGradient(index) {
      accumulateScaleGradient(frame.outputGradient, normalized, repeats: repeats, count: count, into: target)
    }
    if let index = biasIndex, let target = frame.parameterGradient(index) {
      accumulateBiasGradient(frame.outputGradient, channels: count / repeats, plane: repeats, into: target)
    }
    guard let sink = frame.inputGradient() else { return }
    for group in 0..<groups {
      let first = group * groupCount
      normalizeGroupGradient(
        frame.outputGradient + first, normalized: normalized + first,
        inverseDeviation: normalized + count + group, weight: weightIndex.map { frame.parameter($0) }, first: first,
        repeats: repeats, count: groupCount, accumulate: sink.accumulate, into: sink.lanes + first)
    }
  }
}
