// The average pooling layers.

import Autograd
import Tensors

/// The mean of each window; see `averagePool2d`.
public struct AveragePool2d: Layer {
  public struct Configuration: LayerConfiguration {
    public let type = "avg_pool2d"
    public var name: String?
    public var options: Pool2dOptions
    /// On by default.
    public var countIncludesPadding: Bool

    public init(name: String? = nil, options: Pool2dOptions, countIncludesPadding: Bool = true) {
      self.name = name
      self.options = options
      self.countIncludesPadding = countIncludesPadding
    }

    public func build(_ site: BuildSite) throws -> any Layer {
      _ = try options.outputShape(type, input: site.input)
      return AveragePool2d(name: site.name, options: options, countIncludesPadding: countIncludesPadding)
    }
  }

  public let name: String
  public let kind = "avg_pool2d"
  public let options: Pool2dOptions
  public let countIncludesPadding: Bool

  public func forward(_ x: Variable) throws -> Variable {
    try averagePool2d(x, options: options, countIncludesPadding: countIncludesPadding)
  }
}

/// The means of a grid of windows of any size; see `adaptiveAveragePool2d`. One by one is global average pooling.
public struct AdaptiveAveragePool2d: Layer {
  public struct Configuration: LayerConfiguration {
    public let type = "adaptive_avg_pool2d"
    public var name: String?
    public var outputSize: Size2d

    public init(name: String? = nil, outputSize: Size2d) {
      self.name = name
      self.outputSize = outputSize
    }

    public func build(_ site: BuildSite) -> any Layer {
      AdaptiveAveragePool2d(name: site.name, outputSize: outputSize)
    }
  }

  public let name: String
  public let kind = "adaptive_avg_pool2d"
  public let outputSize: Size2d

  public func forward(_ x: Variable) throws -> Variable { try adaptiveAveragePool2d(x, size: outputSize) }
}
