// RMSprop, Adadelta, Adagrad and NAdam steps, and the clipping of gradients.

import CVector

/// The numbers of one RMSprop step; Tieleman and Hinton (2012), in PyTorch's form.
public struct RMSpropStep: Sendable {
  public var learningRate: Float
  public var alpha: Float
  public var epsilon: Float
  public var weightDecay: Float
  public var momentum: Float
  /// Subtracts the squared mean gradient, so that the average is a variance.
  public var centered: Bool
  /// 1, or −1 to climb.
  public var sign: Float

  public init(
    learningRate: Float, alpha: Float, epsilon: Float, weightDecay: Float, momentum: Float, centered: Bool,
    sign: Float = 1
  ) {
    self.sign = sign
    self.learningRate = learningRate
    self.alpha = alpha
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.momentum = momentum
    self.centered = centered
  }
}

/// Applies an RMSprop step to `vectors` × 16 parameters.
public func rmspropUpdate(
  _ parameter: LanePointer, gradient: UnsafePointer<Lanes>, square: LanePointer, mean: LanePointer,
  velocity: LanePointer, vectors: Int, step: RMSpropStep
) {
  let penalty = Lanes(repeating: step.weightDecay)
  for i in 0..<vectors {
    let g = multiplyAdd(penalty, parameter[i], gradient[i] * step.sign)
    square[i] = square[i] * step.alpha + g * g * (1 - step.alpha)
    var spread = square[i]
    if step.centered {
      mean[i] = mean[i] + (g - mean[i]) * (1 - step.alpha)
      spread -= mean[i] * mean[i]
    }
    var direction = g / (lanes_square_root(spread) + step.epsilon)
    if step.momentum > 0 {
      velocity[i] = velocity[i] * step.momentum + direction
      direction = velocity[i]
    }
    parameter[i] -= direction * step.learningRate
  }
}

/// The numbers of one Adadelta step; Zeiler (2012).
public struct AdadeltaStep: Sendable {
  public var learningRate: Float
  public var rho: Float
  public var epsilon: Float
  public var weightDecay: Float
  /// 1, or −1 to climb.
  public var sign: Float

  public init(learningRate: Float, rho: Float, epsilon: Float, weightDecay: Float, sign: Float = 1) {
    self.sign = sign
    self.learningRate = learningRate
    self.rho = rho
    self.epsilon = epsilon
    self.weightDecay = weightDecay
  }
}

/// Applies an Adadelta step to `vectors` × 16 parameters.
public func adadeltaUpdate(
  _ parameter: LanePointer, gradient: UnsafePointer<Lanes>, square: LanePointer, delta: LanePointer, vectors: Int,
  step: AdadeltaStep
) {
  let penalty = Lanes(repeating: step.weightDecay)
  for i in 0..<vectors {
    let g = multiplyAdd(penalty, parameter[i], gradient[i] * step.sign)
    square[i] = square[i] * step.rho + g * g * (1 - step.rho)
    let change = lanes_square_root(delta[i] + step.epsilon) / lanes_square_root(square[i] + step.epsilon) * g
    delta[i] = delta[i] * step.rho + change * change * (1 - step.rho)
    parameter[i] -= change * step.learningRate
  }
}

/// The numbers of one Adagrad step; Duchi, Hazan and Singer (2011).
public struct AdagradStep: Sendable {
  /// Decayed already.
  public var learningRate: Float
  public var epsilon: Float
  public var weightDecay: Float
  public var sign: Float

  public init(learningRate: Float, epsilon: Float, weightDecay: Float, sign: Float = 1) {
    (self.learningRate, self.epsilon) = (learningRate, epsilon)
    (self.weightDecay, self.sign) = (weightDecay, sign)
  }
}

/// Applies an Adagrad step to `vectors` × 16 parameters.
public func adagradUpdate(
  _ parameter: LanePointer, gradient: UnsafePointer<Lanes>, sum: LanePointer, vectors: Int, step: AdagradStep
) {
  let penalty = Lanes(repeating: step.weightDecay)
  for i in 0..<vectors {
    let g = multiplyAdd(penalty, parameter[i], gradient[i] * step.sign)
    sum[i] = multiplyAdd(g, g, sum[i])
    parameter[i] -= g * step.learningRate / (lanes_square_root(sum[i]) + step.epsilon)
  }
}

/// The numbers of one NAdam step; Dozat, "Incorporating Nesterov momentum into Adam" (2016), in PyTorch's form.
public struct NAdamStep: Sendable {
  public var beta1: Float
  public var beta2: Float
  public var epsilon: Float
  public var weightDecay: Float
  /// What the parameter is multiplied by first: decoupled weight decay.
  public var shrink: Float
  /// What the gradient and the mean are multiplied by: lr · (1 − μₜ) / (1 − Π μ), and lr · μₜ₊₁ / (1 − Π μ · μₜ₊₁).
  public var gradientRate: Float
  public var meanRate: Float
  /// 1 − β₂ᵗ
  public var correction2: Float
  public var sign: Float

  public init(
    beta1: Float, beta2: Float, epsilon: Float, weightDecay: Float, shrink: Float, gradientRate: Float, meanRate: Float,
    correction2: Float, sign: Float = 1
  ) {
    (self.beta1, self.beta2, self.epsilon) = (beta1, beta2, epsilon)
    (self.weightDecay, self.shrink) = (weightDecay, shrink)
    (self.gradientRate, self.meanRate) = (gradientRate, meanRate)
    (self.correction2, self.sign) = (correction2, sign)
  }
}

/// Applies a NAdam step to `vectors` × 16 parameters.
public func nadamUpdate(
  _ parameter: LanePointer, gradient: UnsafePointer<Lanes>, mean: LanePointer, variance: LanePointer, vectors: Int,
  step: NAdamStep
) {
  let penalty = Lanes(repeating: step.weightDecay)
  let root = 1 / step.correction2.squareRoot()
  for i in 0..<vectors {
    let g = multiplyAdd(penalty, parameter[i], gradient[i] * step.sign)
    let m = mean[i] * step.beta1 + g * (1 - step.beta1)
    let v = variance[i] * step.beta2 + g * g * (1 - step.beta2)
    (mean[i], variance[i]) = (m, v)
    let size = lanes_square_root(v) * root + step.epsilon
    parameter[i] = parameter[i] * step.shrink - (g * step.gradientRate + m * step.meanRate) / size
  }
}

/// Σ x², in double precision, lane by lane: the same whatever the threads.
public func sumOfSquares(_ x: UnsafePointer<Lanes>, vectors: Int) -> Double {
  var sum = DoubleLanes.zero
  for i in 0..<vectors {
    let numbers = lanes_to_doubles(x[i])
    sum += numbers * numbers
  }
  return sum.treeSum
}

/// x ← x · factor
public func scaleLanes(_ x: LanePointer, vectors: Int, by factor: Float) {
  for i in 0..<vectors { x[i] *= factor }
}

/// x ← min(max(x, −limit), limit); a NaN stays a NaN.
public func clampLanes(_ x: LanePointer, vectors: Int, to limit: Float) {
  for i in 0..<vectors {
    x[i] = bounded(x[i], from: Lanes(repeating: -limit), to: Lanes(repeating: limit))
  }
}
