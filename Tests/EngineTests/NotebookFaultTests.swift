// Each fault of the NumPy notebook engine that this one descends from, as a test that none of them came along.

import Autograd
import Tensors
import Testing

@Suite struct NotebookFaultTests {
  private func convolution(
    images: Int, channels: Int = 2, size: (Int, Int) = (5, 6), outChannels: Int, kernel: (Int, Int),
    options: Conv2dOptions = Conv2dOptions(), seed: UInt64 = 1
  ) throws -> Outcome {
    let x = whole([images, channels, size.0, size.1], seed: seed)
    let weight = Parameter("w", whole([outChannels, channels, kernel.0, kernel.1], seed: 2))
    let output = try options.outputShape(
      input: [channels, size.0, size.1], outChannels: outChannels, kernel: Size2d(kernel.0, kernel.1))
    return try outcome(x, [weight], dy: whole(output, seed: 3)) { try conv2d($0, weight: $1[0], options: options) }
  }

  /// The notebook's kernel gradient broke for more than one image, and was silently wrong when there were as many
  /// images as output channels.
  @Test(arguments: [1, 2, 3, 4])
  func theKernelGradientOfABatchIsTheSumOverItsImages(images: Int) throws {
    let (channels, outChannels) = (2, 3)
    let x = whole([images, channels, 5, 6], seed: 1)
    let weight = Parameter("w", whole([outChannels, channels, 3, 3], seed: 2))
    let dy = whole([outChannels, 3, 4], seed: 3)
    func gradient(_ x: Tensor) throws -> [Float] {
      try outcome(x, [weight], dy: dy) { try conv2d($0, weight: $1[0]) }.parameterGradients[0]
    }
    var sum = [Float](repeating: 0, count: weight.count)
    for image in 0..<images {
      let single = try gradient(Tensor([1, channels, 5, 6], x[image].values))
      for index in sum.indices { sum[index] += single[index] }
    }
    #expect(try gradient(x) == sum)
    #expect(sum.contains { $0 != 0 })
  }

  /// Only stride 1 and odd kernels worked, padding was refused for 1×1, and p > k − 1 broke the backward pass.
  @Test(
    arguments: [
      ((3, 3), Conv2dOptions(stride: Size2d(2))), ((2, 2), Conv2dOptions()),
      ((4, 2), Conv2dOptions(stride: Size2d(3, 2))),
      ((1, 1), Conv2dOptions(padding: Padding2d(2))), ((2, 3), Conv2dOptions(padding: Padding2d(5))),
    ] as [((Int, Int), Conv2dOptions)])
  func everyStrideKernelAndPaddingHasItsGradients(kernel: (Int, Int), options: Conv2dOptions) throws {
    let found = try convolution(images: 2, outChannels: 3, kernel: kernel, options: options)
    let x = whole([2, 2, 5, 6], seed: 1)
    let weight = whole([3, 2, kernel.0, kernel.1], seed: 2)
    let output = try options.outputShape(input: [2, 5, 6], outChannels: 3, kernel: Size2d(kernel.0, kernel.1))
    let dy = whole(output, seed: 3)
    let plain = PlainConvolution(
      x: x.shape, weight: weight.shape, y: Shape([2] + output.dimensions), options: options)
    let (y, dx, dw) = plain.run(x: x, weight: weight, dy: dy)
    #expect(found.output == y)
    #expect(found.inputGradient == dx)
    #expect(found.parameterGradients == [dw])
  }

  /// Unpadding by zero sliced `[0:-0]`, which is nothing.
  @Test(arguments: [
    Padding2d(0), Padding2d(2), Padding2d(top: 0, bottom: 3, left: 1, right: 0),
    Padding2d(top: 2, bottom: 0, left: 0, right: 0),
  ])
  func unpaddingUndoesPaddingZeroIncluded(padding: Padding2d) throws {
    let x = whole([2, 2, 3, 4], seed: 1)
    let dy = whole([2, 3, 4], seed: 2)
    let found = try outcome(x, [], dy: dy) { x, _ in try x.pad2d(padding).unpad2d(padding) }
    #expect(found.output == x.values)
    #expect(found.inputGradient == dy.values + dy.values)
  }

  /// Max pooling was never finished.
  @Test func maxPoolingHasAnOutputAndAGradient() throws {
    let x = Tensor([1, 1, 2, 4], [1, 5, 2, 2, 3, 4, 0, 9])
    let found = try outcome(x, [], dy: Tensor([1, 1, 2], [10, 20])) { x, _ in
      try maxPool2d(x, options: Pool2dOptions(kernel: Size2d(2)))
    }
    #expect(found.output == [5, 9])
    #expect(found.inputGradient == [0, 10, 0, 0, 0, 0, 0, 20])
  }

  /// A sum over an axis spread its gradient along the wrong one unless it kept its dimensions.
  @Test(arguments: [false, true])
  func aSumOverAnAxisSpreadsItsGradientAlongThatAxis(keepDimensions: Bool) throws {
    let x = Tensor([1, 2, 3], [1, 2, 3, 4, 5, 6])
    let rows = try outcome(x, [], dy: Tensor([2], [10, 20])) { x, _ in
      try x.sum([1], keepDimensions: keepDimensions)
    }
    #expect(rows.output == [6, 15])
    #expect(rows.inputGradient == [10, 10, 10, 20, 20, 20])
    let columns = try outcome(x, [], dy: Tensor([3], [10, 20, 30])) { x, _ in
      try x.sum([0], keepDimensions: keepDimensions)
    }
    #expect(columns.output == [5, 7, 9])
    #expect(columns.inputGradient == [10, 20, 30, 10, 20, 30])
  }

  /// Dropout did not scale what remained.
  @Test func dropoutKeepsTheExpectationOfEachElement() throws {
    let x = Tensor([1, 40_000], repeating: 1)
    let found = try evaluate([x], training: true) { try dropout($0[0], probability: 0.75, stream: 1) }[0].values
    #expect(Set(found) == [0, 4])
    #expect(abs(found.reduce(0, +) / 40_000 - 1) < 0.03)
  }

  /// Softmax took the exponential of the logits as they were.
  @Test func softmaxOfLargeLogitsIsFinite() throws {
    let logits = Tensor([1, 3], [1000, 999, -1000])
    let found = try evaluate([logits]) { try softmax($0[0]) }[0].values
    #expect(abs(found[0] - 0.731_058_6) < 1e-6 && abs(found[1] - 0.268_941_4) < 1e-6 && found[2] == 0)
    let logs = try evaluate([logits]) { try logSoftmax($0[0]) }[0].values
    #expect(abs(logs[0] + 0.313_261_7) < 1e-6 && abs(logs[2] + 2000.313) < 1e-2)
  }

  /// The notebook's forward difference, with its step of 1e-5, drowns in Float32's rounding; the check here does not.
  @Test func theGradientCheckHoldsInSinglePrecision() throws {
    let x = noise([2, 2, 5, 6], seed: 1)
    let weight = Parameter("w", noise([3, 2, 3, 3], seed: 2))
    let check = GradientCheck("conv2d", inputs: [x], parameters: [weight]) { try conv2d($0[0], weight: $1[0]) }
    try check.expectAgreement()

    // The forward difference of the first weight, on a loss of the size that a batch has.
    let dy = Tensor([3, 3, 4], repeating: 1)
    func loss() throws -> Float { try evaluate([x]) { try conv2d($0[0], weight: weight) }[0].values.reduce(100, +) }
    let gradient = try outcome(x, [weight], dy: dy) { try conv2d($0, weight: $1[0]) }.parameterGradients[0][0]
    let before = try loss()
    weight.values[0] += 1e-5
    let difference = (try loss() - before) / 1e-5
    #expect(abs(difference - gradient) > 0.01 * abs(gradient))
  }
}
