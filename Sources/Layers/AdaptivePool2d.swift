// The pooling layer whose windows follow from the size that it should give.

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

/// The means of a grid of windows of any size, or the largest numbers; see `adaptiveAveragePool2d` and `adaptiveMaxPool2d`. One by
/// one is global pooling.
public struct AdaptivePool2d: Layer {
  public struct Configuration: LayerConfiguration {
    public var name: String?
    public var size: AdaptiveSize
    /// Whether the largest number of a window is taken, not the mean.
    public var takesMaximum: Bool
    public var type: String { takesMaximum ? "adaptive_max_pool2d" : "adaptive_avg_pool2d" }

    public init(name: String? = nil, size: AdaptiveSize = AdaptiveSize(1, 1), takesMaximum: Bool = false) {
      self.name = name
      self.size = size
      self.takesMaximum = takesMaximum
    }

    public mutating func visitFields(_ fields: any FieldVisitor) throws { try size.visitFields(fields) }

    public func build(_ site: BuildSite) -> any Layer {
      AdaptivePool2d(name: site.name, kind: type, outputSize: size.resolved(site.input))
    }
  }

  public let name: String
  public let kind: String
  public let outputSize: Size2d

  public var keepsChannelsApart: Bool { true }

  public func forward(_ x: Variable) throws -> Variable {
    kind == "adaptive_max_pool2d"
      ? try adaptiveMaxPool2d(x, size: outputSize) : try adaptiveAveragePool2d(x, size: outputSize)
  }
}
