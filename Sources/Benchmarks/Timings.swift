// Samples of a duration, and the share of a machine's peak that they amount to.

import Tensors

/// How long one thing took, over and over.
public struct Timings: Sendable {
  /// Seconds, sorted.
  private let samples: [Double]

  /// - Precondition: there is at least one sample.
  init(_ samples: [Double]) {
    precondition(!samples.isEmpty, "a timing needs a sample")
    self.samples = samples.sorted()
  }

  public var count: Int { samples.count }
  /// Seconds.
  public var median: Double { quantile(0.5) }
  public var p95: Double { quantile(0.95) }

  private func quantile(_ share: Double) -> Double {
    samples[min(samples.count - 1, Int(share * Double(samples.count)))]
  }

  /// Repeats a measured body until some time has gone by, and at least `least` times, after two unmeasured ones.
  static func collect(seconds: Double, least: Int = 5, _ body: () -> Double) -> Timings {
    _ = body()
    _ = body()
    var samples: [Double] = []
    let clock = ContinuousClock()
    let start = clock.now
    while samples.count < least || clock.now - start < .seconds(seconds) { samples.append(body()) }
    return Timings(samples)
  }
}
