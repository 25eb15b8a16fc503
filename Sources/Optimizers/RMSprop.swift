// RMSprop.

import Fields
import Kernels
import Tensors
import Workers

/// v ← αv + (1 − α)g²;  θ ← θ − lr · g / (√v + ε)
///
/// centered: the root is of v minus the squared mean gradient. With momentum, the quotients gather in a velocity.
///
/// Source: Tieleman and Hinton, "Lecture 6.5: RMSprop" (2012), in PyTorch's form and with its defaults.
public final class RMSprop: Optimizer, ElementwiseOptimizer {
  public struct Options: OptimizerOptions, Hashable {
    public var learningRate: Float
    public var alpha: Float
    public var epsilon: Float
    public var weightDecay: Float
    public var momentum: Float
    public var centered: Bool
    public var maximize = false
    public var type: String { "rmsprop" }
    public var hasMomentum: Bool { true }

    public init(
      learningRate: Float = 0.01, alpha: Float = 0.99, epsilon: Float = 1e-8, weightDecay: Float = 0,
      momentum: Float = 0, centered: Bool = false
    ) {
      self.learningRate = learningRate
      self.alpha = alpha
      self.epsilon = epsilon
      self.weightDecay = weightDecay
      self.momentum = momentum
      self.centered = centered
    }

    public mutating func visitFields(_ fields: any FieldVisitor) throws {
      try fields.learningRate(&learningRate)
      try fields.float("alpha", &alpha, .decay, "how much of the past the average keeps")
      try fields.epsilon(&epsilon)
      try fields.weightDecay(&weightDecay)
      try fields.float("momentum", &momentum, .decay, "how much of the velocity a step keeps")
      try fields.bool("centered", &centered, "whether to subtract the squared mean gradient")
      try fields.maximize(&maximize)
    }

    public func make(_ parameters: [Parameter]) -> any Optimizer { RMSprop(parameters, options: self) }
  }

  public let parameters: [Parameter]
  public let finiteness = Finiteness()
  public var learningRate: Float
  public var steps = 0
  private var options: Options
  private let squares: [AlignedBuffer]
  private let means: [AlignedBuffer]
  private let velocities: [AlignedBuffer]

  public init(_ parameters: [Parameter], options: Options) {
    self.parameters = parameters
    self.options = options
    learningRate = options.learningRate
    squares = zeroedLike(parameters)
    means = zeroedLike(parameters)
    velocities = zeroedLike(parameters)
  }

  public var momentum: Float? {
    get { options.momentum }
    set { options.momentum = newValue ?? options.momentum }
  }

  public var memory: [(name: String, buffers: [AlignedBuffer])] {
    [("square_avg", squares), ("grad_avg", means), ("momentum_buffer", velocities)]
  }

  public func step(_ pool: WorkerPool) {
    steps += 1
    let step = RMSpropStep(
      learningRate: learningRate, alpha: options.alpha, epsilon: options.epsilon, weightDecay: options.weightDecay,
      momentum: options.momentum, centered: options.centered,
      sign: options.maximize ? -1 : 1)
    updateAll(pool, step)
  }

  func update(_ index: Int, _ lanes: Range<Int>, _ step: RMSpropStep) {
    let (parameter, first) = (parameters[index], lanes.lowerBound)
    rmspropUpdate(
      parameter.storage.lanes + first, gradient: parameter.gradientStorage.lanes + first,
      square: squares[index].lanes + first, mean: means[index].lanes + first,
      velocity: velocities[index].lanes + first, vectors: lanes.count, step: step)
  }
}
