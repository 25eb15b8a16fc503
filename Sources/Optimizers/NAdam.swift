// Adam with Nesterov's momentum.

import Fields
import Kernels
import Tensors
import Workers

/// Adam's averages m and v, with a momentum that rises: μₜ = β₁ · (1 − ½ · 0.96^(t·decay));
///
/// θ ← θ − lr · (g · (1 − μₜ) / (1 − Π μ) + m · μₜ₊₁ / (1 − Π μ · μₜ₊₁)) / (√(v / (1 − β₂ᵗ)) + ε)
///
/// where the product goes over the steps so far.
///
/// Source: Dozat, "Incorporating Nesterov momentum into Adam" (2016), in PyTorch's form and with its defaults.
public final class NAdam: Optimizer, ElementwiseOptimizer {
  public struct Options: OptimizerOptions, Hashable {
    public var learningRate: Float = 2e-3
    public var beta1: Float = 0.9
    public var beta2: Float = 0.999
    public var epsilon: Float = 1e-8
    public var weightDecay: Float = 0
    public var momentumDecay: Float = 4e-3
    /// The decay shrinks the parameter itself instead of adding to its gradient.
    public var isDecoupled = false
    public var maximize = false
    public var type: String { "nadam" }
    public var hasMomentum: Bool { true }

    public init() {}

    public mutating func visitFields(_ fields: any FieldVisitor) throws {
      try fields.learningRate(&learningRate)
      try fields.betas(&beta1, &beta2)
      try fields.epsilon(&epsilon)
      try fields.weightDecay(&weightDecay)
      try fields.float("momentum_decay", &momentumDecay, .notNegative, "how fast the momentum rises")
      try fields.bool("decoupled_weight_decay", &isDecoupled, "whether the decay shrinks the parameter itself")
      try fields.maximize(&maximize)
    }

    public func make(_ parameters: [Parameter]) -> any Optimizer { NAdam(parameters, options: self) }
  }

  public let parameters: [Parameter]
  public let finiteness = Finiteness()
  public var learningRate: Float
  public var steps = 0
  private var options: Options
  private let means: [AlignedBuffer]
  private let variances: [AlignedBuffer]
  /// Π μ over the steps so far.
  private var product = 1.0

  public init(_ parameters: [Parameter], options: Options) {
    self.parameters = parameters
    self.options = options
    learningRate = options.learningRate
    means = zeroedLike(parameters)
    variances = zeroedLike(parameters)
  }

  public var momentum: Float? {
    get { options.beta1 }
    set { options.beta1 = newValue ?? options.beta1 }
  }

  public var memory: [(name: String, buffers: [AlignedBuffer])] { [("exp_avg", means), ("exp_avg_sq", variances)] }

  public var scalars: [String: Double] {
    get { ["mu_product": product] }
    set { product = newValue["mu_product"] ?? product }
  }

  private func momentum(at step: Int) -> Double {
    Double(options.beta1) * (1 - 0.5 * Reproducible.power(0.96, real: Double(step) * Double(options.momentumDecay)))
  }

  public func step(_ pool: WorkerPool) {
    steps += 1
    let (now, next) = (momentum(at: steps), momentum(at: steps + 1))
    product *= now
    let rate = Double(learningRate)
    let step = NAdamStep(
      beta1: options.beta1, beta2: options.beta2, epsilon: options.epsilon,
      weightDecay: options.isDecoupled ? 0 : options.weightDecay,
      shrink: options.isDecoupled ? 1 - learningRate * options.weightDecay : 1,
      gradientRate: Float(rate * (1 - now) / (1 - product)), meanRate: Float(rate * next / (1 - product * next)),
      correction2: Float(1 - Reproducible.power(Double(options.beta2), steps)), sign: options.maximize ? -1 : 1)
    updateAll(pool, step)
  }

  func update(_ index: Int, _ lanes: Range<Int>, _ step: NAdamStep) {
    let (parameter, first) = (parameters[index], lanes.lowerBound)
    nadamUpdate(
      parameter.storage.lanes + first, gradient: parameter.gradientStorage.lanes + first,
      mean: means[index].lanes + first, variance: variances[index].lanes + first, vectors: lanes.count, step: step)
  }
}
