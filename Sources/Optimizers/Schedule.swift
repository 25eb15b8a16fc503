// Learning-rate schedules that are pure functions of time.

import Fields
import Tensors

/// How the learning rate changes; `period` numbers count steps or epochs, as the schedule is asked.
///
/// Names, meanings and defaults are those of `torch.optim.lr_scheduler`.
public enum Schedule: Hashable, Sendable {
  case constant
  /// × γ after each `size`.
  case step(size: Int, gamma: Double)
  /// × γ at each milestone.
  case multiStep(milestones: [Int], gamma: Double)
  /// × γ each time.
  case exponential(gamma: Double)
  /// From `start` times the rate to `end` times it, along a line of `length`.
  case linear(start: Double, end: Double, length: Int)
  /// × (1 − time / length)ᵖ, down to zero.
  case polynomial(length: Int, power: Double)
  /// Half a cosine from the base rate to `minimum` over `period`; Loshchilov and Hutter (2017).
  case cosine(period: Int, minimum: Double)
  /// The same again and again, each time over `factor` times as long.
  case cosineRestarts(first: Int, factor: Int, minimum: Double)

  /// The rate at a time counted from 0.
  public func rate(base: Double, at time: Int) -> Double {
    switch self {
    case .constant: return base
    case .step(let size, let gamma): return base * Reproducible.power(gamma, time / size)
    case .multiStep(let milestones, let gamma):
      return base * Reproducible.power(gamma, milestones.count { $0 <= time })
    case .exponential(let gamma): return base * Reproducible.power(gamma, time)
    case .linear(let start, let end, let length):
      return base * (start + (end - start) * Double(min(time, length)) / Double(length))
    case .polynomial(let length, let power):
      return base * Reproducible.power(1 - Double(min(time, length)) / Double(length), real: power)
    case .cosine(let period, let minimum):
      return halfCosine(from: base, to: minimum, Double(time) / Double(period))
    case .cosineRestarts(let first, let factor, let minimum):
      var (start, length) = (0, first)
      while time >= start + length {
        start += length
        length *= factor
      }
      return halfCosine(from: base, to: minimum, Double(time - start) / Double(length))
    }
  }
}

/// Along half a cosine from one number to another.
func halfCosine(from start: Double, to end: Double, _ share: Double) -> Double {
  end + (start - end) * (0.5 * (1 + Reproducible.cosine(turns: 0.5 * share)))
}

/// A linear rise before any schedule: the rate grows from `startFactor` of it to all of it over `steps`.
public struct WarmUp: Hashable, Sendable {
  public var steps: Int
  public var startFactor: Double

  public init(steps: Int, startFactor: Double = 1.0 / 3) {
    self.steps = steps
    self.startFactor = startFactor
  }

  /// What the rate is multiplied by at a step counted from 0.
  public func factor(at step: Int) -> Double {
    step >= steps ? 1 : startFactor + (1 - startFactor) * Double(step) / Double(steps)
  }
}
