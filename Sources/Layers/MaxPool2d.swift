// The max pooling layer.

import Autograd
import Tensors

/// Keeps the largest element of each window; see `maxPool2d`.
public struct MaxPool2d: Layer {
  public struct Configuration: LayerConfiguration {
    public let type = "max_pool2d"
    public var name: String?
    /// The stride is the kernel size unless given.
    public var options: Pool2dOptions

    public init(name: String? = nil, options: Pool2dOptions) {
      self.name = name
      self.options = options
    }

    public func build(_ site: BuildSite) throws -> any Layer {
      _ = try options.outputShape(type, input: site.input)
      return MaxPool2d(name: site.name, options: options)
    }
  }

  public let name: String
  public let kind = "max_pool2d"
  public let options: Pool2dOptions

  public func forward(_ x: Variable) throws -> Variable { try maxPool2d(x, options: options) }
}
