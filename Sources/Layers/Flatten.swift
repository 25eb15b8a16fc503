// The layer between images and vectors.

import Autograd
import Fields
import Tensors

/// Neighbouring axes of an image in one, all of them by default: (C, H, W) → (C·H·W).
public struct Flatten: Layer {
  public static let type = "flatten"

  public struct Configuration: LayerConfiguration {
    public var type: String { Flatten.type }
    public var name: String?
    /// The first and last axis that go into one, counted as in PyTorch, where axis 0 is the batch.
    public var start = 1
    public var end = -1

    public init(name: String? = nil) { self.name = name }

    public mutating func visitFields(_ fields: any FieldVisitor) throws {
      try fields.int("start_dim", &start, in: -8...8, "the first axis of those that become one; 0 is the batch")
      try fields.int("end_dim", &end, in: -8...8, "the last of them")
    }

    public func build(_ site: BuildSite) throws -> any Layer {
      let first = try site.axis(start, of: type, option: "start_dim")
      let last = try site.axis(end, of: type, option: "end_dim")
      guard first <= last else {
        throw ShapeError(type, [site.input], rule: "start_dim must not come after end_dim", option: "start_dim")
      }
      return Flatten(name: site.name, axes: first...last)
    }
  }

  public let name: String
  public var kind: String { Flatten.type }
  public let axes: ClosedRange<Int>

  public var keepsElements: Bool { true }

  public func forward(_ x: Variable) throws -> Variable {
    let sides = x.shape.dimensions
    let joined = sides[axes].reduce(1, *)
    return try x.reshaped(Shape(sides[..<axes.lowerBound] + [joined] + sides[(axes.upperBound + 1)...]))
  }
}
