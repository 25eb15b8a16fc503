// Layer norm and group norm: normalisation within each image.

import Kernels
import Tensors

/// y = weight · (x − mean) / √(variance + ε) + bias, mean and (biased) variance taken over the last axes of one image, all of
/// them by default.
///
/// # Shapes
/// - x, result: any
/// - weight, bias: the shape of these axes, or nil for none
///
/// Source: Ba, Kiros and Hinton, "Layer normalization" (2016).
///
/// - Throws: `ShapeError` when weight or bias have another shape.
public func layerNorm(
  _ x: Variable, axes: Int? = nil, weight: Parameter? = nil, bias: Parameter? = nil, epsilon: Float = 1e-5
) throws -> Variable {
  guard (0...x.shape.rank).contains(axes ?? 0) else {
    throw ShapeError("layer_norm", [x.shape], rule: "\(axes ?? 0) axes must be among those of the input")
  }
  let last = Shape(x.shape.dimensions.suffix(axes ?? x.shape.rank))
  return try normalize(
    "layer_norm", x, groups: x.shape.count / last.count, weight, bias, epsilon, parameterShape: last, repeats: 1,
    sharesParameters: true)
}

/// The same, with mean and variance of each group of channels; weight and bias hold one number a channel.
///
/// # Shapes
/// - x, result: (C, …) an image
/// - weight, bias: (C), or nil for none
///
/// Source: Wu and He, "Group normalization" (2018).
///
/// - Throws: `ShapeError` when the groups do not divide the channels, or weight or bias have another shape.
public func groupNorm(
  _ x: Variable, groups: Int, weight: Parameter? = nil, bias: Parameter? = nil, epsilon: Float = 1e-5
) throws -> Variable {
  guard x.shape.rank >= 1, groups > 0, x.shape[0] % groups == 0 else {
    throw ShapeError(
      "group_norm", [x.shape], rule: "\(groups) groups must divide the channels, the first axis", option: "num_groups")
  }
  return try normalize(
    "group_norm", x, groups: groups, weight, bias, epsilon, parameterShape: [x.shape[0]],
    repeats: x.shape.count / x.shape[0])
}

private func normalize(
  _ name: String, _ x: Variable, groups: Int, _ weight: Parameter?, _ bias: Parameter?, _ epsilon: Float,
  parameterShape: Shape, repeats: Int, sharesParameters: Bool = false
) throws -> Variable {
  for parameter in [weight, bias].compactMap({ $0 }) where parameter.shape != parameterShape {
    throw ShapeError(name, [x.shape, parameter.shape], rule: "\(parameter.name) must have shape \(parameterShape)")
  }
  let operation = GroupNormOperation(
    name: name, groups: groups,
    geometry: GroupGeometry(count: x.shape.count / groups, repeats: repeats, epsilon: epsilon),
    groupCount: x.shape.count / groups, parameterStep: sharesParameters ? 0 : parameterShape.count / groups,
    weightIndex: weight == nil ? nil : 0, biasIndex: bias == nil ? nil : (weight == nil ? 0 : 1))
  return x.tape.record(operation, inputs: [x], parameters: [weight, bias].compactMap { $0 }, output: x.shape)
}

struct GroupNormOperation: Operation {
  let name: String
  let readsOutput = false
  let groups: Int
  let geometry: GroupGeometry
  /// Elements of a group, and numbers of weight and bias from one group's to the next one's.
  let groupCount: Int
  let parameterStep: Int
  let weightIndex: Int?
  let biasIndex: Int?

  /// Mean and inverse deviation of each group.
  var savedLanes: Int { 2 * groups }

  func forward(_ frame: Frame) {
    for group in 0..<groups {
      let parameters = group * parameterStep
      normalizeGroup(
        frame.input() + group * groupCount, geometry: geometry,
        weight: weightIndex.map { frame.parameter($0) + parameters },
        bias: biasIndex.map { frame.parameter($0) + parameters }, into: frame.output + group * groupCount,
        statistics: frame.saved + 2 * group)
    }
  }

  func backward(_ frame: Frame) {
    let weightGradient = weightIndex.flatMap { frame.parameterGradient($0) }
    let biasGradient = biasIndex.flatMap { frame.parameterGradient($0) }
    let sink = frame.inputGradient()
    for group in 0..<groups {
      let (first, parameters) = (group * groupCount, group * parameterStep)
      normalizeGroupGradient(
        frame.input() + first, frame.outputGradient + first, geometry: geometry,
        weight: weightIndex.map { frame.parameter($0) + parameters }, statistics: frame.saved + 2 * group,
        into: GroupGradients(
          weight: weightGradient.map { $0 + parameters }, bias: biasGradient.map { $0 + parameters },
          input: sink.map { $0.lanes + first }, accumulate: sink?.accumulate ?? false))
    }
  }
}
