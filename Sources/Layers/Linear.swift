// The fully connected layer.

import Autograd
import Fields
import Tensors

/// Every output sees every input along the last axis; see `linear` for the mathematics.
public struct Linear: Layer {
  public static let type = "linear"

  public struct Configuration: LayerConfiguration {
    public var type: String { Linear.type }
    public var name: String?
    public var outFeatures: Int
    /// On by default.
    public var bias: Bool
    public var initialization: ParameterInitialization

    public init(
      name: String? = nil, outFeatures: Int = 1, bias: Bool = true,
      initialization: ParameterInitialization = ParameterInitialization()
    ) {
      self.name = name
      self.outFeatures = outFeatures
      self.bias = bias
      self.initialization = initialization
    }

    public mutating func visitFields(_ fields: any FieldVisitor) throws {
      try fields.int("out_features", &outFeatures, in: 1...(1 << 20), isRequired: true, "the number of outputs")
      try fields.bool("bias", &bias, "whether there is a bias")
      try initialization.visitFields(fields)
    }

    public func build(_ site: BuildSite) throws -> any Layer {
      guard outFeatures > 0 else {
        throw ShapeError("linear", [site.input], rule: "out_features must be positive", option: "out_features")
      }
      guard let inFeatures = site.input.dimensions.last else {
        throw ShapeError("linear", [site.input], rule: "the input must have an axis")
      }
      return Linear(
        name: site.name,
        weight: try initialization.makeWeight(
          site, [outFeatures, inFeatures], fanIn: inFeatures, fanOut: outFeatures),
        bias: bias ? try initialization.makeBias(site, [outFeatures], fanIn: inFeatures) : nil)
    }
  }

  public let name: String
  public var kind: String { Linear.type }
  /// (outFeatures, inFeatures)
  public let weight: Parameter
  /// (outFeatures)
  public let bias: Parameter?

  public var parameters: [Parameter] { [weight] + (bias.map { [$0] } ?? []) }

  public var picturedWeight: Parameter? { weight }

  public func forward(_ x: Variable) throws -> Variable { try linear(x, weight: weight, bias: bias) }
}
