// What a chart shows.

import Telemetry

/// One quantity's curves, and how a value is shown.
struct ChartContent {
  var title: String
  var curves: [Curve]
  /// What a value is multiplied by before it is shown, and the sign behind it: 100 and % for percentages.
  var factor = 1.0
  var unit = ""
  var isLog = false
  /// Values beyond these cannot be.
  var limits: ClosedRange<Double>?
  /// A value in words.
  var format: @Sendable (Double) -> String = { formatNumber(Float($0)) }
  /// The same quantity of other runs, each in a colour of its own.
  var others: [Other] = []

  /// Another run's curves, and the character that they are drawn with in ASCII; the usual one where there is none.
  struct Other {
    let name: String
    let curves: [Curve]
    let character: Unicode.Scalar?
  }

  /// A quantity as its name says it: shares are percentages, a loss has no sign.
  init(_ quantity: String, _ model: DashboardModel) {
    curves = model.snapshot?.curves(of: quantity) ?? []
    title = quantity.prefix(1).uppercased() + quantity.dropFirst().replacing("_", with: " ")
    let isShare = quantity == "accuracy" || quantity.hasSuffix("/dead")
    isLog = model.state.charts.isLog && !isShare
    if isShare {
      (factor, unit, limits) = (100, "%", 0...100)
      format = { percent($0, 1) }
    } else if quantity == "loss" {
      limits = isLog ? nil : 0...Double.infinity
      format = { fixed($0, abs($0) < 0.1 ? 4 : 3) }
    } else if quantity == "images_per_second" {
      format = { grouped(Int($0)) }
    }
    if isLog { title += " (log)" }
    let rivals = model.rivals.map { lane in
      Other(
        name: lane.letter, curves: lane.snapshot?.curves(of: quantity) ?? [],
        character: lane.letter.lowercased().unicodeScalars.first)
    }
    let recorded = (model.state.charts.showsOthers ? model.others : []).map { run in
      Other(name: run.name, curves: run.curves.filter { $0.key.quantity == quantity }, character: nil)
    }
    others = Array((rivals + recorded).prefix(3))
  }

  private var buckets: [MetricBucket] { (curves + others.flatMap(\.curves)).flatMap(\.buckets).filter { !$0.isGap } }

  /// The range of the values to be seen: what the first tenth of the axis alone reaches does not count, once there is
  /// enough behind it, because the first steps would flatten all that comes later.
  func range(_ time: TimeScale) -> ClosedRange<Double> {
    let all = buckets.filter { $0.lastStep >= time.steps.lowerBound && $0.firstStep <= time.steps.upperBound }
    let late = all.filter { time.position($0.lastStep) >= 0.1 }
    let seen = late.count >= 20 && !time.isLog && time.steps.lowerBound == 0 ? late : all
    let low = (seen.map(\.minimum).min() ?? 0) * factor
    let high = (seen.map(\.maximum).max() ?? 1) * factor
    return low...max(low, high)
  }

  /// Columns that the labels along so many rows take.
  func margin(_ time: TimeScale, rows: Int) -> Int {
    let axis = axis(time, rows: rows)
    return max(6, (axis.ticks.map { (axis.label($0) + unit).count }.max() ?? 0) + 1)
  }

  /// The axis of values along so many rows.
  func axis(_ time: TimeScale, rows: Int) -> Axis {
    let range = range(time)
    guard isLog else { return Axis(linear: range, rows: rows, limits: limits) }
    let positive = buckets.map(\.minimum).filter { $0 > 0 }.min().map { $0 * factor } ?? 0.1
    return Axis(log: positive...max(positive, range.upperBound), count: max(2, rows / 2))
  }
}

extension SeriesKey.Role {
  /// The word for the legend.
  var word: String {
    switch self {
    case .training: "train"
    case .validation: "validation"
    case .measured: ""
    }
  }

  var role: Role { self == .validation ? .validationCurve : .trainCurve }
}
