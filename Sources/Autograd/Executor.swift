// Runs a tape on batches: shards share out over threads, gradients are summed in shard order.

import Kernels
import Tensors
import Workers

/// Where a batch's numbers come from; asked shard by shard, from several threads at once.
public protocol BatchSource {
  /// How many images the batch has.
  var images: Int { get }
  /// What the sum of the images' losses is divided by for their mean: the images, unless some weigh more; those of the
  /// whole batch, where other processes have some of them.
  var lossWeight: Double { get }
  /// The one image whose loss is differentiated, as its part of the batch's mean; nil for all. The gradients of all images, one by one,
  /// add up to the batch's.
  var differentiated: Int? { get }
  /// Writes the tape's inputs for the images of a shard, in the order in which they were declared.
  ///
  /// The lanes after the real images repeat the shard's first one: whatever is finite for real images is then finite
  /// for these fillers, so that their weight of zero keeps them out of every sum.
  func load(shard: Int, realImages: Int, into inputs: [UnsafeMutableBufferPointer<Lanes>])
}

extension BatchSource {
  public var lossWeight: Double { Double(images) }
  public var differentiated: Int? { nil }
}

/// What becomes of the images' losses, in PyTorch's words.
public enum LossReduction: String, Sendable, Hashable {
  case mean, sum
}

/// Runs a tape forward, and backward from its loss, on batches of up to `capacity` images.
///
/// The batch is split into shards of sixteen images, the same split whatever the number of threads; where there are more threads,
/// they share out the work on each shard too. Everything that crosses shards is summed in shard order: the results are
/// bit-identical for any number of threads. Memory is laid out once; a step allocates nothing.
public final class Executor {
  let tape: Tape
  let plan: Plan
  let pool: WorkerPool
  let exchange: any Exchange
  let capacity: Int
  let loss: Variable?
  private let metrics: [Variable]
  let reduction: LossReduction
  private let arena: AlignedBuffer
  private let workers: AlignedBuffer
  /// One for each shard, or one for each thread where nothing is read after a shard but what is kept.
  let memories: [ShardMemory]
  let layout: ExecutorLayout
  /// What is kept of each shard where threads reuse their memory.
  let results: AlignedBuffer
  let inputPointers: [[UnsafeMutableBufferPointer<Lanes>]]
  private let sums: UnsafeMutablePointer<Double>
  private var trainingStages: [Stage] = []
  private var evaluationStages: [Stage] = []
  let parameterTasks: [ParameterTask]
  /// The memory of all gradients.
  let gradientPieces: [UnsafeMutableRawBufferPointer]
  private(set) var clock: StepClock?
  /// Whether moving them takes hardly longer than it takes other threads to learn of it.
  let hasFewParameters: Bool
  /// How many portions of a shard pay, as far as that is known.
  var portionTrials: [PortionTrial.Kind: PortionTrial] = [:]
  /// Whether the last run was a step: another one writes values over gradients that lie in their places.
  var holdsGradients = false
  /// The last step's; kept, so that a step need not allocate them.
  private var metricMeans: [Double]

  /// - Parameters:
  ///   - loss: one number an image; its mean over the batch (or its sum) is what `step` differentiates.
  ///   - metrics: values of one number an image whose means `run` and `step` return.
  ///   - kept: the values that are read after a run; nil for all. Operations may then work in place on the others, and
  ///     gradients take their places.
  ///   - capacity: the most images a batch may have.
  ///   - reusesMemory: whether a thread runs all its shards in the same memory, of which only what is kept is left; for
  ///     forward passes on large batches. Where there are barriers, each has memory of its own all the same.
  ///   - exchange: joins the shards of a batch with those of other processes.
  public init(
    _ tape: Tape, loss: Variable? = nil, reduction: LossReduction = .mean, metrics: [Variable] = [],
    kept: [Variable]? = nil, capacity: Int, pool: WorkerPool, reusesMemory: Bool = false,
    exchange: any Exchange = LocalExchange()
  ) {
    precondition(capacity > 0, "an executor needs room for at least one image")
    precondition(loss?.shape.count ?? 1 == 1, "a loss is one number an image")
    precondition(metrics.allSatisfy { $0.shape.count == 1 }, "a metric is one number an image")
    self.tape = tape
    let plan = Plan(tape, loss: loss, metrics: metrics, kept: kept)
    self.plan = plan
    self.pool = pool
    self.exchange = exchange
    self.capacity = capacity
    self.loss = loss
    self.metrics = metrics
    metricMeans = metrics.map { _ in 0 }
    self.reduction = reduction
    for node in plan.nodes { node.allocateShared() }
    let lanes = plan.lanesPerShardMemory
    precondition(
      !reusesMemory || loss == nil && kept != nil, "memory that is reused holds no gradients, only what is kept")
    let layout = ExecutorLayout(
      plan, kept: kept, capacity: capacity, threads: pool.threads, reusesMemory: reusesMemory)
    self.layout = layout
    let arena = AlignedBuffer(lanes: layout.slots * lanes)
    self.arena = arena
    workers = AlignedBuffer(lanes: pool.threads * plan.scratchLanes)
    let memories = (0..<layout.slots).map { ShardMemory(base: arena.lanes + $0 * lanes) }
    results = AlignedBuffer(lanes: layout.shards * layout.keptLanes)
    self.memories = memories
    let places = tape.inputs.map { (offset: plan.valueOffsets[$0], count: tape.values[$0].count) }
    inputPointers = memories.map { memory in
      places.map { UnsafeMutableBufferPointer(start: memory.base + $0.offset, count: $0.count) }
    }
    sums = .allocate(capacity: max(1, metrics.count * layout.shards))
    parameterTasks = Executor.tasks(plan, threads: pool.threads)
    hasFewParameters = plan.parameters.reduce(0) { $0 + $1.parameter.count } <= 1 << 16
    gradientPieces = plan.parameters.map { plan in
      UnsafeMutableRawBufferPointer(
        start: plan.parameter.gradient, count: plan.parameter.count * MemoryLayout<Float>.stride)
    }
    trainingStages = stages(StepContext(isTraining: true), backward: loss != nil)
    evaluationStages = stages(StepContext(isTraining: false), backward: false)
  }

  deinit { sums.deallocate() }

  /// Bytes that an executor of a tape allocates for numbers, without allocating them.
  public static func memory(
    _ tape: Tape, loss: Variable? = nil, metrics: [Variable] = [], kept: [Variable]? = nil, capacity: Int,
    threads: Int, reusesMemory: Bool = false
  ) -> Int {
    let plan = Plan(tape, loss: loss, metrics: metrics, kept: kept)
    return ExecutorLayout(plan, kept: kept, capacity: capacity, threads: threads, reusesMemory: reusesMemory).bytes
  }

  /// Runs forward only and returns the metrics' means over the batch.
  @discardableResult
  public func run(_ batch: some BatchSource, context: StepContext = StepContext(isTraining: false)) -> [Double] {
    let stages = context.isTraining ? stages(context, backward: false) : evaluationStages
    walk(stages, batch, context, backward: false)
    return means(batch.images, context)
  }

  /// Runs forward and backward, leaves the gradient of the mean loss in the parameters, and returns the metrics' means.
  ///
  /// - Precondition: the executor was made with a loss.
  @discardableResult
  public func step(_ batch: some BatchSource, context: StepContext) -> [Double] {
    precondition(loss != nil, "backpropagation starts from a loss")
    let stages = context.isTraining ? trainingStages : stages(context, backward: true)
    walk(stages, batch, context, backward: true)
    reduceGradients(batch.images, context)
    return means(batch.images, context)
  }

  /// Leaves this shard's sums of the metrics; they are added up in shard order later.
  func collect(_ shard: Int, _ worker: Int, _ images: Int) {
    let memory = memories[slot(shard, worker)]
    for value in layout.keptValues {
      copyLanes(
        memory.base + value.source, count: value.count, accumulate: false,
        into: results.lanes + (shard * layout.keptLanes + value.target))
    }
    for (index, metric) in metrics.enumerated() {
      sums[shard * metrics.count + index] = sumLanes(
        memory.base + plan.valueOffsets[metric.id],
        realImages: realImages(inShard: shard, of: images))
    }
  }

  private func means(_ images: Int, _ context: StepContext) -> [Double] {
    let shards = shardCount(images)
    metricMeans.withUnsafeMutableBufferPointer { means in
      exchange.join(CollectionOfOne(UnsafeMutableRawBufferPointer(means))) { areFirst in
        if areFirst { means.update(repeating: 0) }
        for index in means.indices {
          for shard in 0..<shards { means[index] += sums[shard * means.count + index] }
        }
      }
      for index in means.indices { means[index] /= Double(context.totalImages ?? images) }
    }
    return metricMeans
  }

  func scratch(_ worker: Int) -> LanePointer { workers.lanes + worker * plan.scratchLanes }

  func withFrames(
    _ node: PlannedNode, _ shards: Int, _ images: Int, _ context: StepContext, worker: Int, _ body: (FrameList) -> Void
  ) {
    memories.withUnsafeBufferPointer { memories in
      body(
        FrameList(
          node: node, memories: UnsafeBufferPointer(rebasing: memories[0..<shards]), worker: scratch(worker),
          context: context, images: images))
    }
  }
}

// MARK: - Measuring

extension Executor {
  /// Multiply-adds that an image takes in `step`, or in `run`.
  public func multiplyAdds(backward: Bool) -> Int { plan.multiplyAdds(backward: backward) }

  /// Runs a step, or only forward, with a clock on each operation.
  public func timed(_ batch: some BatchSource, context: StepContext, backward: Bool) -> [OperationTime] {
    let clock = StepClock(nodes: plan.nodes.count, threads: pool.threads)
    self.clock = clock
    defer { self.clock = nil }
    if backward { step(batch, context: context) } else { run(batch, context: context) }
    return plan.nodes.flatMap { node in
      OperationTime.Pass.allCases.map { pass in
        OperationTime(
          operation: node.operation.name, node: node.index, pass: pass, seconds: clock.seconds(node.index, pass))
      }
    }
  }
}
