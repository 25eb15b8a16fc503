// How many portions a shard is cut into follows from how long it takes, and from nothing else.

import Testing

@testable import Autograd

@Suite struct PortionTrialTests {
  /// What a run takes with so many portions, in microseconds.
  private typealias Cost = @Sendable (Int) -> Int

  /// Goes on until it has settled, and longer than its longest pause.
  private func settle(_ trial: inout PortionTrial, _ cost: Cost) {
    for _ in 0..<10_000 { trial.note(.microseconds(cost(trial.portions))) }
  }

  @Test func theQuickestNumberOfPortionsIsFoundAndFoundAgain() {
    let cases: [(most: Int, best: Int, cost: Cost)] = [
      (2, 2, { 220 / $0 + 20 * $0 }), (2, 1, { 220 / $0 + 150 * $0 }), (16, 16, { 1600 / $0 }),
      (16, 4, { 1600 / $0 + 90 * $0 }),
      (16, 1, { 100 * $0 }), (6, 3, { abs($0 - 3) + 10 }), (3, 3, { 90 / $0 }),
    ]
    for (most, best, cost) in cases {
      var trial = PortionTrial(most: most)
      #expect(trial.portions == most)
      settle(&trial, cost)
      #expect(trial.best == best, "of \(most)")
      settle(&trial) { 1000 / $0 }
      #expect(trial.best == most, "once threads cost nothing")
      settle(&trial, cost)
      #expect(trial.best == best, "again, of \(most)")
    }
  }

  @Test func trialsAreFewAndOneSlowRunDecidesNothing() {
    var trial = PortionTrial(most: 2)
    settle(&trial) { 100 / $0 }
    var others = 0
    for run in 0..<10_000 {
      if trial.portions != 2 { others += 1 }
      trial.note(.microseconds(run % 5 == 0 ? 1_000 : 100 / trial.portions))
    }
    #expect(trial.best == 2)
    #expect(0 < others && others <= 100)
  }
}
