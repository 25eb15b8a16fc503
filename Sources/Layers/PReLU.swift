// The rectifier that learns its slope.

import Autograd
import Fields
import Tensors

/// x where it is positive, a learned multiple of it elsewhere; see `prelu`.
public struct PReLU: Layer {
  public static let type = "prelu"

  public struct Configuration: LayerConfiguration {
    public var type: String { PReLU.type }
    public var name: String?
    /// One slope, or one for each channel.
    public var count = 1
    /// The slopes' first value.
    public var initial: Float = 0.25
    public var isTrainable = true

    public init(name: String? = nil) { self.name = name }

    public mutating func visitFields(_ fields: any FieldVisitor) throws {
      try fields.int("num_parameters", &count, in: 1...(1 << 16), "1, or the number of channels")
      try fields.float("init", &initial, .any, "the slopes' first value")
      try fields.bool("trainable", &isTrainable, "false to keep the first values")
    }

    public func build(_ site: BuildSite) throws -> any Layer {
      guard count == 1 || count == site.input.dimensions.first else {
        throw ShapeError(
          type, [site.input], rule: "num_parameters must be 1 or the number of channels, not \(count)",
          option: "num_parameters")
      }
      return PReLU(
        name: site.name,
        weight: Parameter("\(site.name).weight", Tensor([count], repeating: initial), isTrainable: isTrainable))
    }
  }

  public let name: String
  public var kind: String { PReLU.type }
  /// (1) or (C)
  public let weight: Parameter

  public var parameters: [Parameter] { [weight] }

  public var keepsElements: Bool { true }
  public var isActivation: Bool { true }

  public func forward(_ x: Variable) throws -> Variable { try prelu(x, weight: weight) }
}
