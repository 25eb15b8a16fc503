// The scalars of a run: each is named once, for its line in `metrics.jsonl` and for its series.

/// One number of a record: its key in `metrics.jsonl`, and the series that it continues, if any.
public struct Scalar<Record>: Sendable {
  /// As in `metrics.jsonl`.
  public let key: String
  public let series: SeriesKey?
  public let value: @Sendable (Record) -> Double
  let write: @Sendable (Record, inout JSONLine) -> Void
  /// The number that a line's digits stand for.
  let read: @Sendable (Double) -> Double

  /// - Parameter series: nil for a number that has no curve of its own.
  init(_ key: String, _ series: SeriesKey?, _ value: @escaping @Sendable (Record) -> Double) {
    (self.key, self.series, self.value) = (key, series, value)
    write = { $1.add(key, value($0)) }
    read = { $0 }
  }

  /// A number of single precision, which is written in as many digits as that takes.
  init(_ key: String, _ series: SeriesKey?, single value: @escaping @Sendable (Record) -> Float) {
    (self.key, self.series) = (key, series)
    self.value = { Double(value($0)) }
    write = { $1.add(key, value($0)) }
    read = { Double(Float($0)) }
  }
}

extension StepRecord {
  /// In the order of the line.
  public static let scalars: [Scalar<StepRecord>] = [
    Scalar("loss", SeriesKey("loss", .training)) { $0.loss },
    Scalar("accuracy", SeriesKey("accuracy", .training)) { $0.accuracy },
    Scalar("learning_rate", SeriesKey("learning_rate", .training), single: { $0.learningRate }),
  ]
}

extension EpochRecord {
  /// In the order of the line.
  public static let scalars: [Scalar<EpochRecord>] = [
    Scalar("train_loss", nil) { $0.trainLoss },
    Scalar("train_accuracy", nil) { $0.trainAccuracy },
    Scalar("validation_loss", SeriesKey("loss", .validation)) { $0.validationLoss },
    Scalar("validation_accuracy", SeriesKey("accuracy", .validation)) { $0.validationAccuracy },
  ]
}
