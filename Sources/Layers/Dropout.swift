// The dropout layer.

import Autograd
import Fields
import Tensors

/// Zeroes elements at random in training; see `dropout`.
public struct Dropout: Layer {
  public struct Configuration: LayerConfiguration {
    public var type: String { wholeChannels ? "dropout2d" : "dropout" }
    public var name: String?
    /// Whether all of a channel drops together.
    public var wholeChannels: Bool
    /// 0.5 by default.
    public var probability: Float

    public init(name: String? = nil, probability: Float = 0.5, wholeChannels: Bool = false) {
      self.name = name
      self.wholeChannels = wholeChannels
      self.probability = probability
    }

    public mutating func visitFields(_ fields: any FieldVisitor) throws {
      try fields.float("p", &probability, .share, "the probability of being zeroed")
    }

    public func build(_ site: BuildSite) throws -> any Layer {
      guard (0...1).contains(probability) else {
        throw ShapeError(type, [site.input], rule: "p must be between 0 and 1, not \(probability)", option: "p")
      }
      return Dropout(name: site.name, kind: type, probability: probability, stream: site.index)
    }
  }

  public let name: String
  public let kind: String
  public let probability: Float
  /// Tells this layer's random numbers from those of the other dropout layers.
  public let stream: Int

  public var keepsElements: Bool { true }

  /// What each number of a batch's first image was multiplied by in a step: 0 for those that dropped.
  package func mask(of shape: Shape, seed: UInt64, step: Int) -> [Float] {
    dropoutFactors(
      count: shape.count, plane: kind == "dropout2d" ? shape[1] * shape[2] : 1, probability: probability,
      stream: stream, seed: seed, step: step)
  }

  public var keepsChannelsApart: Bool { true }

  public func forward(_ x: Variable) throws -> Variable {
    kind == "dropout2d"
      ? try dropout2d(x, probability: probability, stream: stream)
      : try dropout(x, probability: probability, stream: stream)
  }
}
