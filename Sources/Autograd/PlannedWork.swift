// What a plan is made of: operations with their places, and the work on a shard in its order.

import Kernels
import Tensors

/// One operation with its places in a shard's memory, all counted in lanes from the shard's base.
final class PlannedNode: @unchecked Sendable {
  let operation: any Operation
  /// Its index among the tape's operations.
  let index: Int
  let inputs: [Int]
  let output: Int
  let parameters: [Parameter]
  var outputGradient = 0
  var inputGradients: [(offset: Int, accumulate: Bool)?]
  var parameterGradients: [Int?]
  var saved = 0
  var gathered = 0
  /// What all shards share; there is none before `allocateShared`.
  private(set) var shared = AlignedBuffer(lanes: 0)
  /// Into how many portions a pass may be cut: asked once, not in every step.
  let portions: Int
  /// The operation again, where it is one of the special kinds: a cast in every step would cost more than the call.
  let barriers: (any BarrierOperation)?
  let wholeBatch: (any WholeBatchGradient)?

  init(_ node: Tape.Node, index: Int, offsets: [Int]) {
    operation = node.operation
    self.index = index
    portions = operation.portions
    barriers = node.operation as? any BarrierOperation
    wholeBatch = node.operation as? any WholeBatchGradient
    inputs = node.inputs.map { offsets[$0] }
    output = offsets[node.output]
    parameters = node.parameters
    inputGradients = node.inputs.map { _ in nil }
    parameterGradients = node.parameters.map { _ in nil }
  }

  /// Whether threads share out its parameter, as those do who compute its gradient and move it, instead of the shards: else each would
  /// read what the others have just written.
  var isWide: Bool { (wholeBatch?.wholeBatchParameter).map { ParameterSlices.areRows(parameters[$0].shape) } ?? false }

  /// Into how many portions threads share out a pass over all shards: as many for each of them, of so many parameters as stay in a
  /// second-level cache from shard to shard.
  func widePortions(threads: Int) -> Int {
    let together = threads * (1 << 16)
    let numbers = (wholeBatch?.wholeBatchParameter).map { parameters[$0].count } ?? 0
    return threads * ((numbers + together - 1) / together)
  }

  func allocateShared() { shared = AlignedBuffer(floats: operation.sharedFloats) }
}

/// One shard's memory; the plan says what lies where.
struct ShardMemory {
  let base: LanePointer
}

/// A piece of one shard's work between two barriers.
enum ShardWork {
  case beginForward(PlannedNode)
  case beginBackward(PlannedNode)
  case forward(PlannedNode)
  case gatherForward(PlannedNode)
  case backward(PlannedNode)
  case gatherBackward(PlannedNode)

  /// The operation, and which of its passes this belongs to.
  var nodeAndPass: (node: PlannedNode, pass: OperationTime.Pass) {
    switch self {
    case .beginForward(let node), .forward(let node), .gatherForward(let node): (node, .forward)
    case .beginBackward(let node), .backward(let node), .gatherBackward(let node): (node, .backward)
    }
  }
}

/// What shards do on their own between two barriers, and the barrier that ends it, if any.
struct Stage {
  var work: [ShardWork] = []
  /// Whether it is one operation whose parameters threads share out, each for all shards.
  var isWide = false
  var barrier: (node: PlannedNode, isBackward: Bool)?
}

/// The gradient of one parameter: who computes it.
struct ParameterPlan {
  let parameter: Parameter
  /// Offsets of the shards' own shares; empty when only whole-batch operations contribute.
  var shares: [Int] = []
  var wholeBatch: [PlannedNode] = []
}
