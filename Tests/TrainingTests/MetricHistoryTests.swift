// Curves of any length in constant memory.

import Telemetry
import Testing
import Training

@Suite struct MetricHistoryTests {
  @Test func aSingleSpikeInAMillionStepsStaysVisible() {
    var history = MetricHistory(capacity: 1024)
    for step in 1...1_000_000 { history.append(step: step, step == 345_678 ? 9 : Double(step % 2)) }
    #expect(history.buckets.count <= 1024)
    let curve = history.curve(limit: 200).buckets
    #expect(curve.count <= 200)
    let spikes = curve.filter { $0.maximum == 9 }
    #expect(spikes.count == 1)
    #expect(spikes.allSatisfy { $0.firstStep <= 345_678 && 345_678 <= $0.lastStep })
    #expect(curve.first?.firstStep == 1 && curve.last?.lastStep == 1_000_000)
    #expect(curve.allSatisfy { $0.minimum == 0 })
    #expect(curve.reduce(0) { $0 + $1.finite } == 1_000_000)
  }

  @Test func shortCurvesKeepEveryValue() {
    var history = MetricHistory()
    for step in 1...5 { history.append(step: step, Double(step)) }
    #expect(history.curve(limit: 100).buckets.map(\.last) == [1, 2, 3, 4, 5])
    #expect(history.curve(limit: 2).buckets.map(\.last) == [4, 5])
    // A part of it has its neighbours on either side, so that lines leave the picture.
    #expect(history.curve(limit: 100, steps: 3...3).buckets.map(\.last) == [2, 3, 4])
    #expect(history.curve(limit: 100, steps: 90...99).buckets.map(\.last) == [4, 5])
    #expect(history.curve(limit: 0).buckets.isEmpty && MetricHistory().curve(limit: 5).buckets.isEmpty)
  }

  @Test func smoothingIsCorrectedForItsStart() {
    var history = MetricHistory()
    for step in 1...3 { history.append(step: step, 5) }
    #expect(history.curve(limit: 10, smoothing: 0.9).smoothed.allSatisfy { abs($0 - 5) < 1e-12 })
    history.append(step: 4, 15)
    // Weights 0.1 · (0.9³, 0.9², 0.9, 1), normalised.
    let expected = (5 * (0.729 + 0.81 + 0.9) + 15) / (0.729 + 0.81 + 0.9 + 1)
    #expect(abs((history.curve(limit: 10, smoothing: 0.9).smoothed.last ?? 0) - expected) < 1e-12)
  }

  @Test func smoothingAfterMergingIsCloseToThatOfTheValues() {
    var (short, long) = (MetricHistory(capacity: 64), MetricHistory())
    for step in 0..<1000 {
      let value = 1 + Double(step % 7) / 10 + Double(step) / 1000
      short.append(step: step, value)
      long.append(step: step, value)
    }
    let exact = long.curve(limit: 5000, smoothing: 0.98).smoothed.last ?? 0
    #expect(abs((short.curve(limit: 5000, smoothing: 0.98).smoothed.last ?? 0) - exact) < 0.05)
  }

  @Test func valuesThatAreNotNumbersAreCountedAndEnterNothingElse() {
    var history = MetricHistory()
    for (step, value) in [1, .nan, 3, .infinity].enumerated() { history.append(step: step, value) }
    let curve = history.curve(limit: 10).buckets
    #expect(curve.map(\.isGap) == [false, true, false, true])
    let merged = history.curve(limit: 1).buckets[0]
    #expect(merged.minimum == 1 && merged.maximum == 3 && merged.last == 3 && merged.nonFinite == 2)
  }
}
