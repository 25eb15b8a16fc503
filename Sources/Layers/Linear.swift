// The fully connected layer.

import Autograd
import Tensors

/// Every output sees every input; see `linear` for the mathematics.
public struct Linear: Layer {
  public struct Configuration: LayerConfiguration {
    public let type = "linear"
    public var name: String?
    public var outFeatures: Int
    /// On by default.
    public var bias: Bool
    public var initialization: ParameterInitialization

    public init(
      name: String? = nil, outFeatures: Int, bias: Bool = true,
      initialization: ParameterInitialization = ParameterInitialization()
    ) {
      self.name = name
      self.outFeatures = outFeatures
      self.bias = bias
      self.initialization = initialization
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
        weight: try initialization.makeWeight(
          site, [outFeatures, inFeatures], fanIn: inFeatures, fanOut: outFeatures),
        bias: bias ? try initialization.makeBias(site, [outFeatures], fanIn: inFeatures) : nil)
    }
  }

  public let name: String
  public let kind = "linear"
  /// (outFeatures, inFeatures)
  public let weight: Parameter
  /// (outFeatures)
  public let bias: Parameter?

  public var parameters: [Parameter] { [weight] + (bias.map { [$0] } ?? []) }

  public func forward(_ x: Variable) throws -> Variable { try linear(x, weight: weight, bias: bias) }
}
