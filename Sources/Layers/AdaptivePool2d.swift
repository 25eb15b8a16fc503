// The pooling layers whose windows follow from the size that they should give.

import Autograd
import Fields
import Tensors

/// The size that an adaptive pooling gives.
public struct AdaptiveSize: Hashable, Sendable {
  /// Nil for the input's own.
  public var height: Int?
  public var width: Int?

  public init(_ height: Int?, _ width: Int?) { (self.height, self.width) = (height, width) }

  func resolved(_ input: Shape) -> Size2d {
    input.rank == 3 ? Size2d(height ?? input[1], width ?? input[2]) : Size2d(height ?? 1, width ?? 1)
  }

  fileprivate mutating func visitFields(_ fields: any FieldVisitor) throws {
    try fields.nullablePair("output_size", &height, &width, in: 1...(1 << 16), "a size; 1 for one number a channel")
  }
}

/// The means of a grid of windows of any size; see `adaptiveAveragePool2d`. One by one is global average pooling.
public struct AdaptiveAveragePool2d: Layer {
  public struct Configuration: LayerConfiguration {
    public let type = "adaptive_avg_pool2d"
    public var name: String?
    public var size: AdaptiveSize

    public init(name: String? = nil, size: AdaptiveSize = AdaptiveSize(1, 1)) {
      self.name = name
      self.size = size
    }

    public mutating func visitFields(_ fields: any FieldVisitor) throws { try size.visitFields(fields) }

    public func build(_ site: BuildSite) -> any Layer {
      AdaptiveAveragePool2d(name: site.name, outputSize: size.resolved(site.input))
    }
  }

  public let name: String
  public let kind = "adaptive_avg_pool2d"
  public let outputSize: Size2d

  public func forward(_ x: Variable) throws -> Variable { try adaptiveAveragePool2d(x, size: outputSize) }
}

/// The largest numbers of such a grid; see `adaptiveMaxPool2d`.
public struct AdaptiveMaxPool2d: Layer {
  public struct Configuration: LayerConfiguration {
    public let type = "adaptive_max_pool2d"
    public var name: String?
    public var size: AdaptiveSize

    public init(name: String? = nil, size: AdaptiveSize = AdaptiveSize(1, 1)) {
      self.name = name
      self.size = size
    }

    public mutating func visitFields(_ fields: any FieldVisitor) throws { try size.visitFields(fields) }

    public func build(_ site: BuildSite) -> any Layer {
      AdaptiveMaxPool2d(name: site.name, outputSize: size.resolved(site.input))
    }
  }

  public let name: String
  public let kind = "adaptive_max_pool2d"
  public let outputSize: Size2d

  public func forward(_ x: Variable) throws -> Variable { try adaptiveMaxPool2d(x, size: outputSize) }
}
