// A dense, row-major array of Float32 with a shape: what the library takes in and gives out.

/// A dense, row-major array of `Float`; images are (N, C, H, W) or, one at a time, (C, H, W).
public struct Tensor: Hashable, Sendable {
  public let shape: Shape
  public var values: [Float]

  /// - Precondition: `values` holds exactly `shape.count` numbers.
  public init(_ shape: Shape, _ values: [Float]) {
    precondition(values.count == shape.count, "\(values.count) values for a tensor of shape \(shape)")
    self.shape = shape
    self.values = values
  }

  public init(_ shape: Shape, repeating value: Float = 0) {
    self.init(shape, [Float](repeating: value, count: shape.count))
  }

  /// The same numbers under another shape of the same count.
  public func reshaped(_ shape: Shape) -> Tensor { Tensor(shape, values) }

  /// The i-th slice along the first axis.
  public subscript(index: Int) -> Tensor {
    let rest = Shape(Array(shape.dimensions.dropFirst()))
    return Tensor(rest, Array(values[index * rest.count..<(index + 1) * rest.count]))
  }
}
