// The axis of time: steps, epochs or seconds, all of the run or a part of it.

import Foundation
import Telemetry

/// Where a step lies along a chart.
struct TimeScale {
  let steps: ClosedRange<Int>
  let kind: TimeAxis
  let isLog: Bool
  private let stepsPerEpoch: Double
  /// Steps with the seconds of work up to each, in order.
  private let clock: [(step: Double, seconds: Double)]

  /// - Parameter isWhole: whether it is the whole run in steps, whatever is chosen for the charts' own view.
  init(_ model: DashboardModel, isWhole: Bool = false) {
    let state = isWhole ? ChartChoice() : model.state.charts
    steps = state.window ?? 0...TimeScale.end(model.newestStep)
    stepsPerEpoch = max(1, Double(model.status.steps) / Double(max(1, model.status.epochs)))
    clock =
      model.snapshot?.curves(of: "seconds").first?.buckets.map { (Double($0.lastStep), $0.last) } ?? []
    kind = state.time == .seconds && clock.count < 2 ? .steps : state.time
    isLog = state.isLogTime
  }

  /// The right end of an axis that follows the newest step: a round number, so that the curve grows into the room and
  /// does not move as a whole with each step; and at least a few steps, so that the first points show.
  static func end(_ step: Int) -> Int {
    var unit = 10
    while true {
      if let end = [4, 5, 6, 8, 10, 12, 16, 20, 24, 32].map({ $0 * unit / 4 }).first(where: { $0 >= max(step, 10) }) {
        return end
      }
      unit *= 10
    }
  }

  /// Steps, epochs or seconds at a step.
  func value(_ step: Double) -> Double {
    switch kind {
    case .steps: return step
    case .epochs: return step / stepsPerEpoch
    case .seconds:
      guard let last = clock.last else { return step }
      let index = clock.firstIndex { $0.step >= step } ?? clock.count - 1
      let (b, a) = (clock[index], index > 0 ? clock[index - 1] : (step: 0, seconds: 0))
      if step > last.step { return last.seconds * step / max(1, last.step) }
      return b.step > a.step ? a.seconds + (b.seconds - a.seconds) * (step - a.step) / (b.step - a.step) : b.seconds
    }
  }

  private var lower: Double { value(Double(steps.lowerBound)) }
  private var upper: Double { max(value(Double(steps.upperBound)), lower + 1e-9) }

  /// A value's place along the axis, 0 at its left end and 1 at its right.
  private func place(_ value: Double) -> Double {
    guard isLog else { return (value - lower) / (upper - lower) }
    // One is added, so that the start is on the axis.
    return log((1 + max(0, value)) / (1 + lower)) / log((1 + upper) / (1 + lower))
  }

  /// A step's place along the axis, 0 at its left end and 1 at its right.
  func position(_ step: Int) -> Double { place(value(Double(step))) }

  /// The step at a place of the axis.
  func step(at position: Double) -> Int {
    var (low, high) = (steps.lowerBound, steps.upperBound)
    while low < high {
      let middle = (low + high) / 2
      if self.position(middle) < position { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Ticks with their places and labels.
  func ticks(count: Int) -> [(position: Double, label: String)] {
    if isLog {
      let axis = Axis(log: max(lower, 1)...max(upper, 2), count: count)
      return axis.ticks.filter { $0 >= lower && $0 <= upper }.map { (place($0), axis.label($0)) }
    }
    let axis = Axis(linear: lower...upper, count: count)
    return axis.ticks.filter { $0 >= lower - 1e-9 && $0 <= upper + 1e-9 }.map { (place($0), axis.label($0)) }
  }

  var word: String { kind == .steps ? "step" : kind == .epochs ? "epoch" : "s" }
}
