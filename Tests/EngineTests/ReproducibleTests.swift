// Elementary functions that are the same everywhere, against the system's.

import Foundation
import Tensors
import Testing

@Suite struct ReproducibleTests {
  private let stream = RandomStream(seed: 8, purpose: .initialization)

  private func expect(_ found: Double, _ exact: Double, within units: Double, _ label: String) {
    #expect(abs(found - exact) <= units * max(exact.ulp, 1e-17), "\(label): \(found), expected \(exact)")
  }

  @Test func functionsAgreeWithTheSystemsToSomeUnitsInTheLastPlace() {
    for i in 0..<20_000 {
      let u = Double(stream.uniform(i)) + 1e-9
      // The system's take radians, whose rounding costs up to 2e-16 of half a turn.
      let turns = u - 0.5
      #expect(abs(Reproducible.cosine(turns: turns) - cos(2 * .pi * turns)) <= 6e-16, "cos of \(turns) turns")
      #expect(abs(Reproducible.sine(turns: turns) - sin(2 * .pi * turns)) <= 6e-16, "sin of \(turns) turns")
      let x = exp(60 * u - 30)
      expect(Reproducible.logarithm(x), log(x), within: 2, "ln \(x)")
      expect(Reproducible.exponential(60 * u - 30), x, within: 2, "exp \(60 * u - 30)")
      expect(Reproducible.power(u, real: 2.5), pow(u, 2.5), within: 60, "\(u)^2.5")
    }
  }

  @Test func edgesAreExact() {
    #expect((0...8).map { Reproducible.cosine(turns: Double($0) / 4 - 1) } == [1, 0, -1, 0, 1, 0, -1, 0, 1])
    #expect((0...4).map { Reproducible.cosine(turns: Double($0) / 4) } == [1, 0, -1, 0, 1])
    #expect(Reproducible.exponential(-1e30) == 0 && Reproducible.exponential(1e30) == .infinity)
    #expect(Reproducible.power(0.5, real: 1e20) == 0)
    #expect(Reproducible.logarithm(1) == 0 && Reproducible.exponential(0) == 1)
    #expect(
      Reproducible.power(3, 4) == 81 && Reproducible.power(2, -2) == 0.25 && Reproducible.power(0, real: 0.5) == 0)
  }
}
