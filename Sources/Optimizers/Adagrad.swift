// Adagrad.

import Fields
import Kernels
import Tensors
import Workers

/// s ← s + g²;  θ ← θ − lr / (1 + (t − 1) · decay) · g / (√s + ε)
///
/// Source: Duchi, Hazan and Singer, "Adaptive subgradient methods" (2011), in PyTorch's form and with its defaults.
public final class Adagrad: Optimizer, ElementwiseOptimizer {
  public struct Options: OptimizerOptions, Hashable {
    public var learningRate: Float = 0.01
    public var learningRateDecay: Float = 0
    public var weightDecay: Float = 0
    /// What the sums start from.
    public var initialSum: Float = 0
    public var epsilon: Float = 1e-10
    public var maximize = false
    public var type: String { "adagrad" }
    public var hasMomentum: Bool { false }

    public init() {}

    public mutating func visitFields(_ fields: any FieldVisitor) throws {
      try fields.learningRate(&learningRate)
      try fields.float("lr_decay", &learningRateDecay, .notNegative, "how fast the rate falls with the steps")
      try fields.weightDecay(&weightDecay)
      try fields.float("initial_accumulator_value", &initialSum, .notNegative, "what the sums start from")
      try fields.epsilon(&epsilon)
      try fields.maximize(&maximize)
    }

    public func make(_ parameters: [Parameter]) -> any Optimizer { Adagrad(parameters, options: self) }
  }

  public let parameters: [Parameter]
  public let finiteness = Finiteness()
  public var learningRate: Float
  public var momentum: Float?
  public var steps = 0
  private let options: Options
  private let sums: [AlignedBuffer]

  public init(_ parameters: [Parameter], options: Options) {
    self.parameters = parameters
    self.options = options
    learningRate = options.learningRate
    sums = zeroedLike(parameters)
    for buffer in sums { buffer.lanes.update(repeating: Lanes(repeating: options.initialSum), count: buffer.laneCount) }
  }

  public var memory: [(name: String, buffers: [AlignedBuffer])] { [("sum", sums)] }

  public func step(_ pool: WorkerPool) {
    let decay = 1 + Float(steps) * options.learningRateDecay
    steps += 1
    let step = AdagradStep(
      learningRate: learningRate / decay, epsilon: options.epsilon, weightDecay: options.weightDecay,
      sign: options.maximize ? -1 : 1)
    updateAll(pool, step)
  }

  func update(_ index: Int, _ lanes: Range<Int>, _ step: AdagradStep) {
    let (parameter, first) = (parameters[index], lanes.lowerBound)
    adagradUpdate(
      parameter.storage.lanes + first, gradient: parameter.gradientStorage.lanes + first,
      sum: sums[index].lanes + first, vectors: lanes.count, step: step)
  }
}
