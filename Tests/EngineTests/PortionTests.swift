// Threads that share out the work on one shard compute what one alone computes, to the last bit.

import Kernels
import Layers
import Tensors
import Testing
import Workers

@testable import Autograd

@Suite struct PortionTests {
  /// An operation under test, and the shape that it is used on.
  fileprivate struct Case: CustomTestStringConvertible {
    let testDescription: String
    let layer: any LayerConfiguration
    var input: Shape = [32, 22, 22]
  }

  private static func conv(
    _ name: String, _ channels: Int, _ kernel: Int, _ input: Shape = [32, 22, 22],
    _ options: Conv2dOptions = Conv2dOptions()
  ) -> Case {
    Case(
      testDescription: name,
      layer: Conv2d.Configuration(outChannels: channels, kernelSize: Size2d(kernel), options: options), input: input)
  }

  fileprivate static let cases: [Case] = [
    conv("direct", 6, 5, [3, 23, 22], Conv2dOptions(padding: Padding2d(2))),
    conv("3x3 by transforms, padded", 24, 3, [16, 23, 21], Conv2dOptions(padding: Padding2d(1))),
    conv("5x5 by transforms, planes a power of two apart", 16, 5, [16, 16, 16], Conv2dOptions(padding: Padding2d(2))),
    conv("7x7 by transforms", 17, 7, [16, 19, 19], Conv2dOptions(padding: Padding2d(3))),
    conv("8x8 in parts", 17, 8, [16, 20, 20], Conv2dOptions(padding: Padding2d(3))),
    conv("dilated", 16, 3, [16, 23, 22], Conv2dOptions(padding: Padding2d(2), dilation: Size2d(2))),
    conv("strided", 20, 3, [16, 23, 22], Conv2dOptions(stride: Size2d(2), padding: Padding2d(1))),
    conv("stride beyond the kernel", 60, 1, [32, 23, 22], Conv2dOptions(stride: Size2d(2))),
    conv("grouped", 32, 3, [32, 16, 16], Conv2dOptions(padding: Padding2d(1), groups: 4)),
    conv("depthwise", 32, 3, [32, 22, 22], Conv2dOptions(padding: Padding2d(1), groups: 32)),
    conv("1x1", 40, 1),
    conv("small planes", 40, 3, [48, 5, 5], Conv2dOptions(padding: Padding2d(1))),
    Case(
      testDescription: "transposed",
      layer: ConvTranspose2d.Configuration(
        outChannels: 16, kernelSize: Size2d(4), options: Conv2dOptions(stride: Size2d(2), padding: Padding2d(1))),
      input: [16, 11, 11]),
    Case(testDescription: "linear", layer: Linear.Configuration(outFeatures: 70), input: [1, 1, 1175]),
    Case(testDescription: "batch norm", layer: BatchNorm2d.Configuration()),
    Case(testDescription: "relu", layer: ReLU.Configuration()),
    Case(testDescription: "gelu", layer: Activation.Configuration(function: .gelu(.exact))),
    Case(testDescription: "tanh", layer: Activation.Configuration(function: .tanh)),
    Case(
      testDescription: "max pooling",
      layer: MaxPool2d.Configuration(options: Pool2dOptions(kernel: Size2d(3), stride: Size2d(2)))),
    Case(
      testDescription: "average pooling",
      layer: AveragePool2d.Configuration(options: Pool2dOptions(kernel: Size2d(2), stride: Size2d(2)))),
    Case(testDescription: "sum", layer: Residual.Configuration(layers: [ReLU.Configuration()])),
  ]

  /// One step; the loss, what leaves the operation, and all gradients: its own, and that of a layer before it, which is its
  /// input's.
  private func step(_ test: Case, images: Int, threads: Int) throws -> [[Float]] {
    let first = Conv2d.Configuration(outChannels: test.input[0], kernelSize: Size2d(1))
    let model = try Sequential(
      [first, test.layer, Flatten.Configuration(), Linear.Configuration(outFeatures: 4)],
      input: [2, test.input[1], test.input[2]], seed: 3)
    let tape = Tape()
    var values = [tape.input(model.input)]
    for layer in model.layers { values.append(try layer.forward(values[values.count - 1])) }
    let loss = try crossEntropy(values[values.count - 1], labels: tape.input([]))
    let executor = Executor(
      tape, loss: loss, metrics: [loss], capacity: images, pool: WorkerPool(threads: threads))
    #expect(executor.plan.nodes.dropFirst().dropLast(2).contains { $0.operation.portions > 1 })
    let batch = TensorBatch([
      noise(Shape([images] + model.input.dimensions), seed: 6), Tensor([images], (0..<images).map { Float($0 % 4) }),
    ])
    let losses = executor.step(batch, context: StepContext(isTraining: true, seed: 1, step: 1))
    return [losses.map(Float.init), executor.tensor(of: values[2], image: images - 1).values]
      + model.parameters.filter(\.isTrainable).map(\.gradientTensor.values) + model.parameters.map(\.tensor.values)
  }

  @Test(arguments: cases)
  fileprivate func portionsOfAShardAddUpToItsBits(test: Case) throws {
    for images in [3, 20] {
      let alone = try step(test, images: images, threads: 1)
      #expect(alone.dropFirst(2).contains { $0.contains { $0 != 0 } })
      for threads in [2, 5, 16] {
        let together = try step(test, images: images, threads: threads)
        #expect(together == alone, "\(images) images, \(threads) threads")
      }
    }
  }

  @Test func rangesOfPortionsCoverAllOnce() {
    for (things, unit, count) in [(0, 1, 3), (1, 1, 4), (7, 1, 3), (22, 4, 5), (23, 8, 2), (5, 8, 3)] {
      let ranges = (0..<count).map { Portion(index: $0, count: count).range(of: things, unit: unit) }
      #expect(ranges.flatMap { Array($0) } == Array(0..<things))
      #expect(ranges.allSatisfy { $0.lowerBound % unit == 0 || $0.isEmpty })
    }
  }
}
