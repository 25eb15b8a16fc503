// The layer that normalises the last axes of each image.

import Autograd
import Fields
import Tensors

/// Normalises over the last axes of each image, all of them by default; see `layerNorm`.
public struct LayerNorm: Layer {
  public static let type = "layer_norm"

  public struct Configuration: LayerConfiguration {
    public var type: String { LayerNorm.type }
    public var name: String?
    /// The lengths of the last axes, as PyTorch asks for them; empty for all of an image.
    public var normalizedShape: [Int] = []
    public var epsilon: Float
    public var affine: AffineOptions

    public init(name: String? = nil, epsilon: Float = 1e-5, affine: Bool = true) {
      self.name = name
      self.epsilon = epsilon
      self.affine = AffineOptions(isAffine: affine)
    }

    public mutating func visitFields(_ fields: any FieldVisitor) throws {
      try fields.ints(
        "normalized_shape", &normalizedShape, in: 1...(1 << 16), isRequired: false,
        "the lengths of the last axes; all of an image if left out")
      fields.defaultFollows("normalized_shape", "all axes of an image")
      try fields.float("eps", &epsilon, .positive, "added to the variance")
      try affine.visitFields(fields, key: "elementwise_affine")
    }

    public func build(_ site: BuildSite) throws -> any Layer {
      let axes = normalizedShape.isEmpty ? site.input.dimensions : normalizedShape
      guard site.input.dimensions.suffix(axes.count) == axes[...] else {
        throw ShapeError(
          type, [site.input, Shape(axes)], rule: "normalized_shape must be the input's last axes",
          option: "normalized_shape")
      }
      let (weight, bias) = try affine.parameters(site, Shape(axes), type: type)
      return LayerNorm(name: site.name, axes: axes.count, epsilon: epsilon, weight: weight, bias: bias)
    }
  }

  public let name: String
  public var kind: String { LayerNorm.type }
  /// How many last axes.
  public let axes: Int
  public let epsilon: Float
  /// The shape of these axes.
  public let weight: Parameter?
  public let bias: Parameter?

  public var parameters: [Parameter] { [weight, bias].compactMap { $0 } }

  public func forward(_ x: Variable) throws -> Variable {
    try layerNorm(x, axes: axes, weight: weight, bias: bias, epsilon: epsilon)
  }
}
