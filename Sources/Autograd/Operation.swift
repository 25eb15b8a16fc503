// What an operation must be able to do, and the frame of pointers that it does it on.

import Kernels
import Tensors

/// A differentiable operation on one shard.
///
/// An operation is immutable once recorded and is run on several shards at once, so everything that changes lives in
/// the frame it is given.
public protocol Operation: Sendable {
  /// The field's name for it, as in configurations: `conv2d`.
  var name: String { get }
  /// False for metrics, which end a path of gradients.
  var isDifferentiable: Bool { get }
  /// Whether the output may overwrite the first input, and the input's gradient the output's: both have the same size, each
  /// number is read before the number in its place is written, and backward does not read the input.
  var worksInPlace: Bool { get }
  /// Whether backward reads an input.
  var readsInput: Bool { get }
  /// Whether backward reads the output.
  var readsOutput: Bool { get }
  /// Whether each number of the output is the largest of some of the input.
  var takesMaximum: Bool { get }
  /// The same operation on `count` numbers, to be put behind a maximum that is taken of its output; nil where the results
  /// would be others.
  func behindMaximum(count: Int) -> (any Operation)?
  /// Lanes that each shard keeps from forward to backward: winners, masks, padded copies.
  var savedLanes: Int { get }
  /// Lanes of scratch space, free to overwrite in every call.
  var scratchLanes: Int { get }
  /// Floats that all shards share for a step, written by `prepare` and at barriers.
  var sharedFloats: Int { get }

  /// Multiply-adds that one image takes forward; each gradient takes as many. Only products of matrices and
  /// convolutions count.
  var multiplyAdds: Int { get }

  /// How many pieces the work before any shard falls into; the threads share them out.
  var preparations: Int { get }
  /// Into how many portions a pass over one shard may be cut, for threads that have no shard of their own; 1 where it does not go
  /// by its frame's portion, or is too short.
  var portions: Int { get }
  /// Whether forward, and backward, begin with something that all portions read.
  var beginsForward: Bool { get }
  var beginsBackward: Bool { get }

  /// Does one piece of what must be done once a step, before any shard, because parameters have changed.
  func prepare(_ piece: Int, _ frame: Frame)
  /// Does, portion by portion, what all portions of forward read.
  func beginForward(_ frame: Frame)
  /// Does what all portions of backward read.
  func beginBackward(_ frame: Frame)
  /// Computes the output from the inputs.
  func forward(_ frame: Frame)
  /// Computes the gradients of inputs and parameters from the output's.
  ///
  /// Inputs' gradients are written in the order of the inputs; parameters' are added to.
  func backward(_ frame: Frame)
}

extension Operation {
  public var isDifferentiable: Bool { true }
  public var worksInPlace: Bool { false }
  public var readsInput: Bool { true }
  public var readsOutput: Bool { true }
  public var takesMaximum: Bool { false }
  public func behindMaximum(count: Int) -> (any Operation)? { nil }
  public var savedLanes: Int { 0 }
  public var scratchLanes: Int { 0 }
  public var sharedFloats: Int { 0 }
  public var multiplyAdds: Int { 0 }
  public var preparations: Int { 0 }
  public var portions: Int { 1 }
  public var beginsForward: Bool { false }
  public var beginsBackward: Bool { false }
  public func prepare(_ piece: Int, _ frame: Frame) {}
  public func beginForward(_ frame: Frame) {}
  public func beginBackward(_ frame: Frame) {}
}

/// An operation with a barrier halfway, where all shards wait for each other, because it needs the whole batch: batch norm.
///
/// Each pass runs `gather` on every shard, then `finish` once, then `forward` (or `backward`) on every shard.
public protocol BarrierOperation: Operation {
  /// Numbers that each shard leaves for `finish`.
  var gatheredNumbers: Int { get }
  /// Whether this pass has the barrier at all (evaluation of batch norm has not).
  func needsBarrier(_ context: StepContext) -> Bool
  func gatherForward(_ frame: Frame)
  func finishForward(_ barrier: Barrier)
  func gatherBackward(_ frame: Frame)
  func finishBackward(_ barrier: Barrier)
}

/// An operation that computes a parameter's gradient from all shards at once, after they have finished, instead of
/// adding to a buffer of each shard: linear layers, whose weights are too many to be written once a shard.
public protocol WholeBatchGradient: Operation {
  /// Which of the operation's parameters this is about.
  var wholeBatchParameter: Int { get }
  /// Computes the gradient of some rows of the parameter, along its first axis, and some columns of all its other axes, flattened,
  /// from what the frames of all shards have saved, and from their gradients of the output: their values may be gone.
  func parameterGradient(rows: Range<Int>, columns: Range<Int>, frames: FrameList, accumulate: Bool)
}

/// What is the same for all shards of a step.
public struct StepContext: Sendable {
  public var isTraining: Bool
  public var seed: UInt64
  /// The global step: part of the key of the step's random numbers.
  public var step: Int
  /// Where in the batch the shards of this process begin.
  public var firstShard: Int
  /// How many images the whole batch has; nil when they are all here.
  public var totalImages: Int?

  public init(isTraining: Bool, seed: UInt64 = 0, step: Int = 0, firstShard: Int = 0, totalImages: Int? = nil) {
    (self.isTraining, self.seed, self.step) = (isTraining, seed, step)
    (self.firstShard, self.totalImages) = (firstShard, totalImages)
  }
}

/// A place for an input's gradient: the first operation to reach it assigns, later ones add.
public struct GradientSink {
  public let lanes: LanePointer
  public let accumulate: Bool
}

/// One operation's pointers on one shard.
public struct Frame {
  let node: PlannedNode
  let memory: ShardMemory
  let worker: LanePointer
  public let context: StepContext
  /// The shard's index among those of this process, and how many of its sixteen images are real.
  let shard: Int
  public let realImages: Int
  /// What of a pass to do.
  public let portion: Portion

  /// The index of the shard's first image in the whole batch.
  public var firstImage: Int { (context.firstShard + shard) * lanesPerShard }

  public func input(_ index: Int = 0) -> UnsafePointer<Lanes> { UnsafePointer(memory.base + node.inputs[index]) }
  public var output: LanePointer { memory.base + node.output }
  public var outputGradient: UnsafePointer<Lanes> { UnsafePointer(memory.base + node.outputGradient) }

  /// Where to put an input's gradient; nil when nothing asks for it.
  public func inputGradient(_ index: Int = 0) -> GradientSink? {
    node.inputGradients[index].map { GradientSink(lanes: memory.base + $0.offset, accumulate: $0.accumulate) }
  }

  /// Kept from forward to backward; this shard's own.
  public var saved: LanePointer { memory.base + node.saved }
  /// Free to overwrite; this thread's own.
  public var scratch: LanePointer { worker }
  /// All shards'; written by `prepare` and at barriers.
  public var shared: UnsafeMutablePointer<Float> { node.shared.floats }
  /// What this shard leaves for the barrier.
  public var gathered: UnsafeMutablePointer<Double> {
    UnsafeMutableRawPointer(memory.base + node.gathered).assumingMemoryBound(to: Double.self)
  }
  /// 1 for each real image, 0 for fillers.
  public var imageWeights: UnsafePointer<Lanes> { UnsafePointer(memory.base) }

  public var parameterCount: Int { node.parameters.count }
  public func parameter(_ index: Int) -> UnsafePointer<Float> { UnsafePointer(node.parameters[index].values) }

  /// This shard's share of a parameter's gradient, to add to; nil when it is not trained or not computed per shard.
  public func parameterGradient(_ index: Int) -> UnsafeMutablePointer<Float>? {
    node.parameterGradients[index].map {
      UnsafeMutableRawPointer(memory.base + $0).assumingMemoryBound(to: Float.self)
    }
  }
}

/// One operation's frames on all shards of the batch, in shard order.
public struct FrameList {
  let node: PlannedNode
  let memories: UnsafeBufferPointer<ShardMemory>
  let worker: LanePointer
  let context: StepContext
  let images: Int

  public var count: Int { memories.count }
  /// Lanes from anything of one shard to the same of the next.
  public var step: Int { count > 1 ? memories[1].base - memories[0].base : 0 }
  public subscript(shard: Int) -> Frame {
    Frame(
      node: node, memory: memories[shard], worker: worker, context: context, shard: shard,
      realImages: Kernels.realImages(inShard: shard, of: images), portion: .whole)
  }
  public var parameters: [Parameter] { node.parameters }
}

/// What an operation sees at its barrier: the frames of the shards that are here, in order, and the count of all real images.
public struct Barrier {
  let frames: FrameList
  let exchange: any Exchange
  public var images: Int { context.totalImages ?? frames.images }
  public var context: StepContext { frames.context }
  public var shared: UnsafeMutablePointer<Float> { frames.node.shared.floats }
  public func parameter(_ index: Int) -> UnsafeMutablePointer<Float> { frames.node.parameters[index].values }

  /// Adds up over all shards of the batch: `add` is called once, with the frames of those that are here, to continue the
  /// sums from zero or from what the shards before have left.
  public func sum(into sums: UnsafeMutableBufferPointer<Double>, _ add: (FrameList) -> Void) {
    exchange.join(CollectionOfOne(UnsafeMutableRawBufferPointer(sums))) { areFirst in
      if areFirst { sums.update(repeating: 0) }
      add(frames)
    }
  }
}
