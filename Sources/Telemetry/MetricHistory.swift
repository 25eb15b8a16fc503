// A curve of any length in constant memory, in which a single spike stays visible.

import Foundation

/// What a stretch of a curve held.
public struct MetricBucket: Hashable, Sendable, Codable {
  /// The first and last step of the stretch.
  public var firstStep: Int
  public var lastStep: Int
  public var minimum: Double
  public var maximum: Double
  public var last: Double
  public var sum: Double
  /// How many values of the stretch were not finite; they enter nothing else.
  public var nonFinite: Int
  /// How many were.
  public var finite: Int

  public var isGap: Bool { finite == 0 }
  public var mean: Double { isGap ? 0 : sum / Double(finite) }

  init(step: Int, value: Double) {
    firstStep = step
    lastStep = step
    // A gap holds nothing, so that equal histories are equal.
    (minimum, maximum, last, sum) = value.isFinite ? (value, value, value, value) : (0, 0, 0, 0)
    finite = value.isFinite ? 1 : 0
    nonFinite = 1 - finite
  }

  mutating func merge(_ next: MetricBucket) {
    lastStep = next.lastStep
    sum += next.sum
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

  /// - Parameter capacity: the most buckets, even.
  public init(capacity: Int = 4096) {
    precondition(capacity >= 2 && capacity % 2 == 0, "the capacity must be even")
    self.capacity = capacity
  }

  /// Appends a value; steps must not decrease.
  public mutating func append(step: Int, _ value: Double) {
    count += 1
    let bucket = MetricBucket(step: step, value: value)
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

  /// The curve in at most `limit` stretches of equal length, a power of two of buckets each, the newest values included.
  ///
  /// - Parameters:
  ///   - steps: only what lies between these, and the neighbour on either side; nil for all.
  ///   - smoothing: the weight of the past, from 0 to below 1.
  /// - Returns: the stretches, and at the end of each the exponential mean of all before, corrected for its start at zero as
  ///   in Adam: exactly that of the values while a bucket is one value, near enough afterwards.
  public func curve(
    limit: Int, steps: ClosedRange<Int>? = nil, smoothing: Double = 0
  ) -> (buckets: [MetricBucket], smoothed: [Double]) {
    let all = open.map { buckets + [$0] } ?? buckets
    guard limit > 0, !all.isEmpty else { return ([], []) }
    var (average, weight) = (0.0, 0.0)
    let smoothed = all.map { bucket -> Double in
      if bucket.finite > 0 {
        let past = bucket.finite == 1 ? smoothing : pow(smoothing, Double(bucket.finite))
        average = past * average + (1 - past) * bucket.mean
        weight = past * weight + (1 - past)
      }
      return weight > 0 ? average / weight : 0
    }
    var (first, last) = (0, all.count - 1)
    if let steps {
      first = max(0, (all.firstIndex { $0.lastStep >= steps.lowerBound } ?? all.count - 1) - 1)
      last = min(last, (all.lastIndex { $0.firstStep <= steps.upperBound } ?? 0) + 1)
    }
    guard first <= last else { return ([], []) }
    // A power of two: while a run goes on, stretches stay what they are until they double.
    var size = 1
    while (last - first) / size + 1 > limit { size *= 2 }
    var result: (buckets: [MetricBucket], smoothed: [Double]) = ([], [])
    for start in stride(from: first, through: last, by: size) {
      let end = min(last, start + size - 1)
      var merged = all[start]
      for index in start..<end { merged.merge(all[index + 1]) }
      result.buckets.append(merged)
      result.smoothed.append(smoothed[end])
    }
    return result
  }
}
