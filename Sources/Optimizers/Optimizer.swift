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
  /// Shares out slices of at most 16,384 numbers of all parameters over the threads; it allocates nothing.
  func forEachSlice(_ pool: WorkerPool, _ body: (_ parameter: Int, _ lanes: Range<Int>) -> Void) {
    let count = parameters.reduce(0) { $0 + slices($1) }
    pool.run(count: count) { slice, _ in
      var (index, rest) = (0, slice)
      while rest >= slices(parameters[index]) {
        rest -= slices(parameters[index])
        index += 1
      }
      let first = rest * sliceLanes
      body(index, first..<min(parameters[index].storage.laneCount, first + sliceLanes))
    }
  }

  private func slices(_ parameter: Parameter) -> Int { (parameter.storage.laneCount + sliceLanes - 1) / sliceLanes }
}

private let sliceLanes = 1024

/// One zeroed buffer for each parameter, of its size.
func zeroedLike(_ parameters: [Parameter]) -> [AlignedBuffer] {
  parameters.map { AlignedBuffer(lanes: $0.storage.laneCount) }
}
