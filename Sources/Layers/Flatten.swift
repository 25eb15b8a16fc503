// The layer between images and vectors.

import Autograd
import Tensors

/// All axes of an image in one: (C, H, W) → (C·H·W).
public struct Flatten: Layer {
  public struct Configuration: LayerConfiguration {
    public let type = "flatten"
    public var name: String?
    public init(name: String? = nil) { self.name = name }
    public func build(_ site: BuildSite) -> any Layer { Flatten(name: site.name) }
  }

  public let name: String
  public let kind = "flatten"

  public func forward(_ x: Variable) -> Variable { x.flattened }
}
