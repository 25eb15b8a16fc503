// The fully connected layer.

import Autograd
import Tensors

/// Every output sees every input; see `linear` for the mathematics.
public struct Linear: Layer {
  public struct Configuration: LayerConfiguration {
    public static let type = "linear"
    public var name: String?
    public var outFeatures: Int
    /// On by default.
    public var bias: Bool

    public init(name: String? = nil, outFeatures: Int, bias: Bool = true) {
      self.name = name
      self.outFeatures = outFeatures
      self.bias = bias
    }

    public func build(_ site: BuildSite) throws -> any Layer {
      guard outFeatures > 0 else {
        throw ShapeError("linear", [site.input], rule: "out_features must be positive", option: "out_features")
      }
      guard site.input.rank == 1 else {
        throw ShapeError(
          "linear", [site.input], rule: "the input must have one axis: put { \"type\": \"flatten\" } before it")
      }
      let inFeatures = site.input[0]
      return Linear(
        name: site.name,
        weight: Parameter(
          "\(site.name).weight",
          uniformByFanIn([outFeatures, inFeatures], fanIn: inFeatures, stream: site.stream(0))),
        bias: bias
          ? Parameter("\(site.name).bias", uniformByFanIn([outFeatures], fanIn: inFeatures, stream: site.stream(1)))
          : nil)
    }
  }

  public let name: String
  public let kind = Configuration.type
  /// (outFeatures, inFeatures)
  public let weight: Parameter
  /// (outFeatures)
  public let bias: Parameter?

  public var parameters: [Parameter] { [weight] + (bias.map { [$0] } ?? []) }

  public func forward(_ x: Variable) throws -> Variable { try linear(x, weight: weight, bias: bias) }
}
