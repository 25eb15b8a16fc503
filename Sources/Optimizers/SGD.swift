// Stochastic gradient descent with momentum.

import Fields
import Kernels
import Tensors
import Workers

/// v ← momentum · v + (1 − dampening) · g;  θ ← θ − lr · v, or with Nesterov θ ← θ − lr · (g + momentum · v)
///
/// Source: Sutskever et al., "On the importance of initialization and momentum" (2013), in PyTorch's form: the first
/// velocity is the gradient itself.
public final class SGD: Optimizer, ElementwiseOptimizer {
  public struct Options: OptimizerOptions, Hashable {
    public var learningRate: Float
    public var momentum: Float
    public var dampening: Float
    public var weightDecay: Float
    public var nesterov: Bool
    public var maximize = false
    public var type: String { "sgd" }
    public var hasMomentum: Bool { true }

    public init(
      learningRate: Float = 1e-3, momentum: Float = 0, dampening: Float = 0, weightDecay: Float = 0,
      nesterov: Bool = false
    ) {
      self.learningRate = learningRate
      self.momentum = momentum
      self.dampening = dampening
      self.weightDecay = weightDecay
      self.nesterov = nesterov
    }

    public mutating func visitFields(_ fields: any FieldVisitor) throws {
      try fields.learningRate(&learningRate)
      try fields.float("momentum", &momentum, .decay, "how much of the velocity a step keeps")
      try fields.float("dampening", &dampening, .decay, "how much of the gradient stays out of the velocity")
      try fields.weightDecay(&weightDecay)
      try fields.bool("nesterov", &nesterov, "whether the step looks ahead")
      if nesterov && (momentum == 0 || dampening != 0) {
        throw fields.complaint("nesterov", "needs a momentum above 0 and no dampening")
      }
      try fields.maximize(&maximize)
    }

    public func make(_ parameters: [Parameter]) -> any Optimizer { SGD(parameters, options: self) }
  }

  public let parameters: [Parameter]
  public let finiteness = Finiteness()
  public var learningRate: Float
  public var steps = 0
  private var options: Options
  private let velocities: [AlignedBuffer]

  public init(_ parameters: [Parameter], options: Options) {
    self.parameters = parameters
    self.options = options
    learningRate = options.learningRate
    velocities = zeroedLike(parameters)
  }

  public var momentum: Float? {
    get { options.momentum }
    set { options.momentum = newValue ?? options.momentum }
  }

  public var memory: [(name: String, buffers: [AlignedBuffer])] { [("momentum_buffer", velocities)] }

  public func step(_ pool: WorkerPool) {
    let step = MomentumStep(
      learningRate: learningRate, momentum: options.momentum, dampening: options.dampening,
      weightDecay: options.weightDecay, nesterov: options.nesterov, isFirst: steps == 0,
      sign: options.maximize ? -1 : 1)
    steps += 1
    updateAll(pool, step)
  }

  func update(_ index: Int, _ lanes: Range<Int>, _ step: MomentumStep) {
    let parameter = parameters[index]
    momentumUpdate(
      parameter.storage.lanes + lanes.lowerBound, gradient: parameter.gradientStorage.lanes + lanes.lowerBound,
      velocity: velocities[index].lanes + lanes.lowerBound, vectors: lanes.count, step: step)
  }
}
