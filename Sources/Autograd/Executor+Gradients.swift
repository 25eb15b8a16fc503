// The gradients of parameters, summed over the shards of a batch.

import Kernels
import Tensors
import Workers

extension Executor {
  /// A slice of one parameter's gradient: the unit that threads share out after the shards have finished.
  struct ParameterTask {
    let plan: ParameterPlan
    let columns: Range<Int>
    let vectors: Range<Int>
  }

  /// Slices of about 16,384 numbers: many enough to share out evenly, large enough to be worth handing out.
  static func tasks(_ plan: ParameterPlan) -> [ParameterTask] {
    let parameter = plan.parameter
    let rows = max(1, parameter.shape.dimensions.first ?? 1)
    let columns = parameter.count / rows
    if plan.wholeBatch.isEmpty {
      let vectors = parameter.gradientStorage.laneCount
      return stride(from: 0, to: vectors, by: 1024).map {
        ParameterTask(plan: plan, columns: 0..<0, vectors: $0..<min(vectors, $0 + 1024))
      }
    }
    // Whole columns, in multiples of a cache line; with shares as well, one task keeps the order simple.
    let step = plan.shares.isEmpty ? max(64, 16_384 / rows / 64 * 64) : columns
    return stride(from: 0, to: columns, by: step).map {
      ParameterTask(plan: plan, columns: $0..<min(columns, $0 + step), vectors: 0..<0)
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
    let vectors = task.plan.wholeBatch.isEmpty ? task.vectors : 0..<storage.laneCount
    for (position, share) in task.plan.shares.enumerated() {
      sumParts(
        memories[0].base + share, step: plan.lanesPerShardMemory, parts: shards, vectors: vectors,
        accumulate: position > 0 || !work.areFirst, into: storage.lanes)
    }
    for (position, node) in task.plan.wholeBatch.enumerated() {
      let accumulate = position > 0 || !task.plan.shares.isEmpty || !work.areFirst
      func computeGradient() {
        withFrames(node, shards, work.images, work.context, worker: worker) { frames in
          node.wholeBatch?.parameterGradient(columns: task.columns, frames: frames, accumulate: accumulate)
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
