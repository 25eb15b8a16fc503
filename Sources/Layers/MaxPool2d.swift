// The max pooling layer.

import Autograd
import Fields
import Tensors

/// Keeps the largest element of each window; see `maxPool2d`.
public struct MaxPool2d: Layer {
  public static let type = "max_pool2d"

  public struct Configuration: LayerConfiguration {
    public var type: String { MaxPool2d.type }
    public var name: String?
    /// The stride is the kernel size unless given.
    public var options: Pool2dOptions

    public init(name: String? = nil, options: Pool2dOptions = Pool2dOptions(kernel: Size2d(1))) {
      self.name = name
      self.options = options
    }

    public mutating func visitFields(_ fields: any FieldVisitor) throws {
      try options.visitWindow(fields)
      try fields.size("dilation", &options.dilation, atLeast: 1, "how far an element of the window is from the next")
    }

    public func build(_ site: BuildSite) throws -> any Layer {
      _ = try options.outputShape(type, input: site.input)
      return MaxPool2d(name: site.name, options: options)
    }
  }

  public let name: String
  public var kind: String { MaxPool2d.type }
  public let options: Pool2dOptions

  public var keepsChannelsApart: Bool { true }

  public func forward(_ x: Variable) throws -> Variable { try maxPool2d(x, options: options) }
}
