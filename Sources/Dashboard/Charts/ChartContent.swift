// What a chart shows.

import Telemetry

/// One quantity's curves, and how a value is shown.
struct ChartContent {
  let curves: [Curve]
  /// The right end of the step axis.
  let steps: Int
  /// What a value is multiplied by before it is shown, and the sign behind it: 100 and % for percentages.
  var factor = 1.0
  var unit = ""
  var isLog = false
  /// Values beyond these cannot be.
  var limits: ClosedRange<Double>?
  /// A value for the legend.
  let format: (Double) -> String

  var finite: [MetricBucket] { curves.flatMap(\.buckets).filter { !$0.isGap } }
}

extension SeriesKey.Role {
  /// The word for the legend.
  var word: String { self == .training ? "train" : "validation" }
  var role: Role { self == .training ? .trainCurve : .validationCurve }

  /// The newest value of a curve: of the smoothed one where it is smoothed.
  func newest(_ bucket: MetricBucket) -> Double? {
    let value = self == .training ? bucket.smoothed : bucket.last
    return bucket.isGap || !value.isFinite ? nil : value
  }
}
