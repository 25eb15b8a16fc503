// The layers that normalise channels within each image.

import Autograd
import Fields
import Tensors

/// Normalises groups of channels of each image; see `groupNorm`.
public struct GroupNorm: Layer {
  public struct Configuration: LayerConfiguration {
    public let type = "group_norm"
    public var name: String?
    public var groups: Int
    public var epsilon: Float
    public var affine: AffineOptions

    public init(name: String? = nil, groups: Int = 1, epsilon: Float = 1e-5, affine: Bool = true) {
      self.name = name
      self.groups = groups
      self.epsilon = epsilon
      self.affine = AffineOptions(isAffine: affine)
    }

    public mutating func visitFields(_ fields: any FieldVisitor) throws {
      try fields.int("num_groups", &groups, in: 1...(1 << 16), isRequired: true, "the number of groups")
      try fields.float("eps", &epsilon, .positive, "added to the variance")
      try affine.visitFields(fields, key: "affine")
    }

    public func build(_ site: BuildSite) throws -> any Layer {
      let (weight, bias) = try affine.parameters(site, [site.input.dimensions.first ?? 1], type: type)
      return GroupNorm(name: site.name, kind: type, groups: groups, epsilon: epsilon, weight: weight, bias: bias)
    }
  }

  public let name: String
  public let kind: String
  public let groups: Int
  public let epsilon: Float
  /// (C)
  public let weight: Parameter?
  public let bias: Parameter?

  public var parameters: [Parameter] { [weight, bias].compactMap { $0 } }

  public var channelNumbers: [(name: String, numbers: Parameter)] {
    [("scale", weight), ("shift", bias)].compactMap { name, numbers in numbers.map { (name, $0) } }
  }

  public func forward(_ x: Variable) throws -> Variable {
    try groupNorm(x, groups: groups, weight: weight, bias: bias, epsilon: epsilon)
  }
}

/// Normalises each channel of each image: a group norm in which each channel is a group.
///
/// Source: Ulyanov, Vedaldi and Lempitsky, "Instance normalization" (2016).
public enum InstanceNorm2d {
  public struct Configuration: LayerConfiguration {
    public let type = "instance_norm2d"
    public var name: String?
    public var epsilon: Float = 1e-5
    /// Off by default, as in PyTorch.
    public var affine = AffineOptions(isAffine: false)

    public init(name: String? = nil) { self.name = name }

    public mutating func visitFields(_ fields: any FieldVisitor) throws {
      try fields.float("eps", &epsilon, .positive, "added to the variance")
      try affine.visitFields(fields, key: "affine")
    }

    public func build(_ site: BuildSite) throws -> any Layer {
      guard site.input.rank == 3 else {
        throw ShapeError(type, [site.input], rule: "the input of one image must be channels×height×width")
      }
      let (weight, bias) = try affine.parameters(site, [site.input[0]], type: type)
      return GroupNorm(name: site.name, kind: type, groups: site.input[0], epsilon: epsilon, weight: weight, bias: bias)
    }
  }
}
