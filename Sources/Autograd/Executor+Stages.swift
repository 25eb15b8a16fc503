// The stages of a run, and how threads share them out: shard by shard, or operation by operation where there are too few shards.

import Kernels
import Tensors
import Workers

extension Executor {
  /// The order of work, as this executor's threads can share it out.
  func stages(_ context: StepContext, backward: Bool) -> [Stage] {
    plan.stages(context, backward: backward, sharesOutParameters: pool.threads > 1 && !layout.threadsReuseMemory)
  }

  /// Runs all stages on a batch.
  func walk(_ stages: [Stage], _ batch: some BatchSource, _ context: StepContext, backward: Bool) {
    holdsGradients = backward
    let images = batch.images
    precondition(images > 0 && images <= capacity, "a batch of \(images) images for an executor of \(capacity)")
    let shards = shardCount(images)
    let most = mostPortions(of: shards)
    pool.isCallerAlone = false
    guard most > 1 else { return walk(stages, batch, context, backward: backward, portions: 1) }
    let start = ContinuousClock.now
    let kind = PortionTrial.Kind(most: most, backward: backward)
    let trial = portionTrials[kind, default: PortionTrial(most: most)]
    // Moving few parameters, which comes after it, is shorter still.
    pool.isCallerAlone = shards * trial.portions == 1 && hasFewParameters
    walk(stages, batch, context, backward: backward, portions: trial.portions)
    portionTrials[kind, default: trial].note(ContinuousClock.now - start)
  }

  private func walk(
    _ stages: [Stage], _ batch: some BatchSource, _ context: StepContext, backward: Bool, portions: Int
  ) {
    let images = batch.images
    let shards = shardCount(images)
    pool.run(count: plan.preparations.count, Preparation(executor: self, images: images, context: context))
    for (number, stage) in stages.enumerated() {
      let work = StageWork(
        executor: self, stage: stage, batch: batch, context: context, backward: backward, begins: number == 0,
        ends: number == stages.count - 1)
      if portions > 1 {
        run(work, inPortions: portions, of: shards)
      } else if stage.isWide {
        let count = stage.work[0].nodeAndPass.node.widePortions(threads: pool.threads)
        pool.run(
          count: count,
          PortionWork(
            executor: self, work: stage.work[0], images: images, context: context, portions: count,
            shardsTogether: shards))
      } else {
        pool.run(count: shards, work)
      }
      if let (node, isBackward) = stage.barrier { finish(node, isBackward: isBackward, shards, images, context) }
    }
  }

  /// Into how many portions each shard's work may be cut. One, if nearly all threads have shards of their own all the time; otherwise
  /// so many that all threads have the same number of portions.
  private func mostPortions(of shards: Int) -> Int {
    let threads = pool.threads
    let rounds = (shards + threads - 1) / threads
    guard !layout.threadsReuseMemory, 4 * shards < 3 * rounds * threads else { return 1 }
    var (divisor, rest) = (threads, shards)
    while rest > 0 { (divisor, rest) = (rest, divisor % rest) }
    return threads / divisor
  }

  /// What operations do before any shard.
  private struct Preparation: PoolWork {
    unowned(unsafe) let executor: Executor
    let images: Int
    let context: StepContext

    func perform(_ index: Int, _ worker: Int) {
      let (node, piece) = executor.plan.preparations[index]
      node.operation.prepare(piece, executor.frame(node, 0, worker, images, context, .whole))
    }
  }

  /// One stage, shard by shard.
  private struct StageWork<Batch: BatchSource>: PoolWork {
    unowned(unsafe) let executor: Executor
    var stage: Stage
    let batch: Batch
    let context: StepContext
    let backward: Bool
    /// Whether it is the first, and the last.
    var begins: Bool
    var ends: Bool

    func perform(_ shard: Int, _ worker: Int) {
      if begins { executor.begin(shard, worker, batch, backward: backward) }
      for work in stage.work { executor.perform(work, shard, worker, batch.images, context, .whole) }
      if ends { executor.collect(shard, worker, batch.images) }
    }
  }

  /// One piece of work of a stage, in portions; each is done for some shards, one after the other.
  private struct PortionWork: PoolWork {
    unowned(unsafe) let executor: Executor
    let work: ShardWork
    let images: Int
    let context: StepContext
    let portions: Int
    let shardsTogether: Int

    func perform(_ index: Int, _ worker: Int) {
      let (group, portion) = index.quotientAndRemainder(dividingBy: portions)
      for shard in group * shardsTogether..<(group + 1) * shardsTogether {
        executor.perform(work, shard, worker, images, context, Portion(index: portion, count: portions))
      }
    }
  }

  private func run(_ work: StageWork<some BatchSource>, inPortions portions: Int, of shards: Int) {
    // What comes before and after the operations is short.
    var rest = work
    rest.stage = Stage()
    rest.ends = false
    if work.begins { pool.run(count: shards, rest) }
    for piece in work.stage.work {
      let count = min(portions, piece.nodeAndPass.node.portions)
      pool.run(
        count: shards * count,
        PortionWork(
          executor: self, work: piece, images: work.batch.images, context: work.context, portions: count,
          shardsTogether: 1))
    }
    (rest.begins, rest.ends) = (false, true)
    if work.ends { pool.run(count: shards, rest) }
  }

  /// Where a shard's memory is, while a worker runs it.
  func slot(_ shard: Int, _ worker: Int) -> Int { layout.threadsReuseMemory ? worker : shard }

  private func begin(_ shard: Int, _ worker: Int, _ batch: some BatchSource, backward: Bool) {
    let slot = slot(shard, worker)
    let memory = memories[slot]
    let real = realImages(inShard: shard, of: batch.images)
    setLanes(memory.base, to: 1, realImages: real)
    batch.load(shard: shard, realImages: real, into: inputPointers[slot])
    guard backward, let loss, let gradient = plan.gradientOffsets[loss.id] else { return }
    let weight = batch.lossWeight
    let share: Float = reduction == .sum ? 1 : weight == 0 ? 0 : Float(1 / weight)
    setLanes(memory.base + gradient, to: share, realImages: real)
    if let image = batch.differentiated {
      for lane in 0..<lanesPerShard where shard * lanesPerShard + lane != image { memory.base[gradient][lane] = 0 }
    }
    for range in plan.shareRanges { clearLanes(memory.base + range.lowerBound, count: range.count) }
  }

  private func perform(
    _ work: ShardWork, _ shard: Int, _ worker: Int, _ images: Int, _ context: StepContext, _ portion: Portion
  ) {
    let (node, pass) = work.nodeAndPass
    let frame = frame(node, shard, worker, images, context, portion)
    guard let clock else { return work.perform(frame) }
    clock.measure(node.index, pass, worker: worker) { work.perform(frame) }
  }

  private func finish(
    _ node: PlannedNode, isBackward: Bool, _ shards: Int, _ images: Int, _ context: StepContext
  ) {
    withFrames(node, shards, images, context, worker: 0) { frames in
      let barrier = Barrier(frames: frames, exchange: exchange)
      if isBackward { node.barriers?.finishBackward(barrier) } else { node.barriers?.finishForward(barrier) }
    }
  }

  private func frame(
    _ node: PlannedNode, _ shard: Int, _ worker: Int, _ images: Int, _ context: StepContext, _ portion: Portion
  ) -> Frame {
    Frame(
      node: node, memory: memories[slot(shard, worker)], worker: scratch(worker), context: context,
      shard: shard, realImages: realImages(inShard: shard, of: images), portion: portion)
  }
}

extension ShardWork {
  fileprivate func perform(_ frame: Frame) {
    switch self {
    case .beginForward(let node): node.operation.beginForward(frame)
    case .forward(let node): node.operation.forward(frame)
    case .gatherForward(let node): node.barriers?.gatherForward(frame)
    case .beginBackward(let node): node.operation.beginBackward(frame)
    case .backward(let node): node.operation.backward(frame)
    case .gatherBackward(let node): node.barriers?.gatherBackward(frame)
    }
  }
}
