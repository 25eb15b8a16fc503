// RMSprop and Adadelta steps, and the clipping of gradients.

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

  public init(
    learningRate: Float, alpha: Float, epsilon: Float, weightDecay: Float, momentum: Float, centered: Bool
  ) {
    self.learningRate = learningRate
    self.alpha = alpha
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.momentum = momentum
    self.centered = centered
  }
}

/// Applies an RMSprop step to `vectors` × 16 parameters. The buffers are aligned to 64 bytes.
public func rmspropUpdate(
  _ parameter: LanePointer, gradient: UnsafePointer<Lanes>, square: LanePointer, mean: LanePointer,
  velocity: LanePointer, vectors: Int, step: RMSpropStep
) {
  let penalty = Lanes(repeating: step.weightDecay)
  for i in 0..<vectors {
    let g = multiplyAdd(penalty, parameter[i], gradient[i])
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

  public init(learningRate: Float, rho: Float, epsilon: Float, weightDecay: Float) {
    self.learningRate = learningRate
    self.rho = rho
    self.epsilon = epsilon
    self.weightDecay = weightDecay
  }
}

/// Applies an Adadelta step to `vectors` × 16 parameters. The buffers are aligned to 64 bytes.
public func adadeltaUpdate(
  _ parameter: LanePointer, gradient: UnsafePointer<Lanes>, square: LanePointer, delta: LanePointer, vectors: Int,
  step: AdadeltaStep
) {
  let penalty = Lanes(repeating: step.weightDecay)
  for i in 0..<vectors {
    let g = multiplyAdd(penalty, parameter[i], gradient[i])
    square[i] = square[i] * step.rho + g * g * (1 - step.rho)
    let change = lanes_square_root(delta[i] + step.epsilon) / lanes_square_root(square[i] + step.epsilon) * g
    delta[i] = delta[i] * step.rho + change * change * (1 - step.rho)
    parameter[i] -= change * step.learningRate
  }
}

/// Σ x², in double precision, vector by vector: the same whatever the threads.
public func sumOfSquares(_ x: UnsafePointer<Lanes>, vectors: Int) -> Double {
  var sum = 0.0
  for i in 0..<vectors { sum += Double((x[i] * x[i]).treeSum) }
  return sum
}

/// x ← x · factor
public func scaleLanes(_ x: LanePointer, vectors: Int, by factor: Float) {
  for i in 0..<vectors { x[i] *= factor }
}

/// x ← min(max(x, −limit), limit)
public func clampLanes(_ x: LanePointer, vectors: Int, to limit: Float) {
  for i in 0..<vectors {
    x[i] = x[i].clamped(lowerBound: Lanes(repeating: -limit), upperBound: Lanes(repeating: limit))
  }
}
