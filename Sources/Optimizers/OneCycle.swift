// The one-cycle schedule: up and down once along the whole run, the momentum the other way round.

import Fields

/// Up from `maximum` / `startDivisor` to `maximum` over a share of all steps, then down to an `endDivisor`-th of the start, both
/// along cosines; the momentum falls from its highest to its base value meanwhile, and rises again.
///
/// Source: Smith and Topin, "Super-convergence" (2018), in PyTorch's form and with its defaults.
public struct OneCycle: Hashable, Sendable {
  public var maximum: Double = 0.01
  /// The share of the steps in which the rate rises.
  public var rise: Double = 0.3
  public var startDivisor: Double = 25
  public var endDivisor: Double = 1e4
  /// Whether the optimiser's momentum (Adam's β₁) moves too.
  public var cyclesMomentum = true
  public var baseMomentum: Double = 0.85
  public var maximumMomentum: Double = 0.95

  public init(maximum: Double = 0.01) { self.maximum = maximum }

  public mutating func visitFields(_ fields: any FieldVisitor) throws {
    try fields.double("max_lr", &maximum, .positive, isRequired: true, "the highest learning rate")
    try fields.double("pct_start", &rise, .properShare, "the share of the steps in which it rises")
    try fields.double("div_factor", &startDivisor, .positive, "how many times less it starts from")
    try fields.double("final_div_factor", &endDivisor, .positive, "how many times less than that it ends at")
    try fields.bool("cycle_momentum", &cyclesMomentum, "whether the momentum falls and rises meanwhile")
    try fields.double("base_momentum", &baseMomentum, .decay, "the momentum at the highest rate")
    try fields.double("max_momentum", &maximumMomentum, .decay, "the momentum at the lowest rate")
  }

  /// The rate at a step of `total`, counted from 0.
  public func rate(at step: Int, of total: Int) -> Double {
    let initial = maximum / startDivisor
    return value(at: step, of: total, initial, maximum, initial / endDivisor)
  }

  /// The momentum at a step of `total`, counted from 0; nil when it is left alone.
  public func momentum(at step: Int, of total: Int) -> Double? {
    cyclesMomentum ? value(at: step, of: total, maximumMomentum, baseMomentum, maximumMomentum) : nil
  }

  private func value(at step: Int, of total: Int, _ start: Double, _ middle: Double, _ end: Double) -> Double {
    let (peak, last) = (rise * Double(total) - 1, Double(total - 1))
    let now = min(Double(step), last)
    // With few steps there is no rise: it would take no time, or less.
    if now <= peak && peak > 0 { return halfCosine(from: start, to: middle, now / peak) }
    guard last > peak else { return end }
    return halfCosine(from: middle, to: end, (now - peak) / (last - peak))
  }
}
