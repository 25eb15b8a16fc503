// A block whose output is added to its input.

import Autograd
import Fields
import Tensors

/// y = layers(x) + shortcut(x); without a shortcut, + x itself.
///
/// Source: He et al., "Deep residual learning for image recognition" (2016).
public struct Residual: Layer {
  public static let type = "residual"

  public struct Configuration: LayerConfiguration {
    public var type: String { Residual.type }
    public var name: String?
    public var layers: [any LayerConfiguration]
    /// Nothing for the identity.
    public var shortcut: [any LayerConfiguration]

    public init(name: String? = nil, layers: [any LayerConfiguration] = [], shortcut: [any LayerConfiguration] = []) {
      self.name = name
      self.layers = layers
      self.shortcut = shortcut
    }

    public var layerCount: Int { (layers + shortcut).reduce(1) { $0 + $1.layerCount } }

    public mutating func visitFields(_ fields: any FieldVisitor) throws {
      try fields.variants("layers", &layers, among: layerTypes, isRequired: true, "an array of at least one layer")
      try fields.variants("shortcut", &shortcut, among: layerTypes, isRequired: false, "layers beside them")
    }

    public func build(_ site: BuildSite) throws -> any Layer {
      let first = site.index + 1
      let main = try Sequential(
        layers, input: site.input, seed: site.seed, prefix: "\(site.name).", firstIndex: first)
      let side = try Sequential(
        shortcut, input: site.input, seed: site.seed, prefix: "\(site.name).shortcut.",
        firstIndex: first + layers.reduce(0) { $0 + $1.layerCount })
      guard main.output == side.output else {
        throw ShapeError(
          "residual", [main.output, side.output],
          rule: "what the layers and the shortcut give must have one shape", option: "shortcut")
      }
      return Residual(name: site.name, main: main, shortcut: side)
    }
  }

  public let name: String
  public var kind: String { Residual.type }
  public let main: Sequential
  public let shortcut: Sequential

  public var parameters: [Parameter] { main.parameters + shortcut.parameters }

  public var ownParameters: [Parameter] { [] }

  public func forward(_ x: Variable) throws -> Variable { try forward(x, visit: { _, _, _ in }) }

  public func forward(_ x: Variable, visit: LayerVisit) throws -> Variable {
    let y = try main.forward(x, visit: visit).adding(shortcut.forward(x, visit: visit))
    try visit(self, x, y)
    return y
  }
}
