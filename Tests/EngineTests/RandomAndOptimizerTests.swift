// The random generator against its published vectors, first weights, and optimiser steps computed by hand.

import Autograd
import Kernels
import Layers
import Optimizers
import Tensors
import Testing
import Workers

@Suite struct RandomAndOptimizerTests {
  /// Known answers of Random123's `kat_vectors`, philox 4×32, ten rounds.
  @Test func philoxGivesItsPublishedVectors() {
    #expect(
      philox(SIMD4(0, 0, 0, 0), key: SIMD2(0, 0)) == SIMD4(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8))
    let ones = UInt32.max
    #expect(
      philox(SIMD4(ones, ones, ones, ones), key: SIMD2(ones, ones))
        == SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd))
    #expect(
      philox(SIMD4(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344), key: SIMD2(0xa409_3822, 0x299f_31d0))
        == SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1))
  }

  @Test func aPermutationHoldsEveryIndexOnceAndDependsOnItsStream() {
    let order = RandomStream(seed: 1, purpose: .shuffle, stream: 4).permutation(1000)
    #expect(order.sorted() == (0..<1000).map { Int32($0) })
    #expect(order != (0..<1000).map { Int32($0) })
    #expect(order == RandomStream(seed: 1, purpose: .shuffle, stream: 4).permutation(1000))
    #expect(order != RandomStream(seed: 1, purpose: .shuffle, stream: 5).permutation(1000))
  }

  @Test func firstWeightsAreUniformWithinOneOverTheRootOfFanIn() throws {
    let model = try Sequential(
      [Conv2d.Configuration(outChannels: 64, kernelSize: Size2d(5))], input: [4, 9, 9], seed: 2)
    let values = model.parameters[0].tensor.values
    #expect(values.allSatisfy { abs($0) <= 0.1 })
    let deviation = (values.reduce(0) { $0 + $1 * $1 } / Float(values.count)).squareRoot()
    #expect(abs(deviation - 0.1 / Float(3).squareRoot()) < 0.002)
  }

  private func trained(_ gradient: Float, _ make: ([Parameter]) -> any Optimizer, steps: Int) -> Float {
    let parameter = Parameter("p", Tensor([1], [1]))
    let optimizer = make([parameter])
    for _ in 0..<steps {
      parameter.gradient[0] = gradient
      optimizer.step(WorkerPool(threads: 1))
    }
    return parameter.tensor.values[0]
  }

  @Test func adamMovesByItsLearningRateAtFirst() {
    // m̂ = g and v̂ = g², so the step is lr · sign(g), whatever the size of the gradient.
    #expect(abs(trained(0.3, { Adam($0, options: .init(learningRate: 0.1)) }, steps: 1) - 0.9) < 1e-6)
    #expect(abs(trained(-8, { Adam($0, options: .init(learningRate: 0.1)) }, steps: 2) - 1.2) < 1e-6)
  }

  @Test func adamWShrinksTheParameterItself() {
    let options = Adam.Options(learningRate: 0.1, weightDecay: 0.5, isDecoupled: true)
    #expect(abs(trained(1, { Adam($0, options: options) }, steps: 1) - (1 * (1 - 0.05) - 0.1)) < 1e-6)
  }

  @Test func momentumStartsWithTheGradientAndGathersSpeed() {
    let plain = SGD.Options(learningRate: 0.1)
    #expect(abs(trained(1, { SGD($0, options: plain) }, steps: 3) - 0.7) < 1e-6)
    let heavy = SGD.Options(learningRate: 0.1, momentum: 0.5)
    // v = 1, 1.5, 1.75
    #expect(abs(trained(1, { SGD($0, options: heavy) }, steps: 3) - (1 - 0.425)) < 1e-6)
    let nesterov = SGD.Options(learningRate: 0.1, momentum: 0.5, nesterov: true)
    // g + 0.5 v = 1.5, 1.75
    #expect(abs(trained(1, { SGD($0, options: nesterov) }, steps: 2) - (1 - 0.325)) < 1e-6)
  }
}
