// The layer that makes images larger.

import Autograd
import Fields
import Tensors

/// An image at another size; see `upsample`.
public struct Upsample: Layer {
  public static let type = "upsample"

  public struct Configuration: LayerConfiguration {
    public var type: String { Upsample.type }
    public var name: String?
    /// How many times as high and as wide.
    public var factor = Size2d(2)
    public var mode = UpsampleMode.nearest
    /// Whether the corners' centres stay where they are, as in PyTorch; for `bilinear`.
    public var alignCorners = false

    public init(name: String? = nil) { self.name = name }

    public mutating func visitFields(_ fields: any FieldVisitor) throws {
      try fields.size("scale_factor", &factor, atLeast: 1, "how many times as high and as wide")
      try fields.choice("mode", &mode, "the nearest element, or a mean of the four around")
      try fields.bool("align_corners", &alignCorners, "whether the corner elements' centres meet; for bilinear")
      if alignCorners && mode == .nearest {
        throw fields.complaint("align_corners", "applies to the mode \"bilinear\" only")
      }
    }

    public func build(_ site: BuildSite) -> any Layer {
      Upsample(name: site.name, factor: factor, mode: mode, alignCorners: alignCorners)
    }
  }

  public let name: String
  public var kind: String { Upsample.type }
  public let factor: Size2d
  public let mode: UpsampleMode
  public let alignCorners: Bool

  public var keepsChannelsApart: Bool { true }

  public func forward(_ x: Variable) throws -> Variable {
    try upsample(x, factor: factor, mode: mode, alignCorners: alignCorners)
  }
}
