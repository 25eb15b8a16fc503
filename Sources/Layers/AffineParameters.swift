// The weight and bias of a normalisation.

import Autograd
import Fields
import Tensors

/// What follows a normalisation: a weight and a bias for each channel, or each element.
public struct AffineOptions: Hashable, Sendable {
  /// Whether there are any.
  public var isAffine: Bool
  public var hasBias = true
  /// By default ones and zeros.
  public var initialization = ParameterInitialization()

  public init(isAffine: Bool = true) { self.isAffine = isAffine }

  /// - Parameter key: PyTorch's, which differs from layer to layer.
  mutating func visitFields(_ fields: any FieldVisitor, key: String) throws {
    try fields.bool(key, &isAffine, "whether there are weights and biases to learn")
    try fields.bool("bias", &hasBias, "whether there is a bias beside the weight")
    try initialization.visitFields(fields)
  }

  /// - Throws: `ShapeError` when the initialisers do not suit a vector.
  func parameters(_ site: BuildSite, _ shape: Shape, type: String) throws -> (weight: Parameter?, bias: Parameter?) {
    func parameter(_ name: String, _ initializer: Initializer, standard: Float, _ stream: Int) throws -> Parameter {
      let first: Initializer = initializer == .standard ? .constant(standard) : initializer
      switch first {
      case .constant, .values: break
      default:
        throw ShapeError(
          type, [shape], rule: "there are no fans to choose a size by: use constant or values", option: "\(name)_init")
      }
      let tensor = try first.tensor(shape, fanIn: 1, fanOut: 1, stream: site.stream(stream))
      return Parameter("\(site.name).\(name)", tensor, isTrainable: initialization.isTrainable)
    }
    guard isAffine else { return (nil, nil) }
    return (
      try parameter("weight", initialization.weight, standard: 1, 0),
      hasBias ? try parameter("bias", initialization.bias, standard: 0, 1) : nil
    )
  }
}
