// A value that all images share: a weight, a bias, a running statistic.

import Kernels

/// A named tensor shared by all images of a batch, with room for its gradient.
///
/// An executor reads `values` while it runs and writes `gradient` at the end of a step; an optimiser writes `values`
/// between steps. Nothing is locked: whoever runs the steps (one queue) decides who reads and writes in between.
public final class Parameter: @unchecked Sendable {
  public let name: String
  public let shape: Shape
  /// Whether an optimiser may change it: false for running statistics and fixed filters.
  public let isTrainable: Bool
  /// Whether it is left as it is for now, though it could be trained; its gradient is computed all the same.
  public var isFrozen = false
  public let storage: AlignedBuffer
  public let gradientStorage: AlignedBuffer

  public init(_ name: String, _ tensor: Tensor, isTrainable: Bool = true) {
    self.name = name
    self.shape = tensor.shape
    self.isTrainable = isTrainable
    storage = AlignedBuffer(floats: tensor.shape.count)
    gradientStorage = AlignedBuffer(floats: isTrainable ? tensor.shape.count : 0)
    assign(tensor)
  }

  public var values: UnsafeMutablePointer<Float> { storage.floats }
  public var gradient: UnsafeMutablePointer<Float> { gradientStorage.floats }
  public var count: Int { shape.count }

  /// A copy of the values.
  public var tensor: Tensor { Tensor(shape, Array(UnsafeBufferPointer(start: values, count: count))) }

  /// A copy of the gradient that the last step left.
  public var gradientTensor: Tensor {
    precondition(isTrainable, "\(name) is not trainable, so it has no gradient")
    return Tensor(shape, Array(UnsafeBufferPointer(start: gradient, count: count)))
  }

  /// Replaces the values.
  ///
  /// - Precondition: the shape is this parameter's.
  public func assign(_ tensor: Tensor) {
    precondition(tensor.shape == shape, "\(name) has shape \(shape), not \(tensor.shape)")
    tensor.values.withUnsafeBufferPointer { if let base = $0.baseAddress { values.update(from: base, count: count) } }
  }
}
