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

/// An optimiser whose step moves each number by itself, so that threads can share the numbers out.
protocol ElementwiseOptimizer: Optimizer {
  /// The numbers that are the same for all parameters in a step.
  associatedtype Numbers
  /// Moves some lanes of one parameter.
  func update(_ parameter: Int, _ lanes: Range<Int>, _ numbers: Numbers)
}

extension ElementwiseOptimizer {
  /// Shares out slices of at most 16,384 numbers of all parameters over the threads; it allocates nothing.
  func updateAll(_ pool: WorkerPool, _ numbers: Numbers) {
    let count = parameters.reduce(0) { $0 + slices($1) }
    pool.run(count: count, SliceWork(optimizer: self, numbers: numbers))
  }

  fileprivate func slices(_ parameter: Parameter) -> Int {
    (parameter.storage.laneCount + sliceLanes - 1) / sliceLanes
  }
}

private struct SliceWork<Kind: ElementwiseOptimizer>: PoolWork {
  let optimizer: Kind
  let numbers: Kind.Numbers

  func perform(_ slice: Int, _ worker: Int) {
    let parameters = optimizer.parameters
    var (index, rest) = (0, slice)
    while rest >= optimizer.slices(parameters[index]) {
      rest -= optimizer.slices(parameters[index])
      index += 1
    }
    let first = rest * sliceLanes
    optimizer.update(index, first..<min(parameters[index].storage.laneCount, first + sliceLanes), numbers)
  }
}

private let sliceLanes = 1024

/// One zeroed buffer for each parameter, of its size.
func zeroedLike(_ parameters: [Parameter]) -> [AlignedBuffer] {
  parameters.map { AlignedBuffer(lanes: $0.storage.laneCount) }
}
