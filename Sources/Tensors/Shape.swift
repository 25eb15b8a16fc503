// The dimensions of a tensor, and the error that names two of them that do not fit.

/// The dimensions of a tensor, outermost first.
///
/// At the surface a batch of images is (N, C, H, W); a value inside a shard has no N: its shape is per image.
public struct Shape: Hashable, Sendable, Codable, CustomStringConvertible, ExpressibleByArrayLiteral {
  public let dimensions: [Int]

  public init(_ dimensions: [Int]) { self.dimensions = dimensions }
  public init(arrayLiteral elements: Int...) { self.dimensions = elements }

  /// How many numbers a tensor of this shape holds; 1 for the shape of a scalar, which has no dimensions.
  public var count: Int { dimensions.reduce(1, *) }
  /// The same; nil where it is more than an `Int` holds.
  public var checkedCount: Int? {
    var count = 1
    for length in dimensions {
      let (product, isTooMuch) = count.multipliedReportingOverflow(by: length)
      if isTooMuch { return nil }
      count = product
    }
    return count
  }
  /// The most numbers that one image may be anywhere: sixteen of them fill 17 GB.
  public static let largestImage = 1 << 28

  /// - Throws: `ShapeError` when an image of this shape would be more than can be worked on.
  public func checkSize(_ operation: String, _ shapes: [Shape], option: String? = nil) throws {
    guard let count = checkedCount, count <= Shape.largestImage else {
      throw ShapeError(
        operation, shapes, rule: "\(self) are more than \(Shape.largestImage) numbers an image", option: option)
    }
  }

  public var rank: Int { dimensions.count }
  public subscript(axis: Int) -> Int { dimensions[axis] }

  /// As people write it: `6×28×28`; a scalar is `1`.
  public var description: String { dimensions.isEmpty ? "1" : dimensions.map(String.init).joined(separator: "×") }
}

/// An operation that was given shapes it cannot work on: which operation, which shapes, which rule they break.
public struct ShapeError: Error, CustomStringConvertible, Equatable {
  public let operation: String
  public let shapes: [Shape]
  public let rule: String
  /// The option that breaks the rule (`kernel_size`), where a single one does.
  public let option: String?

  public init(_ operation: String, _ shapes: [Shape], rule: String, option: String? = nil) {
    self.operation = operation
    self.shapes = shapes
    self.rule = rule
    self.option = option
  }

  public var description: String {
    "\(operation) of \(shapes.map(\.description).joined(separator: " and ")): \(rule)"
  }
}
