// What an optimiser is: it moves parameters along their gradients, between steps.

import Fields
import Kernels
import Synchronization
import Tensors
import Workers

/// Moves trained parameters by the gradients that the last step left in them.
public protocol Optimizer: AnyObject {
  var learningRate: Float { get set }
  /// How much of the past a step keeps, for a schedule that cycles it; nil where there is nothing of the kind.
  var momentum: Float? { get set }
  /// Steps taken so far.
  var steps: Int { get set }
  var parameters: [Parameter] { get }
  /// Moves all parameters once, but those that are frozen.
  func step(_ pool: WorkerPool)
  /// Whether a step has met a number that is not finite, among gradients or among what it made of parameters.
  var finiteness: Finiteness { get }
  /// What it remembers, by PyTorch's names (`exp_avg`), one buffer a parameter: for checkpoints.
  var memory: [(name: String, buffers: [AlignedBuffer])] { get }
  /// Single numbers that it remembers besides, by PyTorch's names (`mu_product`); those that are not set keep their values.
  var scalars: [String: Double] { get set }
}

extension Optimizer {
  public var scalars: [String: Double] {
    get { [:] }
    set {}
  }
}

/// How an optimiser is set up.
public protocol OptimizerOptions: Sendable {
  /// As in configuration files, such as `adamw`.
  var type: String { get }
  var learningRate: Float { get }
  /// Whether it has a momentum that a schedule may cycle.
  var hasMomentum: Bool { get }
  /// Goes over the options, which hold their defaults before.
  mutating func visitFields(_ fields: any FieldVisitor) throws
  func make(_ parameters: [Parameter]) -> any Optimizer
}

/// Every optimiser with its defaults: a new one is a line here.
public let optimizerTypes = Variants<any OptimizerOptions>(
  "optimizer",
  [
    { Adam.Options() }, { Adam.Options(weightDecay: 0.01, isDecoupled: true) }, { SGD.Options() },
    { RMSprop.Options() },
    { Adadelta.Options() }, { Adagrad.Options() }, { NAdam.Options() },
  ], type: { $0.type }, visit: { try $0.visitFields($1) })

extension FieldVisitor {
  func learningRate(_ value: inout Float) throws {
    try float("learning_rate", &value, .notNegative, "how far a step goes")
  }
  func weightDecay(_ value: inout Float) throws {
    try float("weight_decay", &value, .notNegative, "how much a step shrinks the parameters")
  }
  func epsilon(_ value: inout Float) throws {
    try float("eps", &value, .positive, "added to what a step is divided by")
  }
  func maximize(_ value: inout Bool) throws { try bool("maximize", &value, "true to climb instead of descend") }
  /// Two decays, as [β₁, β₂].
  func betas(_ first: inout Float, _ second: inout Float) throws {
    var betas = [first, second]
    try floats("betas", &betas, .decay, count: 2, isRequired: false, "how much of the past the two averages keep")
    (first, second) = (betas[0], betas[1])
  }
}

/// Notes, from any thread, that some number was not finite.
public final class Finiteness: Sendable {
  private let isLost = Atomic<Bool>(false)

  public init() {}

  /// Whether all numbers have been finite since this was last asked.
  public func check() -> Bool { !isLost.exchange(false, ordering: .relaxed) }

  func lose() { isLost.store(true, ordering: .relaxed) }
}

/// An optimiser whose step moves each number by itself, so that threads can share the numbers out.
protocol ElementwiseOptimizer: Optimizer {
  /// The numbers that are the same for all parameters in a step.
  associatedtype Numbers
  /// Moves some lanes of one parameter.
  func update(_ parameter: Int, _ lanes: Range<Int>, _ numbers: Numbers)
}

extension ElementwiseOptimizer {
  /// Shares out slices of all parameters over the threads; it allocates nothing.
  func updateAll(_ pool: WorkerPool, _ numbers: Numbers) {
    let count = parameters.reduce(0) { $0 + ParameterSlices($1, threads: pool.threads).count }
    pool.run(count: count, SliceWork(optimizer: self, threads: pool.threads, numbers: numbers))
  }
}

private struct SliceWork<Kind: ElementwiseOptimizer>: PoolWork {
  let optimizer: Kind
  let threads: Int
  let numbers: Kind.Numbers

  func perform(_ piece: Int, _ worker: Int) {
    let parameters = optimizer.parameters
    var (index, rest) = (0, piece)
    var slices = ParameterSlices(parameters[0], threads: threads)
    while rest >= slices.count {
      rest -= slices.count
      index += 1
      slices = ParameterSlices(parameters[index], threads: threads)
    }
    let parameter = parameters[index]
    guard !parameter.isFrozen else { return }
    let vectors = slices[rest].vectors
    optimizer.update(index, vectors, numbers)
    // Looked at while they are still in the cache, they cost next to nothing.
    if !areFinite(parameter.storage.lanes + vectors.lowerBound, vectors: vectors.count)
      || !areFinite(parameter.gradientStorage.lanes + vectors.lowerBound, vectors: vectors.count)
    {
      optimizer.finiteness.lose()
    }
  }
}

/// One zeroed buffer for each parameter, of its size.
func zeroedLike(_ parameters: [Parameter]) -> [AlignedBuffer] {
  parameters.map { AlignedBuffer(lanes: $0.storage.laneCount) }
}
