// A batch given as tensors: one for each input of the tape, with the image as its first axis.

import Kernels
import Tensors

/// A batch whose inputs are plain tensors, (N, …) each.
public struct TensorBatch: BatchSource {
  public let images: Int
  private let inputs: [Tensor]

  /// - Precondition: all tensors have the same first dimension.
  public init(_ inputs: [Tensor]) {
    precondition(!inputs.isEmpty && inputs.allSatisfy { $0.shape.rank > 0 }, "a batch needs tensors with an image axis")
    images = inputs[0].shape[0]
    precondition(inputs.allSatisfy { $0.shape[0] == inputs[0].shape[0] }, "tensors of one batch hold as many images")
    self.inputs = inputs
  }

  public func load(shard: Int, realImages: Int, into targets: [UnsafeMutableBufferPointer<Lanes>]) {
    precondition(inputs.count == targets.count, "\(inputs.count) tensors for a tape of \(targets.count) inputs")
    for (tensor, target) in zip(inputs, targets) {
      let count = tensor.shape.count / images
      precondition(count == target.count, "a tensor of \(count) numbers an image for an input of \(target.count)")
      tensor.values.withUnsafeBufferPointer { values in
        guard let base = values.baseAddress, let target = target.baseAddress else { return }
        for lane in 0..<lanesPerShard {
          let image = shard * lanesPerShard + (lane < realImages ? lane : 0)
          storeLane(base + image * count, count: count, lane: lane, into: target)
        }
      }
    }
  }
}
