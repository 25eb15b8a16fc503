// The ReLU layer.

import Autograd
import Tensors

/// max(x, 0), element by element.
public struct ReLU: Layer {
  public static let type = "relu"

  public struct Configuration: LayerConfiguration {
    public var type: String { ReLU.type }
    public var name: String?
    public init(name: String? = nil) { self.name = name }
    public func build(_ site: BuildSite) -> any Layer { ReLU(name: site.name) }
  }

  public let name: String
  public var kind: String { ReLU.type }

  public var keepsElements: Bool { true }
  public var isActivation: Bool { true }

  public func forward(_ x: Variable) -> Variable { relu(x) }
}
