// The gradient check itself: it passes every operation, and notices a wrong gradient.

import Autograd
import Tensors
import Testing
import Workers

@Suite struct GradientCheckTests {
  @Test func everyOperationPasses() throws {
    let catalog = GradientCheck.catalog
    #expect(Set(catalog.map(\.operation)).count == catalog.count)
    for check in catalog { try check.expectAgreement() }
  }

  @Test func aGradientThatIsFivePercentOffIsNoticedInEveryOperation() throws {
    let pool = WorkerPool(threads: 1)
    for check in GradientCheck.catalog {
      let results = try check.run(pool, spoiling: true)
      #expect(results.allSatisfy { !$0.passes }, "\(check.operation)")
    }
  }
}
