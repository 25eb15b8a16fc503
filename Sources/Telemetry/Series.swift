// Curves by name: what a run records of itself, step by step and epoch by epoch.

/// Which series: the quantity, by its name in `metrics.jsonl`, and on which images it was measured.
public struct SeriesKey: Hashable, Sendable, Codable {
  public enum Role: String, Hashable, Sendable, Codable {
    /// One value a step, smoothed.
    case training
    /// One value an epoch, at the epoch's last step.
    case validation
  }
  public let quantity: String
  public let role: Role

  public init(_ quantity: String, _ role: Role) { (self.quantity, self.role) = (quantity, role) }
}

/// One scalar of a run with its history.
public struct Series: Hashable, Sendable, Codable {
  public let key: SeriesKey
  public fileprivate(set) var history: MetricHistory
}

/// All series of a run: it takes the records of steps and epochs, in order.
public struct SeriesList: Hashable, Sendable, Codable {
  public private(set) var all: [Series]

  /// - Parameter smoothing: the weight of the past in the smoothed curves of training, from 0 to below 1.
  public init(smoothing: Double) {
    let keys = StepRecord.scalars.compactMap(\.series) + EpochRecord.scalars.compactMap(\.series)
    all = keys.map { Series(key: $0, history: MetricHistory(smoothing: $0.role == .training ? smoothing : 0)) }
  }

  public mutating func append(_ record: StepRecord) { append(record, StepRecord.scalars, step: record.step, from: 0) }

  public mutating func append(_ record: EpochRecord) {
    append(record, EpochRecord.scalars, step: record.step, from: StepRecord.scalars.count { $0.series != nil })
  }

  /// - Parameter first: where the records' series begin.
  private mutating func append<Record>(_ record: Record, _ scalars: [Scalar<Record>], step: Int, from first: Int) {
    var index = first
    for scalar in scalars where scalar.series != nil {
      all[index].history.append(step: step, scalar.value(record))
      index += 1
    }
  }

  mutating func append(_ key: SeriesKey, step: Int, _ value: Double) {
    if let index = all.firstIndex(where: { $0.key == key }) { all[index].history.append(step: step, value) }
  }

  public subscript(_ key: SeriesKey) -> MetricHistory? { all.first { $0.key == key }?.history }

  /// The curves of some quantities, in at most `limit` stretches each.
  public func curves(of quantities: Set<String>, limit: Int) -> [Curve] {
    all.filter { quantities.contains($0.key.quantity) }.map {
      Curve(key: $0.key, smoothing: $0.history.smoothing, buckets: $0.history.curve(limit: limit))
    }
  }
}

/// A series as a chart draws it.
public struct Curve: Hashable, Sendable, Codable {
  public let key: SeriesKey
  /// The weight of the past in the smoothed values.
  public let smoothing: Double
  /// Oldest first.
  public let buckets: [MetricBucket]

  public init(key: SeriesKey, smoothing: Double, buckets: [MetricBucket]) {
    (self.key, self.smoothing, self.buckets) = (key, smoothing, buckets)
  }
}
