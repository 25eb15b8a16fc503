// The fast kernels against plain loops, on thousands of random shapes of whole numbers, where every sum is exact.

import Autograd
import Tensors
import Testing

@Suite struct OracleTests {
  /// Draws small whole numbers, one after the other, from a seed.
  struct Dice {
    let stream: RandomStream
    var drawn = 0
    init(_ seed: Int) { stream = RandomStream(seed: UInt64(seed), purpose: .split) }

    mutating func draw(_ range: ClosedRange<Int>) -> Int {
      drawn += 1
      return range.lowerBound + Int(stream.uniform(drawn) * Float(range.count))
    }

    mutating func size(_ range: ClosedRange<Int>) -> Size2d { Size2d(draw(range), draw(range)) }

    mutating func tensor(_ shape: Shape) -> Tensor { Tensor(shape, (0..<shape.count).map { _ in Float(draw(-4...4)) }) }

    /// Mostly one or two, sometimes more than a shard's sixteen.
    mutating func images() -> Int { draw(0...15) == 0 ? draw(17...19) : draw(1...2) }

    mutating func convolution() -> (options: Conv2dOptions, inChannels: Int, outChannels: Int, kernel: Size2d) {
      let groups = draw(1...3)
      let options = Conv2dOptions(
        stride: size(1...3),
        padding: Padding2d(top: draw(0...3), bottom: draw(0...3), left: draw(0...3), right: draw(0...3)),
        dilation: size(1...2), groups: groups)
      return (options, groups * draw(1...3), groups * draw(1...7), size(1...4))
    }
  }

  private func batch(_ images: Int, _ shape: Shape) -> Shape { Shape([images] + shape.dimensions) }

  @Test(arguments: 0..<10)
  func convolutionAndItsGradientsAreExact(seed: Int) throws {
    var dice = Dice(1000 + seed)
    var cases = 0
    while cases < 300 {
      let (options, inChannels, outChannels, kernel) = dice.convolution()
      let input: Shape = [inChannels, dice.draw(1...8), dice.draw(1...16)]
      guard (try? options.outputShape(input: input, outChannels: outChannels, kernel: kernel)) != nil else { continue }
      cases += 1
      try expectExactConvolution(&dice, input, outChannels: outChannels, kernel: kernel, options)
    }
  }

  /// Kernels of three, five and seven taps an axis over many channels take Winograd's way, forward, backward or both.
  @Test(arguments: 0..<4)
  func shortKernelsOverManyChannelsAreExact(seed: Int) throws {
    var dice = Dice(5000 + seed)
    for number in 0..<8 {
      // One is wide enough for several groups of tiles; one has groups of channels; two have taps that lie apart.
      let (isWide, groups) = (number == 0, number == 1 ? 2 : 1)
      let dilation = number == 2 ? Size2d(2, 2) : number == 3 ? Size2d(dice.draw(1...3), dice.draw(1...3)) : Size2d(1)
      let padding = Padding2d(
        top: dice.draw(0...3), bottom: dice.draw(0...2), left: dice.draw(0...3), right: dice.draw(0...2))
      let options = Conv2dOptions(padding: padding, dilation: dilation, groups: groups)
      let (inChannels, outChannels) = (groups * dice.draw(16...18), groups * dice.draw(16...18))
      let kernel = Size2d(2 * dice.draw(1...3) + 1, 2 * dice.draw(1...3) + 1)
      let reach = Size2d(dilation.height * (kernel.height - 1) + 1, dilation.width * (kernel.width - 1) + 1)
      let height = isWide ? kernel.height + dice.draw(0...1) : reach.height + dice.draw(1...8 * dilation.height)
      let width = isWide ? dice.draw(26...30) : reach.width + dice.draw(1...8 * dilation.width)
      try expectExactConvolution(
        &dice, [inChannels, height, width], outChannels: outChannels, kernel: kernel, options)
    }
  }

  /// Larger kernels over many channels are sums of such.
  @Test(arguments: [(4, 4), (6, 3), (8, 7), (8, 5), (9, 10), (11, 6), (7, 2)])
  func largeKernelsOverManyChannelsAreExact(height: Int, width: Int) throws {
    var dice = Dice(100 * height + width)
    for dilation in height == 4 ? [1, 2] : [1] {
      let options = Conv2dOptions(
        padding: Padding2d(top: height / 2, bottom: dice.draw(0...2), left: dice.draw(0...2), right: width / 2),
        dilation: Size2d(dilation))
      let input: Shape = [
        dice.draw(16...18), dilation * (height - 1) + 1 + dice.draw(5...9),
        dilation * (width - 1) + 1 + dice.draw(5...9),
      ]
      try expectExactConvolution(
        &dice, input, outChannels: dice.draw(16...18), kernel: Size2d(height, width), options)
    }
  }

  private func expectExactConvolution(
    _ dice: inout Dice, _ input: Shape, outChannels: Int, kernel: Size2d, _ options: Conv2dOptions
  ) throws {
    let inChannels = input[0]
    let output = try options.outputShape(input: input, outChannels: outChannels, kernel: kernel)
    let x = dice.tensor(batch(dice.images(), input))
    let weight = dice.tensor([outChannels, inChannels / options.groups, kernel.height, kernel.width])
    let bias = dice.tensor([outChannels])
    let dy = dice.tensor(output)
    let found = try outcome(x, [Parameter("w", weight), Parameter("b", bias)], dy: dy) {
      try conv2d($0, weight: $1[0], bias: $1[1], options: options)
    }
    let plain = PlainConvolution(
      x: x.shape, weight: weight.shape, y: batch(x.shape[0], output), options: options)
    let plane = output[1] * output[2]
    let (products, dx, dw) = plain.run(x: x, weight: weight, dy: dy)
    let y = products.enumerated().map { $1 + bias.values[$0 / plane % outChannels] }
    let db = (0..<outChannels).map { channel in
      Float(x.shape[0]) * dy.values[channel * plane..<(channel + 1) * plane].reduce(0, +)
    }
    try #require(found.output == y, "\(x.shape), \(weight.shape), \(options)")
    try #require(found.inputGradient == dx, "\(x.shape), \(weight.shape), \(options)")
    try #require(found.parameterGradients == [dw, db], "\(x.shape), \(weight.shape), \(options)")
  }

  @Test(arguments: 0..<4)
  func transposedConvolutionAndItsGradientsAreExact(seed: Int) throws {
    var dice = Dice(2000 + seed)
    var cases = 0
    while cases < 250 {
      // From y back to x: the convolution that the transposed one undoes.
      let (options, outChannels, inChannels, kernel) = dice.convolution()
      let extra = dice.size(0...1)
      let input: Shape = [inChannels, dice.draw(1...6), dice.draw(1...8)]
      let weight = dice.tensor([inChannels, outChannels / options.groups, kernel.height, kernel.width])
      let tape = Tape()
      guard
        let output = try? convTranspose2d(
          tape.input(input), weight: Parameter("w", weight), options: options, outputPadding: extra
        ).shape
      else { continue }
      cases += 1
      let x = dice.tensor(batch(dice.images(), input))
      let dy = dice.tensor(output)
      let found = try outcome(x, [Parameter("w", weight)], dy: dy) {
        try convTranspose2d($0, weight: $1[0], options: options, outputPadding: extra)
      }
      let plain = PlainConvolution(x: batch(x.shape[0], output), weight: weight.shape, y: x.shape, options: options)
      var y = [Float](repeating: 0, count: plain.x.count)
      var dx = [Float](repeating: 0, count: x.shape.count)
      var dw = [Float](repeating: 0, count: weight.shape.count)
      plain.forEachProduct { to, tap, from in
        y[to] += weight.values[tap] * x.values[from]
        dx[from] += weight.values[tap] * dy.values[to % dy.shape.count]
        dw[tap] += x.values[from] * dy.values[to % dy.shape.count]
      }
      try #require(found.output == y, "\(x.shape), \(weight.shape), \(options), \(extra)")
      try #require(found.inputGradient == dx, "\(x.shape), \(weight.shape), \(options), \(extra)")
      try #require(found.parameterGradients == [dw], "\(x.shape), \(weight.shape), \(options), \(extra)")
    }
  }

  @Test(arguments: 0..<4)
  func poolingAndItsGradientsAreExact(seed: Int) throws {
    var dice = Dice(3000 + seed)
    var cases = 0
    while cases < 300 {
      let options = Pool2dOptions(
        kernel: dice.size(1...4), stride: dice.size(1...4), padding: dice.size(0...2), ceilMode: dice.draw(0...1) == 1)
      let input: Shape = [dice.draw(1...3), dice.draw(1...9), dice.draw(1...12)]
      guard let output = try? options.outputShape("max_pool2d", input: input) else { continue }
      cases += 1
      let x = dice.tensor(batch(dice.images(), input))
      let dy = dice.tensor(output)
      let plain = PlainPool(x: x.shape, y: batch(x.shape[0], output), options: options)
      let windows = (0..<plain.y.count).map(plain.window)

      // Of equals the first one gets the gradient.
      let winners = windows.map { window in
        window.elements.reduce(window.elements[0]) { x.values[$1] > x.values[$0] ? $1 : $0 }
      }
      var dx = [Float](repeating: 0, count: x.shape.count)
      for (place, winner) in winners.enumerated() { dx[winner] += dy.values[place % dy.shape.count] }
      let found = try outcome(x, [], dy: dy) { input, _ in try maxPool2d(input, options: options) }
      try #require(found.output == winners.map { x.values[$0] }, "\(x.shape), \(options)")
      try #require(found.inputGradient == dx, "\(x.shape), \(options)")

      for countsPadding in [true, false] {
        let means = try outcome(x, [], dy: dy) { input, _ in
          try averagePool2d(input, options: options, countIncludesPadding: countsPadding)
        }
        dx = [Float](repeating: 0, count: x.shape.count)
        for (place, window) in windows.enumerated() {
          let count = Float(countsPadding ? window.padded : window.elements.count)
          let mean = window.elements.reduce(Float(0)) { $0 + x.values[$1] } / count
          try #require(abs(means.output[place] - mean) <= 1e-6 * max(1, abs(mean)), "\(x.shape), \(options)")
          for element in window.elements { dx[element] += dy.values[place % dy.shape.count] / count }
        }
        for (a, b) in zip(means.inputGradient, dx) {
          try #require(abs(a - b) <= 2e-6 * max(1, abs(b)), "\(x.shape), \(options)")
        }
      }
    }
  }

  @Test(arguments: 0..<2)
  func linearAndItsGradientsAreExact(seed: Int) throws {
    var dice = Dice(4000 + seed)
    for _ in 0..<400 {
      let (images, inFeatures, outFeatures) = (
        dice.draw(0...3) == 0 ? 35 : dice.images(), dice.draw(1...40), dice.draw(1...20)
      )
      let x = dice.tensor([images, inFeatures])
      let weight = dice.tensor([outFeatures, inFeatures])
      let bias = dice.tensor([outFeatures])
      let dy = dice.tensor([outFeatures])
      let found = try outcome(x, [Parameter("w", weight), Parameter("b", bias)], dy: dy) {
        try linear($0, weight: $1[0], bias: $1[1])
      }
      var y: [Float] = []
      var dx = [Float](repeating: 0, count: x.shape.count)
      var dw = [Float](repeating: 0, count: weight.shape.count)
      for image in 0..<images {
        for o in 0..<outFeatures {
          var sum = bias.values[o]
          for i in 0..<inFeatures {
            sum += weight.values[o * inFeatures + i] * x.values[image * inFeatures + i]
            dx[image * inFeatures + i] += weight.values[o * inFeatures + i] * dy.values[o]
            dw[o * inFeatures + i] += x.values[image * inFeatures + i] * dy.values[o]
          }
          y.append(sum)
        }
      }
      let db = dy.values.map { $0 * Float(images) }
      try #require(found.output == y, "\(images) images, \(inFeatures) → \(outFeatures)")
      try #require(found.inputGradient == dx, "\(images) images, \(inFeatures) → \(outFeatures)")
      try #require(found.parameterGradients == [dw, db], "\(images) images, \(inFeatures) → \(outFeatures)")
    }
  }
}
