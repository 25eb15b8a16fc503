// The other operations: values, gradients, and what each promises.

import Autograd
import Foundation
import Tensors
import Testing
import Workers

@Suite struct OperationTests {
  @Test(arguments: [1, 2, 17])
  func linearGradientsMatchFiniteDifferences(images: Int) throws {
    try GradientCheck(
      "case", inputs: [noise([images, 5], seed: 1)],
      parameters: [Parameter("weight", noise([11, 5], seed: 2)), Parameter("bias", noise([11], seed: 3))]
    ) { try linear($0[0], weight: $1[0], bias: $1[1]) }.expectAgreement()
  }

  @Test func aWeightUsedTwiceCollectsBothGradients() throws {
    try GradientCheck(
      "case", inputs: [noise([3, 4], seed: 1)], parameters: [Parameter("weight", noise([4, 4], seed: 2))],
      step: 0.03125, tolerance: 5e-3
    ) { try linear(linear($0[0], weight: $1[0]), weight: $1[0]) }.expectAgreement()
  }

  @Test func theExponentialIsExactToTheEndsOfItsRange() throws {
    let values: [Float] = [-87.2, -50, -1, -0.25, 0, 0.5, 1, 30, 88.2, 88.35, 88.5, 88.69]
    let found = try evaluate([Tensor([1, values.count], values)]) { exp($0[0]) }[0].values
    for (x, y) in zip(values, found) {
      let expected = Foundation.exp(Double(x))
      #expect(abs(Double(y) - expected) <= 2.5e-7 * expected, "e^\(x) is \(y), expected \(expected)")
    }
    let beyond = try evaluate([Tensor([1, 3], [-104, 89, .nan])]) { exp($0[0]) }[0].values
    #expect(beyond[0] == 0 && beyond[1] == .infinity && beyond[2].isNaN)
  }

  @Test(arguments: [Size2d(-1, 0), Size2d(0, 1)])
  func outputPaddingOutsideItsRangeIsRefused(padding: Size2d) {
    let weight = Parameter("weight", noise([2, 3, 3, 3], seed: 1))
    #expect(throws: ShapeError.self) {
      try convTranspose2d(Tape().input([2, 3, 3]), weight: weight, outputPadding: padding)
    }
  }

  @Test func reluPassesTheGradientOfPositiveElementsOnly() throws {
    // Elements keep clear of the kink at zero by more than the step.
    let values = (0..<48).map { i in Float(i % 2 == 0 ? 1 : -1) * (0.5 + Float(i) / 48) }
    try GradientCheck("case", inputs: [Tensor([2, 2, 3, 4], values)], step: 0.25) { x, _ in relu(x[0])
    }
    .expectAgreement()
    let found = try evaluate([Tensor([1, 3], [-1, .nan, 2])]) { relu($0[0]) }[0].values
    #expect(found[0] == 0 && found[1].isNaN && found[2] == 2)
  }

  static let pools: [(Shape, Pool2dOptions)] = [
    ([2, 2, 4, 4], Pool2dOptions(kernel: Size2d(2))),
    ([1, 1, 5, 7], Pool2dOptions(kernel: Size2d(2))),
    ([2, 1, 5, 5], Pool2dOptions(kernel: Size2d(3), stride: Size2d(1))),
    ([1, 2, 5, 6], Pool2dOptions(kernel: Size2d(3, 2), stride: Size2d(2, 1), padding: Size2d(1, 1))),
    ([17, 1, 2, 3], Pool2dOptions(kernel: Size2d(1, 3))),
  ]

  @Test(arguments: pools.indices)
  func maxPoolGradientsMatchFiniteDifferences(index: Int) throws {
    let (shape, options) = OperationTests.pools[index]
    // All different, by more than the step.
    let order = RandomStream(seed: 4, purpose: .shuffle).permutation(shape.count)
    let x = Tensor(shape, order.map { Float($0) / 8 })
    try GradientCheck("case", inputs: [x], step: 0.03125) { inputs, _ in
      try maxPool2d(inputs[0], options: options)
    }.expectAgreement()
  }

  @Test func maxPoolTakesTheFirstOfEqualsAndPaddingNeverWins() throws {
    let tape = Tape()
    let x = tape.inputWithGradient([1, 2, 2])
    let y = try maxPool2d(x, options: Pool2dOptions(kernel: Size2d(2), padding: Size2d(1)))
    let sum = Parameter("sum", Tensor([1, y.shape.count], repeating: 1), isTrainable: false)
    let loss = try linear(y.flattened, weight: sum)
    let executor = Executor(tape, loss: loss, capacity: 1, pool: WorkerPool(threads: 1))
    executor.step(TensorBatch([Tensor([1, 1, 2, 2], repeating: -3)]), context: StepContext(isTraining: true))
    #expect(executor.tensor(of: y, image: 0).values == [-3, -3, -3, -3])
    let single = try maxPool2d(x, options: Pool2dOptions(kernel: Size2d(2)))
    let loss2 = try linear(single.flattened, weight: Parameter("one", Tensor([1, 1], [1]), isTrainable: false))
    let second = Executor(tape, loss: loss2, capacity: 1, pool: WorkerPool(threads: 1))
    second.step(TensorBatch([Tensor([1, 1, 2, 2], repeating: -3)]), context: StepContext(isTraining: true))
    #expect(second.gradient(of: x, image: 0)?.values == [1, 0, 0, 0])
  }

  @Test func crossEntropyIsStableAndItsGradientIsSoftmaxMinusOneHot() throws {
    let tape = Tape()
    let logits = tape.inputWithGradient([3])
    let labels = tape.input([])
    let loss = try crossEntropy(logits, labels: labels)
    let hit = try topOne(logits, labels: labels)
    let executor = Executor(tape, loss: loss, metrics: [loss, hit], capacity: 2, pool: WorkerPool(threads: 1))
    let means = executor.step(
      TensorBatch([Tensor([2, 3], [1000, 1000, 0, 0, 0, 0]), Tensor([2], [1, 2])]),
      context: StepContext(isTraining: true))
    // log 2 and log 3, in single precision.
    #expect(abs(means[0] - (0.693147 + 1.098612) / 2) < 1e-6)
    #expect(means[1] == 0)
    #expect(executor.gradient(of: logits, image: 0)?.values == [0.25, -0.25, 0])
    let second = executor.gradient(of: logits, image: 1)?.values ?? []
    let expected: [Float] = [1 / 6, 1 / 6, -1 / 3]
    for (found, wanted) in zip(second, expected) { #expect(abs(found - wanted) < 1e-6) }
  }

  @Test func crossEntropyGradientsMatchFiniteDifferences() throws {
    try GradientCheck(
      "case", inputs: [noise([19, 4], seed: 1)],
      parameters: [Parameter("weight", noise([5, 4], seed: 2))], step: 0.0625, tolerance: 5e-3
    ) { inputs, parameters in
      // The same class for every image: a linear layer of zeros, whose bias is the label.
      let zeros = Parameter("zeros", Tensor([1, 4]), isTrainable: false)
      let two = Parameter("two", Tensor([1], [2]), isTrainable: false)
      let label = try linear(inputs[0], weight: zeros, bias: two)
      return try crossEntropy(linear(inputs[0], weight: parameters[0]), labels: label)
    }.expectAgreement()
  }

  @Test func dropoutZeroesAboutAFractionAndScalesTheRest() throws {
    let x = Tensor([40, 100], repeating: 3)
    let dropped = try evaluate([x], training: true) { try dropout($0[0], probability: 0.25, stream: 1) }.flatMap(
      \.values)
    #expect(Set(dropped) == [0, 4])
    let share = Double(dropped.filter { $0 == 0 }.count) / Double(dropped.count)
    #expect(abs(share - 0.25) < 0.02)
    let other = try evaluate([x], training: true) { try dropout($0[0], probability: 0.25, stream: 2) }.flatMap(\.values)
    #expect(other != dropped)
    let threaded = try evaluate([x], training: true, threads: 3) { try dropout($0[0], probability: 0.25, stream: 1) }
    #expect(threaded.flatMap(\.values) == dropped)
    #expect(try evaluate([x]) { try dropout($0[0], probability: 0.25, stream: 1) }.flatMap(\.values) == x.values)
    let all = try evaluate([x], training: true) { try dropout($0[0], probability: 1, stream: 1) }.flatMap(\.values)
    #expect(Set(all) == [0])
  }

  @Test func dropoutGradientsMatchFiniteDifferences() throws {
    try GradientCheck("case", inputs: [noise([17, 6], seed: 1)]) { x, _ in
      try dropout(x[0], probability: 0.5, stream: 1)
    }.expectAgreement()
  }

  private func norm(_ channels: Int) -> [Parameter] {
    [
      Parameter("weight", noise([channels], seed: 2)), Parameter("bias", noise([channels], seed: 3)),
      Parameter("mean", noise([channels], seed: 4), isTrainable: false),
      Parameter("variance", Tensor([channels], repeating: 2), isTrainable: false),
    ]
  }

  @Test(arguments: [(3, true), (21, true), (3, false)])
  func batchNormGradientsMatchFiniteDifferences(images: Int, training: Bool) throws {
    try GradientCheck(
      "case", inputs: [noise([images, 2, 2, 3], seed: 1)], parameters: norm(2), step: 0.015625, tolerance: 2e-2,
      isTraining: training
    ) { x, p in
      try batchNorm2d(x[0], weight: p[0], bias: p[1], statistics: BatchNormStatistics(mean: p[2], variance: p[3]))
    }.expectAgreement()
  }

  @Test(arguments: [784, 12_544])
  func equalNumbersNormaliseToNothing(count: Int) throws {
    let x = Tensor([1, 1, 1, count], repeating: 0.1)
    for output in [
      try evaluate([x]) { try layerNorm($0[0]) }, try evaluate([x]) { try groupNorm($0[0], groups: 1) },
      try evaluate([x], training: true) { try batchNorm2d($0[0], weight: nil, bias: nil, statistics: nil) },
    ] { #expect(output[0].values.allSatisfy { abs($0) < 1e-5 }, "\(output[0].values[0])") }
  }

  @Test func longSumsRoundNoMoreThanShortOnes() throws {
    let x = noise([1, 50_000], seed: 3)
    let exact = x.values.reduce(0.0) { $0 + Foundation.exp(Double($1)) }
    let found = try evaluate([x]) { try logSoftmax($0[0]) }[0].values
    for i in stride(from: 0, to: 50_000, by: 97) {
      let expected = Double(x.values[i]) - Foundation.log(exact)
      #expect(abs(Double(found[i]) - expected) <= 1.5e-6)
    }
    let mean = try evaluate([x]) { try $0[0].mean() }[0].values[0]
    #expect(abs(Double(mean) - x.values.reduce(0.0) { $0 + Double($1) } / 50_000) <= 1e-8)
  }

  @Test func batchNormNormalisesOverTheWholeBatchHoweverManyShards() throws {
    let x = noise([37, 2, 3, 3], seed: 8)
    let p = norm(2)
    p[0].assign(Tensor([2], [1, 1]))
    p[1].assign(Tensor([2], [0, 0]))
    p[2].assign(Tensor([2]))
    p[3].assign(Tensor([2], [1, 1]))
    let output = try evaluate([x], training: true, threads: 2) {
      try batchNorm2d($0[0], weight: p[0], bias: p[1], statistics: BatchNormStatistics(mean: p[2], variance: p[3]))
    }
    for channel in 0..<2 {
      let raw = (0..<37).flatMap { image in x[image].values[channel * 9..<(channel + 1) * 9].map(Double.init) }
      let mean = raw.reduce(0, +) / Double(raw.count)
      let variance = raw.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(raw.count)
      let unbiased = variance * Double(raw.count) / Double(raw.count - 1)
      let found = output.flatMap { $0.values[channel * 9..<(channel + 1) * 9].map(Double.init) }
      let expected = raw.map { ($0 - mean) / (variance + 1e-5).squareRoot() }
      #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-5 })
      #expect(abs(Double(p[2].tensor.values[channel]) - 0.1 * mean) < 1e-6)
      #expect(abs(Double(p[3].tensor.values[channel]) - (0.9 + 0.1 * unbiased)) < 1e-6)
    }
  }
}
