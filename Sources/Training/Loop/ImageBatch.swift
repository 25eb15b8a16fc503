// A batch of a data set's images, by index.

import Autograd
import Datasets
import Kernels
import Tensors

/// Some images of a data set, normalised while they are written into shards: the tape's inputs are images,
/// then labels if it asks for them.
public struct ImageBatch: BatchSource {
  public let images: Int
  public let lossWeight: Double
  public var differentiated: Int?
  private let source: LabeledImages
  private let indices: UnsafePointer<Int32>
  private let scale: UnsafePointer<Float>
  private let shift: UnsafePointer<Float>

  /// - Parameters:
  ///   - indices: which images, in order; `count` of them, each below `source.count`.
  ///   - scale, shift: from `Normalization`, one number a channel.
  ///   - classWeights: what an image's loss counts, by its class; nil where every class counts 1.
  public init(
    _ source: LabeledImages, indices: UnsafePointer<Int32>, count: Int, scale: UnsafePointer<Float>,
    shift: UnsafePointer<Float>, classWeights: [Float]? = nil
  ) {
    lossWeight =
      classWeights.map { weights in
        (0..<count).reduce(0.0) { $0 + Double(weights[Int(source.labels[Int(indices[$1])])]) }
      } ?? Double(count)
    self.source = source
    self.indices = indices
    self.images = count
    self.scale = scale
    self.shift = shift
  }

  public func load(shard: Int, realImages: Int, into inputs: [UnsafeMutableBufferPointer<Lanes>]) {
    precondition(inputs[0].count == source.shape.count, "images of \(source.shape) for an input of \(inputs[0].count)")
    guard let lanes = inputs[0].baseAddress else { return }
    let first = indices + shard * lanesPerShard
    loadImages(
      channels: source.shape[0], plane: source.shape[1] * source.shape[2], scale: scale, shift: shift, into: lanes
    ) { lane in
      source.image(Int(first[lane < realImages ? lane : 0]))
    }
    guard inputs.count > 1 else { return }
    for lane in 0..<lanesPerShard {
      inputs[1][0][lane] = Float(source.labels[Int(first[lane < realImages ? lane : 0])])
    }
  }
}
