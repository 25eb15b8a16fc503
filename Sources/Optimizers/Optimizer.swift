// What an optimiser is: it moves parameters along their gradients, between steps.

import Autograd
import Kernels
import Tensors

/// Moves trained parameters by the gradients that the last step left in them.
public protocol Optimizer: AnyObject {
  var learningRate: Float { get set }
  /// Steps taken so far.
  var steps: Int { get set }
  var parameters: [Parameter] { get }
  /// Moves all parameters once.
  func step(_ pool: WorkerPool)
  /// What it remembers, by PyTorch's names (`exp_avg`), one buffer a parameter: for checkpoints.
  var memory: [(name: String, buffers: [AlignedBuffer])] { get }
}

extension Optimizer {
  /// Shares out slices of about 16,384 numbers of all parameters over the threads.
  func forEachSlice(_ pool: WorkerPool, _ body: (_ parameter: Int, _ lanes: Range<Int>) -> Void) {
    let slices = parameters.indices.flatMap { index in
      stride(from: 0, to: parameters[index].storage.laneCount, by: sliceLanes).map { (index, $0) }
    }
    pool.run(count: slices.count) { slice, _ in
      let (index, first) = slices[slice]
      body(index, first..<min(parameters[index].storage.laneCount, first + sliceLanes))
    }
  }
}

private let sliceLanes = 1024

/// One zeroed buffer for each parameter, of its size.
func zeroedLike(_ parameters: [Parameter]) -> [AlignedBuffer] {
  parameters.map { AlignedBuffer(lanes: $0.storage.laneCount) }
}
