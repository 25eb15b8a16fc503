// Optimiser steps and the sum over shards, on runs of parameters.

import CVector

/// The numbers of one Adam step; see Kingma and Ba, "Adam" (2015), algorithm 1, and Loshchilov and Hutter (2019)
/// for decoupled weight decay.
public struct AdamStep: Sendable {
  public var learningRate: Float
  public var beta1: Float
  public var beta2: Float
  public var epsilon: Float
  /// L2 penalty, added to the gradient.
  public var weightDecay: Float
  /// Decoupled decay: the parameter shrinks by learningRate · this.
  public var decoupledDecay: Float
  /// 1 − β₁ᵗ and 1 − β₂ᵗ for the step t ≥ 1.
  public var correction1: Float
  public var correction2: Float
  /// 1, or −1 to climb.
  public var sign: Float

  public init(
    learningRate: Float, beta1: Float, beta2: Float, epsilon: Float, weightDecay: Float, decoupledDecay: Float,
    correction1: Float, correction2: Float, sign: Float = 1
  ) {
    self.sign = sign
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.decoupledDecay = decoupledDecay
    self.correction1 = correction1
    self.correction2 = correction2
  }
}

/// Applies an Adam step to `vectors` × 16 parameters.
///
/// - Parameter peak: AMSGrad's: the largest variance so far, by which the step is then divided; nil for plain Adam.
public func adamUpdate(
  _ parameter: LanePointer, gradient: UnsafePointer<Lanes>, mean: LanePointer, variance: LanePointer,
  peak: LanePointer?, vectors: Int, step: AdamStep
) {
  let keep1 = step.beta1
  let add1 = 1 - step.beta1
  let keep2 = step.beta2
  let add2 = 1 - step.beta2
  let size = step.learningRate / step.correction1
  let root = 1 / step.correction2.squareRoot()
  let shrink = 1 - step.learningRate * step.decoupledDecay
  let penalty = Lanes(repeating: step.weightDecay)
  for i in 0..<vectors {
    let g = multiplyAdd(penalty, parameter[i], gradient[i] * step.sign)
    let m = mean[i] * keep1 + g * add1
    var v = variance[i] * keep2 + g * g * add2
    mean[i] = m
    variance[i] = v
    if let peak {
      v = peak[i].maximum(v)
      peak[i] = v
    }
    parameter[i] = parameter[i] * shrink - (m * size) / (lanes_square_root(v) * root + step.epsilon)
  }
}

/// The numbers of one step of gradient descent with momentum, as PyTorch's SGD defines it.
public struct MomentumStep: Sendable {
  public var learningRate: Float
  public var momentum: Float
  public var dampening: Float
  public var weightDecay: Float
  public var nesterov: Bool
  /// The first step starts the velocity with the gradient itself.
  public var isFirst: Bool
  /// 1, or −1 to climb.
  public var sign: Float

  public init(
    learningRate: Float, momentum: Float, dampening: Float, weightDecay: Float, nesterov: Bool, isFirst: Bool,
    sign: Float = 1
  ) {
    self.sign = sign
    self.learningRate = learningRate
    self.momentum = momentum
    self.dampening = dampening
    self.weightDecay = weightDecay
    self.nesterov = nesterov
    self.isFirst = isFirst
  }
}

/// Applies a step of gradient descent to `vectors` × 16 parameters.
public func momentumUpdate(
  _ parameter: LanePointer, gradient: UnsafePointer<Lanes>, velocity: LanePointer, vectors: Int, step: MomentumStep
) {
  let penalty = Lanes(repeating: step.weightDecay)
  for i in 0..<vectors {
    let g = multiplyAdd(penalty, parameter[i], gradient[i] * step.sign)
    var direction = g
    if step.momentum != 0 {
      let v = step.isFirst ? g : velocity[i] * step.momentum + g * (1 - step.dampening)
      velocity[i] = v
      direction = step.nesterov ? g + v * step.momentum : v
    }
    parameter[i] -= direction * step.learningRate
  }
}

/// target = [previous +] part 0 + part 1 + …, in that order, over some vectors of sixteen floats.
///
/// - Parameters:
///   - first: part 0; the others follow, `step` vectors apart.
public func sumParts(
  _ first: UnsafePointer<Lanes>, step: Int, parts: Int, vectors: Range<Int>, accumulate: Bool, into target: LanePointer
) {
  for i in vectors {
    var sum = accumulate ? target[i] : .zero
    for part in 0..<parts { sum += first[part &* step &+ i] }
    target[i] = sum
  }
}
