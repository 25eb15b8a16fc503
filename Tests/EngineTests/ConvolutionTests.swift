// Convolution against hand-computed values, finite differences, and a loop without any cleverness.

import Autograd
import Tensors
import Testing
import Workers

@Suite struct ConvolutionTests {
  @Test func aVerticalEdgeFilterFindsTheEdge() throws {
    let image = Tensor([1, 1, 3, 4], [0, 0, 9, 9, 0, 0, 9, 9, 0, 0, 9, 9])
    let edge = Parameter("edge", Tensor([1, 1, 3, 3], [1, 0, -1, 1, 0, -1, 1, 0, -1]))
    let output = try evaluate([image]) { try conv2d($0[0], weight: edge) }
    #expect(output[0] == Tensor([1, 1, 2], [-27, -27]))
  }

  @Test func gradientsMatchThoseComputedByHand() throws {
    // x = [1 2 3], w = [a b]: y = [a + 2b, 2a + 3b]; L = y0 + 10·y1.
    let tape = Tape()
    let x = tape.inputWithGradient([1, 1, 3])
    let weight = Parameter("w", Tensor([1, 1, 1, 2], [5, 7]))
    let bias = Parameter("b", Tensor([1], [1]))
    let y = try conv2d(x, weight: weight, bias: bias)
    let sum = Parameter("sum", Tensor([1, 2], [1, 10]), isTrainable: false)
    let loss = try linear(y.flattened, weight: sum)
    let executor = Executor(tape, loss: loss, metrics: [loss], capacity: 1, pool: WorkerPool(threads: 1))
    let value = executor.step(TensorBatch([Tensor([1, 1, 1, 3], [1, 2, 3])]), context: StepContext(isTraining: true))
    #expect(value == [20 + 320])
    #expect(executor.gradient(of: x, image: 0)?.values == [5, 7 + 50, 70])
    #expect(weight.gradientTensor.values == [21, 32])
    #expect(bias.gradientTensor.values == [11])
  }

  struct Geometry: Sendable {
    var images = 2
    var channels = 2
    var size = (5, 6)
    var outChannels = 2
    var kernel = (3, 3)
    var options = Conv2dOptions()
    var bias = true
  }

  static let geometries: [Geometry] = [
    Geometry(),
    Geometry(images: 1, channels: 1, outChannels: 1, kernel: (1, 1)),
    Geometry(options: Conv2dOptions(padding: Padding2d(1))),
    // More padding than the kernel reaches: p > k − 1.
    Geometry(size: (3, 3), kernel: (2, 2), options: Conv2dOptions(padding: Padding2d(3))),
    Geometry(kernel: (2, 4), options: Conv2dOptions(padding: Padding2d(top: 0, bottom: 2, left: 1, right: 0))),
    Geometry(options: Conv2dOptions(stride: Size2d(2)), bias: false),
    Geometry(size: (7, 8), options: Conv2dOptions(stride: Size2d(3, 2), padding: Padding2d(1))),
    Geometry(size: (7, 7), options: Conv2dOptions(padding: Padding2d(2), dilation: Size2d(2))),
    Geometry(
      size: (8, 7), kernel: (2, 3),
      options: Conv2dOptions(stride: Size2d(2, 1), padding: Padding2d(1), dilation: Size2d(3, 2))),
    Geometry(channels: 4, outChannels: 6, options: Conv2dOptions(padding: Padding2d(1), groups: 2)),
    // Depthwise.
    Geometry(channels: 3, outChannels: 3, options: Conv2dOptions(groups: 3)),
    // Batch equal to output channels, where the ancestor was silently wrong.
    Geometry(images: 3, channels: 1, outChannels: 3),
    // More than one shard, the last one short.
    Geometry(images: 18, channels: 1, size: (3, 4), outChannels: 1, kernel: (2, 2)),
    Geometry(size: (1, 9), kernel: (1, 4)),
    Geometry(channels: 1, size: (4, 13), outChannels: 7, kernel: (4, 1)),
  ]

  @Test(arguments: geometries.indices)
  func gradientsMatchFiniteDifferences(index: Int) throws {
    let g = ConvolutionTests.geometries[index]
    let weight = Parameter(
      "weight", noise([g.outChannels, g.channels / g.options.groups, g.kernel.0, g.kernel.1], seed: 2))
    let bias = Parameter("bias", noise([g.outChannels], seed: 3))
    try GradientCheck(
      "case", inputs: [noise([g.images, g.channels, g.size.0, g.size.1], seed: 1)],
      parameters: g.bias ? [weight, bias] : [weight]
    ) { inputs, parameters in
      try conv2d(inputs[0], weight: parameters[0], bias: parameters.count > 1 ? parameters[1] : nil, options: g.options)
    }.expectAgreement()
  }

  @Test func aShapeThatCannotBeNamesTheOperationTheShapesAndTheRule() throws {
    let x = Tape().input([2, 4, 4])
    func message(_ body: () throws -> Void) -> String {
      do { try body() } catch { return "\(error)" }
      return "no error"
    }
    #expect(
      message { _ = try conv2d(x, weight: Parameter("w", Tensor([3, 2, 5, 5]))) }
        == "conv2d of 2×4×4 and 3×5×5: the kernel covers 5×5 but the padded input is only 4×4")
    #expect(
      message { _ = try conv2d(x, weight: Parameter("w", Tensor([3, 1, 3, 3]))) }
        == "conv2d of 2×4×4 and 3×1×3×3: 2 input channels in 1 group(s) need 2 a kernel")
    #expect(
      message { _ = try linear(x, weight: Parameter("w", Tensor([3, 32]))) }
        == "linear of 2×4×4 and 3×32: the weight must be out×4")
  }
}
