// Adadelta.

import Fields
import Kernels
import Tensors
import Workers

/// v ← ρv + (1 − ρ)g²;  Δ = √(u + ε) / √(v + ε) · g;  u ← ρu + (1 − ρ)Δ²;  θ ← θ − lr · Δ
///
/// Source: Zeiler, "ADADELTA" (2012), with PyTorch's defaults.
public final class Adadelta: Optimizer, ElementwiseOptimizer {
  public struct Options: OptimizerOptions, Hashable {
    public var learningRate: Float
    public var rho: Float
    public var epsilon: Float
    public var weightDecay: Float
    public var maximize = false
    public var type: String { "adadelta" }
    public var hasMomentum: Bool { false }

    public init(learningRate: Float = 1, rho: Float = 0.9, epsilon: Float = 1e-6, weightDecay: Float = 0) {
      self.learningRate = learningRate
      self.rho = rho
      self.epsilon = epsilon
      self.weightDecay = weightDecay
    }

    public mutating func visitFields(_ fields: any FieldVisitor) throws {
      try fields.learningRate(&learningRate)
      try fields.float("rho", &rho, .decay, "how much of the past the averages keep")
      try fields.epsilon(&epsilon)
      try fields.weightDecay(&weightDecay)
      try fields.maximize(&maximize)
    }

    public func make(_ parameters: [Parameter]) -> any Optimizer { Adadelta(parameters, options: self) }
  }

  public let parameters: [Parameter]
  public let finiteness = Finiteness()
  public var learningRate: Float
  public var momentum: Float?
  public var steps = 0
  private let options: Options
  private let squares: [AlignedBuffer]
  private let deltas: [AlignedBuffer]

  public init(_ parameters: [Parameter], options: Options) {
    self.parameters = parameters
    self.options = options
    learningRate = options.learningRate
    squares = zeroedLike(parameters)
    deltas = zeroedLike(parameters)
  }

  public var memory: [(name: String, buffers: [AlignedBuffer])] { [("square_avg", squares), ("acc_delta", deltas)] }

  public func step(_ pool: WorkerPool) {
    steps += 1
    let step = AdadeltaStep(
      learningRate: learningRate, rho: options.rho, epsilon: options.epsilon, weightDecay: options.weightDecay,
      sign: options.maximize ? -1 : 1)
    updateAll(pool, step)
  }

  func update(_ index: Int, _ lanes: Range<Int>, _ step: AdadeltaStep) {
    let (parameter, first) = (parameters[index], lanes.lowerBound)
    adadeltaUpdate(
      parameter.storage.lanes + first, gradient: parameter.gradientStorage.lanes + first,
      square: squares[index].lanes + first, delta: deltas[index].lanes + first, vectors: lanes.count, step: step)
  }
}
