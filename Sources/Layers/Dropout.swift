// The dropout layer.

import Autograd
import Tensors

/// Zeroes elements at random in training; see `dropout`.
public struct Dropout: Layer {
  public struct Configuration: LayerConfiguration {
    public static let type = "dropout"
    public var name: String?
    /// 0.5 by default.
    public var probability: Float

    public init(name: String? = nil, probability: Float = 0.5) {
      self.name = name
      self.probability = probability
    }

    public func build(_ site: BuildSite) throws -> any Layer {
      guard (0...1).contains(probability) else {
        throw ShapeError("dropout", [site.input], rule: "p must be between 0 and 1, not \(probability)", option: "p")
      }
      return Dropout(name: site.name, probability: probability, stream: site.index)
    }
  }

  public let name: String
  public let kind = Configuration.type
  public let probability: Float
  /// Tells this layer's random numbers from those of the other dropout layers.
  public let stream: Int

  public func forward(_ x: Variable) throws -> Variable {
    try dropout(x, probability: probability, stream: stream)
  }
}
