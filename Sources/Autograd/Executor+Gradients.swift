// The gradients of parameters, summed over the shards of a batch.

import Kernels
import Tensors
import Workers

extension Executor {
  /// A slice of one parameter's gradient: the unit that threads share out after the shards have finished.
  struct ParameterTask {
    let plan: ParameterPlan
    /// Of a gradient that is computed for the whole batch.
    var rows = 0..<0
    var columns = 0..<0
    /// Of one that is summed over shards.
    var vectors = 0..<0
  }

  /// Slices of all parameters, in the model's order, as an optimiser has them: so the same thread computes a number's gradient and moves
  /// it, as far as both have the same slices.
  static func tasks(_ plan: Plan, threads: Int) -> [ParameterTask] {
    var places: [ObjectIdentifier: Int] = [:]
    for (place, parameter) in plan.graph.nodes.flatMap(\.parameters).enumerated() {
      places[ObjectIdentifier(parameter)] = place
    }
    func place(_ plan: ParameterPlan) -> Int { places[ObjectIdentifier(plan.parameter)] ?? places.count }
    return plan.parameters.sorted { place($0) < place($1) }.flatMap { tasks($0, threads: threads) }
  }

  private static func tasks(_ plan: ParameterPlan, threads: Int) -> [ParameterTask] {
    let slices = ParameterSlices(plan.parameter, threads: threads)
    if plan.wholeBatch.isEmpty { return slices.map { ParameterTask(plan: plan, vectors: $0.vectors) } }
    let rows = max(1, plan.parameter.shape.dimensions.first ?? 1)
    let columns = plan.parameter.count / rows
    guard plan.shares.isEmpty else {
      // One task keeps the order simple.
      let vectors = 0..<plan.parameter.gradientStorage.laneCount
      return [ParameterTask(plan: plan, rows: 0..<rows, columns: 0..<columns, vectors: vectors)]
    }
    if slices.areRows { return slices.map { ParameterTask(plan: plan, rows: $0.rows, columns: 0..<columns) } }
    // Whole columns, in multiples of a cache line: what a tile reads of all images is read once.
    let step = max(64, 16_384 / rows / 64 * 64)
    return stride(from: 0, to: columns, by: step).map {
      ParameterTask(plan: plan, rows: 0..<rows, columns: $0..<min(columns, $0 + step))
    }
  }

  /// Sums the shards' gradients, in shard order, into the parameters.
  func reduceGradients(_ images: Int, _ context: StepContext) {
    exchange.join(gradientPieces) { areFirst in
      pool.run(
        count: parameterTasks.count,
        ReductionWork(executor: self, images: images, context: context, areFirst: areFirst))
    }
  }

  private struct ReductionWork: PoolWork {
    unowned(unsafe) let executor: Executor
    let images: Int
    let context: StepContext
    let areFirst: Bool

    func perform(_ index: Int, _ worker: Int) { executor.reduce(executor.parameterTasks[index], self, worker) }
  }

  private func reduce(_ task: ParameterTask, _ work: ReductionWork, _ worker: Int) {
    let shards = shardCount(work.images)
    let storage = task.plan.parameter.gradientStorage
    for (position, share) in task.plan.shares.enumerated() {
      sumParts(
        memories[0].base + share, step: plan.lanesPerShardMemory, parts: shards, vectors: task.vectors,
        accumulate: position > 0 || !work.areFirst, into: storage.lanes)
    }
    for (position, node) in task.plan.wholeBatch.enumerated() {
      let accumulate = position > 0 || !task.plan.shares.isEmpty || !work.areFirst
      func computeGradient() {
        withFrames(node, shards, work.images, work.context, worker: worker) { frames in
          node.wholeBatch?.parameterGradient(
            rows: task.rows, columns: task.columns, frames: frames, accumulate: accumulate)
        }
      }
      if let clock {
        clock.measure(node.index, .wholeBatch, worker: worker, computeGradient)
      } else {
        computeGradient()
      }
    }
  }
}
