// Ticks of an axis, at steps of 1, 2 or 5 times a power of ten, or at those numbers themselves on a log axis.

import Foundation
import Telemetry

/// A range of values with ticks; its ends are ticks too, so that it keeps still while data change a little.
struct Axis: Equatable {
  let lower: Double
  let upper: Double
  let ticks: [Double]
  let isLog: Bool

  /// A linear axis that covers a range with about `count` ticks.
  init(linear range: ClosedRange<Double>, count: Int, limits: ClosedRange<Double>? = nil) {
    let span = max(range.upperBound - range.lowerBound, max(abs(range.upperBound), 1e-12) * 1e-3)
    let step = Axis.niceStep(span / Double(max(1, count)))
    var low = (range.lowerBound / step + 1e-9).rounded(.down) * step
    var high = (range.upperBound / step - 1e-9).rounded(.up) * step
    if high <= low { high = low + step }
    if let limits {
      low = max(limits.lowerBound, low)
      high = min(limits.upperBound, high)
    }
    lower = low
    upper = high
    isLog = false
    let steps = min(100, Int(((high - low) / step + 1e-6).rounded(.down)))
    ticks = (0...max(0, steps)).map { low + Double($0) * step }
  }

  /// A linear axis along so many rows, whose ticks are a whole number of rows apart: evenly spaced on the screen too.
  init(linear range: ClosedRange<Double>, rows: Int, limits: ClosedRange<Double>? = nil) {
    let span = max(range.upperBound - range.lowerBound, max(abs(range.upperBound), 1e-12) * 1e-3)
    let intervals = Double(max(1, rows - 1))
    /// For ticks so many rows apart: the axis's ends, its step, and a tick to count from.
    func fit(_ apart: Int) -> (low: Double, high: Double, step: Double, anchor: Double) {
      let count = intervals / Double(apart)
      var step = Axis.niceStep(span / count)
      while true {
        let low = (range.lowerBound / step + 1e-9).rounded(.down) * step
        let high = low + step * count
        if high >= range.upperBound - step * 1e-6 {
          // What cannot be above the limit leaves its room to what is below.
          guard let limit = limits?.upperBound, high > limit else { return (low, high, step, low) }
          return (limit - step * count, limit, step, limit)
        }
        step = Axis.niceStep(step * 1.01)
      }
    }
    let apart = (rows > 30 ? 3...6 : rows > 12 ? 2...4 : 2...3).filter { Double($0) <= intervals }
    let fits = (apart.isEmpty ? [max(1, rows - 1)] : apart).map(fit)
    let best = fits.min { $0.high - $0.low < $1.high - $1.low } ?? fit(1)
    (lower, upper, isLog) = (best.low, best.high, false)
    let first = ((best.low - best.anchor) / best.step - 1e-6).rounded(.up)
    let last = ((best.high - best.anchor) / best.step + 1e-6).rounded(.down)
    let lowest = (limits?.lowerBound ?? -.infinity) - best.step * 1e-6
    ticks = stride(from: first, through: last, by: 1).map { best.anchor + $0 * best.step }.filter { $0 >= lowest }
  }

  /// A logarithmic axis over positive values, with ticks at 1, 2 and 5 times powers of ten.
  init(log range: ClosedRange<Double>, count: Int) {
    let candidates = (-12...12).flatMap { power in [1, 2, 5].map { $0 * pow(10, Double(power)) } }
    let low = candidates.last { $0 <= range.lowerBound * (1 + 1e-9) } ?? candidates[0]
    let high = candidates.first { $0 >= range.upperBound * (1 - 1e-9) && $0 > low } ?? low * 10
    var inside = candidates.filter { $0 >= low * (1 - 1e-9) && $0 <= high * (1 + 1e-9) }
    if inside.count > count { inside = inside.filter { Axis.isPowerOfTen($0) || $0 == low || $0 == high } }
    while inside.count > max(2, count) { inside = inside.enumerated().filter { $0.offset % 2 == 0 }.map(\.element) }
    (lower, upper, ticks, isLog) = (low, high, inside, true)
  }

  private static func isPowerOfTen(_ value: Double) -> Bool { abs(log10(value) - log10(value).rounded()) < 1e-9 }

  /// The smallest of 1, 2, 5 times a power of ten that is at least `raw`.
  static func niceStep(_ raw: Double) -> Double {
    guard raw > 0, raw.isFinite else { return 1 }
    let power = pow(10, log10(raw).rounded(.down))
    let factor = [1.0, 2, 5, 10].first { $0 * power >= raw * (1 - 1e-9) } ?? 10
    return factor * power
  }

  /// Where a value lies, 0 at the lower end and 1 at the upper; nil when it cannot be shown.
  func position(_ value: Double) -> Double? {
    guard value.isFinite, upper > lower else { return nil }
    if isLog {
      guard value > 0 else { return nil }
      return log(value / lower) / log(upper / lower)
    }
    return (value - lower) / (upper - lower)
  }

  /// A tick as people write it, with as many decimals as the steps need: `0.25`, `1.5k`.
  func label(_ tick: Double) -> String {
    if tick == 0 { return "0" }
    if abs(tick) >= 1e9 { return formatNumber(Float(tick)) }
    if abs(tick) >= 1e6 { return "\(trimmed(fixed(tick / 1e6, 1)))M" }
    if abs(tick) >= 1e4 { return "\(trimmed(fixed(tick / 1e3, 1)))k" }
    let step = isLog ? abs(tick) : ticks.count > 1 ? ticks[1] - ticks[0] : abs(tick)
    let decimals = max(0, min(8, Int((-log10(step) - 1e-9).rounded(.up))))
    return isLog ? trimmed(fixed(tick, decimals)) : fixed(tick, decimals)
  }

  private func trimmed(_ text: String) -> String { text.hasSuffix(".0") ? String(text.dropLast(2)) : text }
}
