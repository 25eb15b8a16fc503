// The layers that normalise within each image.

import Autograd
import Tensors

/// Group norm and layer norm; see `groupNorm` and `layerNorm`.
public struct GroupNorm: Layer {
  public struct Configuration: LayerConfiguration {
    public var name: String?
    /// Nil for layer norm, over all of an image.
    public var groups: Int?
    public var epsilon: Float
    /// Whether there are weights and biases to learn; on by default.
    public var affine: Bool
    public var type: String { groups == nil ? "layer_norm" : "group_norm" }

    public init(name: String? = nil, groups: Int?, epsilon: Float = 1e-5, affine: Bool = true) {
      self.name = name
      self.groups = groups
      self.epsilon = epsilon
      self.affine = affine
    }

    public func build(_ site: BuildSite) throws -> any Layer {
      let shape = groups == nil ? site.input : Shape([site.input.dimensions.first ?? 1])
      return GroupNorm(
        name: site.name, kind: type, groups: groups, epsilon: epsilon,
        weight: affine ? Parameter("\(site.name).weight", Tensor(shape, repeating: 1)) : nil,
        bias: affine ? Parameter("\(site.name).bias", Tensor(shape)) : nil)
    }
  }

  public let name: String
  public let kind: String
  public let groups: Int?
  public let epsilon: Float
  /// (C) for group norm, the image's shape for layer norm.
  public let weight: Parameter?
  public let bias: Parameter?

  public var parameters: [Parameter] { [weight, bias].compactMap { $0 } }

  public func forward(_ x: Variable) throws -> Variable {
    guard let groups else { return try layerNorm(x, weight: weight, bias: bias, epsilon: epsilon) }
    return try groupNorm(x, groups: groups, weight: weight, bias: bias, epsilon: epsilon)
  }
}
