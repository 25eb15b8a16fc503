// How much memory an executor takes: known before any of it is allocated.

import Kernels
import Tensors

/// The pieces of an executor's memory, in lanes.
struct ExecutorLayout {
  /// The shards of the largest batch, and how many of them lie in memory at once: as many, or one a thread.
  let shards: Int
  let slots: Int
  let threadsReuseMemory: Bool
  /// Where threads reuse their memory: what is kept of each shard.
  let keptValues: [KeptValue]
  let keptLanes: Int
  private let lanesPerSlot: Int
  private let scratchLanes: Int
  private let sharedLanes: Int

  init(_ plan: Plan, kept: [Variable]?, capacity: Int, threads: Int, reusesMemory: Bool) {
    shards = shardCount(capacity)
    threadsReuseMemory = reusesMemory && plan.isUninterrupted
    slots = threadsReuseMemory ? threads : shards
    keptValues = threadsReuseMemory ? KeptValue.list(kept ?? [], plan) : []
    keptLanes = keptValues.reduce(0) { $0 + $1.count }
    lanesPerSlot = plan.lanesPerShardMemory
    scratchLanes = threads * plan.scratchLanes
    sharedLanes = plan.nodes.reduce(0) { $0 + vectorCount($1.operation.sharedFloats) }
  }

  /// All of it, in bytes; not in whole numbers, whose product may be too large.
  var bytes: Int {
    let lanes =
      Double(slots) * Double(lanesPerSlot) + Double(scratchLanes) + Double(sharedLanes)
      + Double(shards) * Double(keptLanes)
    return Int(min(lanes * Double(MemoryLayout<Lanes>.stride), 0x1p62))
  }
}
