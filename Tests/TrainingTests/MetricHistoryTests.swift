// Curves of any length in constant memory.

import Telemetry
import Testing
import Training

@Suite struct MetricHistoryTests {
  @Test func aSingleSpikeInAMillionStepsStaysVisible() {
    var history = MetricHistory(capacity: 1024)
    for step in 1...1_000_000 { history.append(step: step, step == 345_678 ? 9 : Double(step % 2)) }
    #expect(history.buckets.count <= 1024)
    let curve = history.curve(limit: 200)
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
    #expect(history.curve(limit: 100).map(\.last) == [1, 2, 3, 4, 5])
    #expect(history.curve(limit: 2).map(\.last) == [3, 5])
  }

  @Test func smoothingIsCorrectedForItsStart() {
    var history = MetricHistory(smoothing: 0.9)
    for step in 1...3 { history.append(step: step, 5) }
    #expect(history.curve(limit: 10).allSatisfy { abs($0.smoothed - 5) < 1e-12 })
    history.append(step: 4, 15)
    // Weights 0.1 · (0.9³, 0.9², 0.9, 1), normalised.
    let expected = (5 * (0.729 + 0.81 + 0.9) + 15) / (0.729 + 0.81 + 0.9 + 1)
    #expect(abs((history.curve(limit: 10).last?.smoothed ?? 0) - expected) < 1e-12)
  }

  @Test func valuesThatAreNotNumbersAreCountedAndEnterNothingElse() {
    var history = MetricHistory(smoothing: 0.5)
    for (step, value) in [1, .nan, 3, .infinity].enumerated() { history.append(step: step, value) }
    let curve = history.curve(limit: 10)
    #expect(curve.map(\.isGap) == [false, true, false, true])
    let merged = history.curve(limit: 1)[0]
    #expect(merged.minimum == 1 && merged.maximum == 3 && merged.last == 3 && merged.nonFinite == 2)
  }
}
