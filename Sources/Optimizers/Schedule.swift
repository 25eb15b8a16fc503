// Learning-rate schedules: pure functions of the step, and one that watches the validation loss.

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
  /// Half a cosine from the base rate to `minimum` over `period`; Loshchilov and Hutter (2017).
  case cosine(period: Int, minimum: Double)
  /// The same again and again, each time over `factor` times as long.
  case cosineRestarts(first: Int, factor: Int, minimum: Double)
  /// Up from `maximum` / `startDivisor` to `maximum` over a share of all steps, then down to a `endDivisor`-th of the
  /// start, both along cosines; Smith and Topin (2018).
  case oneCycle(maximum: Double, total: Int, rise: Double, startDivisor: Double, endDivisor: Double)

  /// The rate at a time counted from 0.
  public func rate(base: Double, at time: Int) -> Double {
    switch self {
    case .constant: return base
    case .step(let size, let gamma): return base * Reproducible.power(gamma, time / size)
    case .multiStep(let milestones, let gamma):
      return base * Reproducible.power(gamma, milestones.count { $0 <= time })
    case .exponential(let gamma): return base * Reproducible.power(gamma, time)
    case .cosine(let period, let minimum):
      return between(minimum, base, 0.5 * (1 + Reproducible.cosine(turns: 0.5 * Double(time) / Double(period))))
    case .cosineRestarts(let first, let factor, let minimum):
      var (start, length) = (0, first)
      while time >= start + length {
        start += length
        length *= factor
      }
      return between(minimum, base, 0.5 * (1 + Reproducible.cosine(turns: 0.5 * Double(time - start) / Double(length))))
    case .oneCycle(let maximum, let total, let rise, let startDivisor, let endDivisor):
      let initial = maximum / startDivisor
      let peak = rise * Double(total) - 1
      let now = min(Double(time), Double(total - 1))
      if now <= peak { return annealed(from: initial, to: maximum, now / peak) }
      return annealed(from: maximum, to: initial / endDivisor, (now - peak) / (Double(total - 1) - peak))
    }
  }

  private func between(_ low: Double, _ high: Double, _ share: Double) -> Double { low + (high - low) * share }

  private func annealed(from start: Double, to end: Double, _ share: Double) -> Double {
    end + (start - end) / 2 * (Reproducible.cosine(turns: 0.5 * share) + 1)
  }
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

/// Lowers the rate when a loss has stopped falling; PyTorch's `ReduceLROnPlateau` with relative threshold.
public struct PlateauSchedule: Hashable, Sendable {
  public var factor: Double
  public var patience: Int
  public var threshold: Double
  public var cooldown: Int
  public var minimum: Double
  private var best = Double.infinity
  private var badEpochs = 0
  private var cooling = 0

  public init(
    factor: Double = 0.1, patience: Int = 10, threshold: Double = 1e-4, cooldown: Int = 0, minimum: Double = 0
  ) {
    self.factor = factor
    self.patience = patience
    self.threshold = threshold
    self.cooldown = cooldown
    self.minimum = minimum
  }

  /// The rate after an epoch with this loss.
  public mutating func rate(_ rate: Double, afterLoss loss: Double) -> Double {
    if loss < best * (1 - threshold) {
      best = loss
      badEpochs = 0
    } else {
      badEpochs += 1
    }
    if cooling > 0 {
      cooling -= 1
      badEpochs = 0
    }
    guard badEpochs > patience else { return rate }
    cooling = cooldown
    badEpochs = 0
    let lowered = max(minimum, rate * factor)
    // PyTorch leaves a change alone that is too small to matter.
    return rate - lowered > 1e-8 ? lowered : rate
  }
}
