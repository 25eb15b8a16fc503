// Adam, and AdamW with its decoupled weight decay.

import Fields
import Kernels
import Tensors
import Workers

/// m ← β₁m + (1 − β₁)g;  v ← β₂v + (1 − β₂)g²;  θ ← θ − lr · (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε)
///
/// Sources: Kingma and Ba, "Adam" (2015), algorithm 1; Loshchilov and Hutter, "Decoupled weight decay regularization"
/// (2019). Defaults and the order of operations are PyTorch's.
public final class Adam: Optimizer, ElementwiseOptimizer {
  public struct Options: OptimizerOptions, Hashable {
    public var learningRate: Float
    public var beta1: Float
    public var beta2: Float
    public var epsilon: Float
    public var weightDecay: Float
    /// AdamW: the decay shrinks the parameter itself instead of adding to its gradient.
    public var isDecoupled: Bool
    /// Divides by the largest variance so far; Reddi, Kale and Kumar, "On the convergence of Adam and beyond" (2018).
    public var amsgrad = false
    public var maximize = false
    public var type: String { isDecoupled ? "adamw" : "adam" }
    public var hasMomentum: Bool { true }

    public init(
      learningRate: Float = 1e-3, beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8,
      weightDecay: Float = 0, isDecoupled: Bool = false
    ) {
      self.learningRate = learningRate
      self.beta1 = beta1
      self.beta2 = beta2
      self.epsilon = epsilon
      self.weightDecay = weightDecay
      self.isDecoupled = isDecoupled
    }

    public mutating func visitFields(_ fields: any FieldVisitor) throws {
      try fields.learningRate(&learningRate)
      try fields.betas(&beta1, &beta2)
      try fields.epsilon(&epsilon)
      try fields.weightDecay(&weightDecay)
      try fields.bool("amsgrad", &amsgrad, "whether to divide by the largest variance so far")
      try fields.maximize(&maximize)
    }

    public func make(_ parameters: [Parameter]) -> any Optimizer { Adam(parameters, options: self) }
  }

  public let parameters: [Parameter]
  public let finiteness = Finiteness()
  public var learningRate: Float
  public var steps = 0
  private var options: Options
  private let means: [AlignedBuffer]
  private let variances: [AlignedBuffer]
  /// AMSGrad's; empty without it.
  private let peaks: [AlignedBuffer]

  public init(_ parameters: [Parameter], options: Options) {
    self.parameters = parameters
    self.options = options
    learningRate = options.learningRate
    means = zeroedLike(parameters)
    variances = zeroedLike(parameters)
    peaks = options.amsgrad ? zeroedLike(parameters) : []
  }

  public var momentum: Float? {
    get { options.beta1 }
    set { options.beta1 = newValue ?? options.beta1 }
  }

  public var memory: [(name: String, buffers: [AlignedBuffer])] {
    [("exp_avg", means), ("exp_avg_sq", variances)] + (options.amsgrad ? [("max_exp_avg_sq", peaks)] : [])
  }

  public func step(_ pool: WorkerPool) {
    steps += 1
    let step = AdamStep(
      learningRate: learningRate, beta1: options.beta1, beta2: options.beta2, epsilon: options.epsilon,
      weightDecay: options.isDecoupled ? 0 : options.weightDecay,
      decoupledDecay: options.isDecoupled ? options.weightDecay : 0,
      correction1: Float(1 - Reproducible.power(Double(options.beta1), steps)),
      correction2: Float(1 - Reproducible.power(Double(options.beta2), steps)), sign: options.maximize ? -1 : 1)
    updateAll(pool, step)
  }

  func update(_ index: Int, _ lanes: Range<Int>, _ step: AdamStep) {
    let parameter = parameters[index]
    adamUpdate(
      parameter.storage.lanes + lanes.lowerBound, gradient: parameter.gradientStorage.lanes + lanes.lowerBound,
      mean: means[index].lanes + lanes.lowerBound, variance: variances[index].lanes + lanes.lowerBound,
      peak: options.amsgrad ? peaks[index].lanes + lanes.lowerBound : nil, vectors: lanes.count, step: step)
  }
}
