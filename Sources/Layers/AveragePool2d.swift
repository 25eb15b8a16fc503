// The average pooling layer.

import Autograd
import Fields
import Tensors

/// The mean of each window; see `averagePool2d`.
public struct AveragePool2d: Layer {
  public static let type = "avg_pool2d"

  public struct Configuration: LayerConfiguration {
    public var type: String { AveragePool2d.type }
    public var name: String?
    public var options: Pool2dOptions
    /// On by default.
    public var countIncludesPadding: Bool

    public init(
      name: String? = nil, options: Pool2dOptions = Pool2dOptions(kernel: Size2d(1)), countIncludesPadding: Bool = true
    ) {
      self.name = name
      self.options = options
      self.countIncludesPadding = countIncludesPadding
    }

    public mutating func visitFields(_ fields: any FieldVisitor) throws {
      try options.visitWindow(fields)
      try fields.bool("count_include_pad", &countIncludesPadding, "whether padding counts as zeros in the mean")
    }

    public func build(_ site: BuildSite) throws -> any Layer {
      _ = try options.outputShape(type, input: site.input)
      return AveragePool2d(name: site.name, options: options, countIncludesPadding: countIncludesPadding)
    }
  }

  public let name: String
  public var kind: String { AveragePool2d.type }
  public let options: Pool2dOptions
  public let countIncludesPadding: Bool

  public var keepsChannelsApart: Bool { true }

  public func forward(_ x: Variable) throws -> Variable {
    try averagePool2d(x, options: options, countIncludesPadding: countIncludesPadding)
  }
}

extension Pool2dOptions {
  /// The fields that all moving windows share. A stride that is left out is the kernel size.
  mutating func visitWindow(_ fields: any FieldVisitor) throws {
    let isStrided = stride != kernel
    try fields.size("kernel_size", &kernel, atLeast: 1, isRequired: true, "a whole number, or [rows, columns]")
    if !isStrided { stride = kernel }
    try fields.size("stride", &stride, atLeast: 1, "how far a window is from the next; its own size if left out")
    fields.defaultFollows("stride", "the kernel's size")
    try fields.size("padding", &padding, atLeast: 0, "rows and columns around the image")
    try fields.bool("ceil_mode", &ceilMode, "whether a remainder has a window of its own")
  }
}
