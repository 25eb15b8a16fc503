// Properties that hold whatever the numbers.

import Autograd
import Tensors
import Testing
import Workers

@Suite struct PropertyTests {
  private func dot(_ a: [Float], _ b: [Float]) -> Double { zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) } }

  @Test func convolutionAndItsTransposeAreAdjoint() throws {
    let random = RandomStream(seed: 21, purpose: .split)
    for index in 0..<200 {
      func draw(_ place: Int, _ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(random.uniform(index * 16 + place) * Float(range.count))
      }
      let groups = draw(0, 1...2)
      let (inChannels, outChannels) = (groups * draw(1, 1...3), groups * draw(2, 1...3))
      let kernel = Size2d(draw(3, 1...4), draw(4, 1...4))
      let options = Conv2dOptions(
        stride: Size2d(draw(5, 1...3), draw(6, 1...3)), padding: Padding2d(Size2d(draw(7, 0...2), draw(8, 0...2))),
        dilation: Size2d(draw(9, 1...2)), groups: groups)
      let input: Shape = [inChannels, draw(10, 4...9), draw(11, 4...9)]
      guard let output = try? options.outputShape(input: input, outChannels: outChannels, kernel: kernel) else {
        continue
      }
      let weight = Parameter(
        "w", whole([outChannels, inChannels / groups, kernel.height, kernel.width], seed: UInt64(index)))
      // What the last step of the stride leaves over is the transposed convolution's output padding.
      func rest(_ size: Int, _ out: Int, _ stride: Int, _ padding: Int, _ kernel: Int) -> Int {
        size - ((out - 1) * stride - 2 * padding + options.dilation.height * (kernel - 1) + 1)
      }
      let extra = Size2d(
        rest(input[1], output[1], options.stride.height, options.padding.top, kernel.height),
        rest(input[2], output[2], options.stride.width, options.padding.left, kernel.width))
      let x = whole([1] + input.dimensions, seed: UInt64(1000 + index))
      let y = whole([1] + output.dimensions, seed: UInt64(2000 + index))
      let there = try evaluate([x]) { try conv2d($0[0], weight: weight, options: options) }
      let back = try evaluate([y]) {
        try convTranspose2d($0[0], weight: weight, options: options, outputPadding: extra)
      }
      #expect(dot(there[0].values, y.values) == dot(x.values, back[0].values), "case \(index)")
    }
  }

  private func whole(_ dimensions: [Int], seed: UInt64) -> Tensor { EngineTests.whole(Shape(dimensions), seed: seed) }

  @Test(arguments: [
    Pool2dOptions(kernel: Size2d(2)), Pool2dOptions(kernel: Size2d(3), stride: Size2d(1)),
    Pool2dOptions(kernel: Size2d(3, 2), stride: Size2d(2, 1), padding: Size2d(1), ceilMode: true),
  ])
  func poolingConservesTheGradient(options: Pool2dOptions) throws {
    let pools: [(Variable) throws -> Variable] = [
      { try maxPool2d($0, options: options) },
      { try averagePool2d($0, options: options, countIncludesPadding: false) },
    ]
    for pool in pools {
      let tape = Tape()
      let x = tape.inputWithGradient([2, 7, 8])
      let y = try pool(x)
      let weights = noise(y.shape, seed: 4)
      let executor = Executor(
        tape, loss: weightedSum(y, weights: weights), capacity: 1, pool: WorkerPool(threads: 1))
      executor.step(TensorBatch([whole([1, 2, 7, 8], seed: 3)]), context: StepContext(isTraining: true))
      let arrived = (executor.gradient(of: x, image: 0)?.values ?? []).reduce(0.0) { $0 + Double($1) }
      #expect(abs(arrived - weights.values.reduce(0.0) { $0 + Double($1) }) < 1e-4)
    }
  }
}
