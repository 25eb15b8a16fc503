// Whether a lead is more than noise.

import Telemetry
import Testing

@Suite struct PairedTestTests {
  /// The probabilities are those of `scipy.stats.binomtest(min(b, c), b + c).pvalue`.
  @Test(arguments: [
    (0, 0, 1.0), (1, 0, 1.0), (5, 0, 0.0625), (6, 0, 0.03125), (10, 10, 1.0), (12, 31, 0.005_402), (3, 9, 0.145_996),
    (40, 60, 0.056_888), (1000, 1100, 0.030_721),
  ])
  func itsProbabilityIsThatOfTheExactTest(first: Int, second: Int, p: Double) {
    let test = PairedTest(images: 10_000, onlyFirst: first, onlySecond: second)
    #expect(abs(test.p - p) < 1e-5, "\(test.p)")
    #expect(PairedTest(images: 10_000, onlyFirst: second, onlySecond: first).p == test.p)
    #expect(test.isMoreThanNoise == (p < 0.05))
  }

  @Test func itCountsWhatOnlyOneGetsRightAndSaysWhoLeads() {
    let test = PairedTest([true, true, false, false, true], [true, false, true, false, false])
    #expect(test == PairedTest(images: 5, onlyFirst: 2, onlySecond: 1))
    #expect(
      test.verdict("a", "b")
        == "a leads b by 20.00%: 2 images against 1 that only one gets right, no more than noise (McNemar's test, p = 1.000)"
    )
    let clear = PairedTest(images: 1000, onlyFirst: 10, onlySecond: 50)
    #expect(clear.verdict("a", "b").hasPrefix("b leads a by 4.00%: 50 images against 10"))
    #expect(clear.verdict("a", "b").hasSuffix("more than noise (McNemar's test, p < 0.001)"))
    #expect(PairedTest([true], [true]).verdict("a", "b") == "a and b are level: 0 images against 0")
  }
}
