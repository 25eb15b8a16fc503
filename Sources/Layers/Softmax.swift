// The layers that make probabilities of numbers, or their logarithms.

import Autograd
import Fields
import Tensors

/// Softmax along an axis, or its logarithm; see `softmax` and `logSoftmax`.
public struct Softmax: Layer {
  public struct Configuration: LayerConfiguration {
    public var name: String?
    public var logarithm: Bool
    /// Counted as in PyTorch, where axis 0 is the batch: 1 is the classes, or the channels; −1 the last axis.
    public var axis = 1
    public var type: String { logarithm ? "log_softmax" : "softmax" }

    public init(name: String? = nil, logarithm: Bool = false) {
      self.name = name
      self.logarithm = logarithm
    }

    public mutating func visitFields(_ fields: any FieldVisitor) throws {
      try fields.int("dim", &axis, in: -8...8, "the axis: 1 for classes or channels, -1 for the last one")
    }

    public func build(_ site: BuildSite) throws -> any Layer {
      Softmax(name: site.name, kind: type, axis: try site.axis(axis, of: type, option: "dim"))
    }
  }

  public let name: String
  public let kind: String
  /// Of one image.
  public let axis: Int

  public var outputMeaning: OutputMeaning? { kind == "softmax" ? .probabilities : .logProbabilities }

  public func forward(_ x: Variable) throws -> Variable {
    kind == "softmax" ? try softmax(x, axis: axis) : try logSoftmax(x, axis: axis)
  }
}

extension BuildSite {
  /// An axis of one image from one that is counted as in PyTorch, where axis 0 is the batch, and from the end if negative.
  ///
  /// - Throws: `ShapeError` when there is no such axis, or it is the batch.
  func axis(_ number: Int, of type: String, option: String) throws -> Int {
    let axis = number < 0 ? input.rank + number : number - 1
    guard (0..<input.rank).contains(axis) else {
      throw ShapeError(
        type, [input],
        rule: "\(option) must be from 1 to \(input.rank), or from -\(input.rank) to -1, not \(number); 0 is the batch",
        option: option)
    }
    return axis
  }
}
