// A curve of any length in constant memory, in which a single spike stays visible.

/// What a stretch of a curve held.
public struct MetricBucket: Hashable, Sendable, Codable {
  /// The first and last step of the stretch.
  public var firstStep: Int
  public var lastStep: Int
  public var minimum: Double
  public var maximum: Double
  public var last: Double
  /// The smoothed curve at the stretch's end.
  public var smoothed: Double
  /// How many values of the stretch were not finite; they enter nothing else.
  public var nonFinite: Int
  /// How many were.
  public var finite: Int

  public var isGap: Bool { finite == 0 }

  init(step: Int, value: Double, smoothed: Double) {
    firstStep = step
    lastStep = step
    // A gap holds nothing, so that equal histories are equal.
    (minimum, maximum, last) = value.isFinite ? (value, value, value) : (0, 0, 0)
    self.smoothed = smoothed
    finite = value.isFinite ? 1 : 0
    nonFinite = 1 - finite
  }

  mutating func merge(_ next: MetricBucket) {
    lastStep = next.lastStep
    smoothed = next.smoothed
    if isGap {
      (minimum, maximum, last) = (next.minimum, next.maximum, next.last)
    } else if !next.isGap {
      minimum = min(minimum, next.minimum)
      maximum = max(maximum, next.maximum)
      last = next.last
    }
    finite += next.finite
    nonFinite += next.nonFinite
  }
}

/// The history of one scalar, oldest first.
///
/// It keeps a bounded number of buckets; when they are full, neighbours merge in pairs and every bucket covers twice as
/// many values. Minimum and maximum survive the merging, so a spike of one step in a million stays in the picture.
public struct MetricHistory: Hashable, Sendable, Codable {
  public private(set) var buckets: [MetricBucket] = []
  /// The bucket that is being filled, if any.
  private var open: MetricBucket?
  private var openCount = 0
  /// How many values each full bucket holds.
  public private(set) var bucketSize = 1
  public private(set) var count = 0
  private let capacity: Int
  public let smoothing: Double
  private var average = 0.0
  private var weight = 0.0

  /// - Parameters:
  ///   - capacity: the most buckets, even.
  ///   - smoothing: the weight of the past in the smoothed curve, from 0 to below 1.
  public init(capacity: Int = 4096, smoothing: Double = 0) {
    precondition(capacity >= 2 && capacity % 2 == 0, "the capacity must be even")
    self.capacity = capacity
    self.smoothing = smoothing
    buckets.reserveCapacity(capacity)
  }

  /// Appends a value; steps must not decrease.
  public mutating func append(step: Int, _ value: Double) {
    count += 1
    if value.isFinite {
      // Exponential smoothing corrected for its start at zero, as in Adam.
      average = smoothing * average + (1 - smoothing) * value
      weight = smoothing * weight + (1 - smoothing)
    }
    let bucket = MetricBucket(step: step, value: value, smoothed: weight > 0 ? average / weight : 0)
    if open == nil { open = bucket } else { open?.merge(bucket) }
    openCount += 1
    guard openCount == bucketSize, let full = open else { return }
    buckets.append(full)
    open = nil
    openCount = 0
    if buckets.count == capacity { halve() }
  }

  private mutating func halve() {
    for index in 0..<capacity / 2 {
      var merged = buckets[2 * index]
      merged.merge(buckets[2 * index + 1])
      buckets[index] = merged
    }
    buckets.removeLast(capacity / 2)
    bucketSize *= 2
  }

  /// The whole curve in at most `limit` stretches of equal length, the newest values included.
  public func curve(limit: Int) -> [MetricBucket] {
    let all = open.map { buckets + [$0] } ?? buckets
    guard limit > 0, all.count > limit else { return all }
    let size = (all.count + limit - 1) / limit
    return stride(from: 0, to: all.count, by: size).map { first in
      var merged = all[first]
      for next in all[(first + 1)..<min(all.count, first + size)] { merged.merge(next) }
      return merged
    }
  }
}
