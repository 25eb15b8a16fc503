// Curves by name: what a run records of itself, step by step and epoch by epoch.

/// Which series: the quantity, by its name in `metrics.jsonl`, and on which images it was measured.
public struct SeriesKey: Hashable, Sendable, Codable {
  public enum Role: String, Hashable, Sendable, Codable {
    /// One value a step, smoothed.
    case training
    /// One value an epoch, at the epoch's last step.
    case validation
    /// One value now and then; see `MeasureRecord`.
    case measured
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

  /// No series yet: each begins with its first value.
  public static let none = SeriesList(all: [])

  private init(all: [Series]) { self.all = all }

  public init() {
    let keys = StepRecord.scalars.compactMap(\.series) + EpochRecord.scalars.compactMap(\.series)
    all = keys.map { Series(key: $0, history: MetricHistory()) }
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

  public mutating func append(_ record: MeasureRecord) {
    for value in record.values { append(SeriesKey(value.name, .measured), step: record.step, value.value) }
  }

  /// Continues a series, or begins it.
  public mutating func append(_ key: SeriesKey, step: Int, _ value: Double) {
    let index =
      all.firstIndex { $0.key == key }
      ?? {
        // What is measured now and then needs no more than a chart is wide.
        all.append(Series(key: key, history: MetricHistory(capacity: 1024)))
        return all.count - 1
      }()
    all[index].history.append(step: step, value)
  }

  public subscript(_ key: SeriesKey) -> MetricHistory? { all.first { $0.key == key }?.history }

  /// The curves that a request asks for.
  public func curves(for request: PictureRequest) -> [Curve] {
    all.filter { request.quantities.contains($0.key.quantity) }.map { series in
      let smoothing = series.key.role == .training ? request.smoothing : 0
      let curve = series.history.curve(limit: request.curvePoints, steps: request.steps, smoothing: smoothing)
      return Curve(
        key: series.key, smoothing: smoothing, buckets: curve.buckets, smoothed: curve.smoothed)
    }
  }

  /// The names of all quantities, in the order in which they came.
  public var quantities: [String] {
    var names: [String] = []
    for series in all where !names.contains(series.key.quantity) { names.append(series.key.quantity) }
    return names
  }
}

/// A series as a chart draws it.
public struct Curve: Hashable, Sendable, Codable {
  public let key: SeriesKey
  /// The weight of the past in the smoothed values.
  public let smoothing: Double
  /// Oldest first.
  public let buckets: [MetricBucket]
  /// At the end of each bucket.
  public let smoothed: [Double]

  public init(key: SeriesKey, smoothing: Double, buckets: [MetricBucket], smoothed: [Double]) {
    (self.key, self.smoothing, self.buckets, self.smoothed) = (key, smoothing, buckets, smoothed)
  }
}
