// Every operation against PyTorch: outputs, and the gradients of inputs and parameters.

import Autograd
import Tensors
import Testing

@Suite struct GoldenTests {
  private func convolutionOptions(_ c: GoldenCase) -> Conv2dOptions {
    let (s, p, d) = (c.stride ?? [1, 1], c.padding ?? [0, 0, 0, 0], c.dilation ?? [1, 1])
    return Conv2dOptions(
      stride: Size2d(s[0], s[1]), padding: Padding2d(top: p[0], bottom: p[1], left: p[2], right: p[3]),
      dilation: Size2d(d[0], d[1]), groups: c.groups ?? 1)
  }

  @Test func convolutionAgreesExactly() throws {
    let cases = try GoldenCase.load("conv2d")
    #expect(cases.count >= 300)
    for (index, golden) in cases.enumerated() {
      try golden.check("conv2d \(index)") { x, p, c in
        try conv2d(x[0], weight: p[0], bias: p.count > 1 ? p[1] : nil, options: convolutionOptions(c))
      }
    }
  }

  @Test func transposedConvolutionAgreesExactly() throws {
    for (index, golden) in try GoldenCase.load("conv_transpose2d").enumerated() {
      try golden.check("conv_transpose2d \(index)") { x, p, c in
        let extra = c.outputPadding ?? [0, 0]
        return try convTranspose2d(
          x[0], weight: p[0], bias: p.count > 1 ? p[1] : nil, options: convolutionOptions(c),
          outputPadding: Size2d(extra[0], extra[1]))
      }
    }
  }

  private func poolOptions(_ c: GoldenCase) -> Pool2dOptions {
    func size(_ pair: [Int]?, _ standard: Int) -> Size2d { pair.map { Size2d($0[0], $0[1]) } ?? Size2d(standard) }
    return Pool2dOptions(
      kernel: size(c.kernel, 1), stride: size(c.stride, 1), padding: size(c.padding, 0), dilation: size(c.dilation, 1),
      ceilMode: c.ceilMode ?? false)
  }

  @Test func poolingAgrees() throws {
    let cases = try GoldenCase.load("pools")
    #expect(cases.count >= 60)
    for (index, golden) in cases.enumerated() {
      try golden.check("\(golden.operation) \(index)") { x, _, c in
        switch c.operation {
        case "max_pool2d": try maxPool2d(x[0], options: poolOptions(c))
        case "avg_pool2d":
          try averagePool2d(x[0], options: poolOptions(c), countIncludesPadding: c.countIncludePad ?? true)
        case "adaptive_max_pool2d": try adaptiveMaxPool2d(x[0], size: c.size?.both ?? Size2d(1))
        default: try adaptiveAveragePool2d(x[0], size: c.size?.both ?? Size2d(1))
        }
      }
    }
  }

  @Test func operationsAgree() throws {
    for (index, golden) in try GoldenCase.load("operations").enumerated() {
      try golden.check("\(golden.operation) \(index)", build)
    }
  }

  /// The script's operations in the engine's words.
  private func build(_ x: [Variable], _ p: [Parameter], _ c: GoldenCase) throws -> Variable {
    let a = x[0]
    let keep = c.keep ?? false
    let padding = Padding2d(
      top: c.padding?[0] ?? 0, bottom: c.padding?[1] ?? 0, left: c.padding?[2] ?? 0, right: c.padding?[3] ?? 0)
    switch c.operation {
    case "negate": return negate(try scaled(a, 3))
    case "exp": return exp(try scaled(a, 3))
    case "log": return log(try scaled(a, 3))
    case "power": return power(try scaled(a, 3), c.exponent ?? 1)
    case "sigmoid": return sigmoid(try scaled(a, 3))
    case "tanh": return tanh(try scaled(a, 3))
    case "silu": return silu(try scaled(a, 3))
    case "gelu": return gelu(try scaled(a, 3))
    case "gelu_tanh": return gelu(try scaled(a, 3), form: .tanh)
    case "elu": return elu(try scaled(a, 3), alpha: 1.5)
    case "relu": return relu(try scaled(a, 3))
    case "leaky_relu": return leakyReLU(try scaled(a, 3), slope: 0.2)
    case "add": return try a.adding(x[1])
    case "subtract": return try a.subtracting(x[1])
    case "multiply": return try a.multiplied(by: x[1])
    case "divide": return try a.divided(by: x[1])
    case "matmul": return try matmul(a, x[1])
    case "sum": return try a.sum(c.axes, keepDimensions: keep)
    case "mean": return try a.mean(c.axes, keepDimensions: keep)
    case "max": return try a.max(c.axes, keepDimensions: keep)
    case "variance": return try a.variance(c.axes, correction: c.correction ?? 1, keepDimensions: keep)
    case "pad2d": return try a.pad2d(padding, mode: PaddingMode(rawValue: c.mode ?? "zeros") ?? .zeros)
    case "upsample":
      return try upsample(
        a, factor: c.size?.both ?? Size2d(1), mode: UpsampleMode(rawValue: c.mode ?? "") ?? .nearest, alignCorners: keep
      )
    case "prelu": return try prelu(a, weight: p[0])
    case "mish": return mish(try scaled(a, 3))
    case "relu6": return relu6(try scaled(a, 9))
    case "softplus": return softplus(try scaled(a, 3), beta: 2, threshold: 4)
    case "hardswish": return hardswish(try scaled(a, 6))
    case "unpad2d": return try a.unpad2d(padding)
    case "transpose": return try a.transposed(c.order ?? [])
    case "swap_axes": return try a.swappingAxes(c.axes?[0] ?? 0, c.axes?[1] ?? 0)
    case "blocks": return try a.blocks(c.size?.both.height ?? 1)
    case "slice": return try a.sliced(axis: c.axis ?? 0, (c.range?[0] ?? 0)..<(c.range?[1] ?? 0), step: c.step ?? 1)
    case "concatenate": return try concatenate(x, axis: c.axis ?? 0)
    case "stack": return try stack(x, axis: c.axis ?? 0)
    case "broadcast": return try a.broadcast(to: Shape(c.shapeTo ?? []))
    case "softmax": return try softmax(scaled(a, 3), axis: c.axis ?? 0)
    case "log_softmax": return try logSoftmax(scaled(a, 3), axis: c.axis ?? 0)
    case "linear": return try linear(a, weight: p[0], bias: p[1])
    case "layer_norm":
      return try layerNorm(a, axes: c.axes?.first, weight: p.first, bias: p.count > 1 ? p[1] : nil)
    case "group_norm": return try groupNorm(a, groups: c.groups ?? 1, weight: p[0], bias: p[1])
    case "batch_norm2d":
      return try batchNorm2d(
        a, weight: p[0], bias: p[1],
        statistics: BatchNormStatistics(
          mean: Parameter("mean", Tensor([3]), isTrainable: false),
          variance: Parameter("variance", Tensor([3], repeating: 1), isTrainable: false)))
    case "cross_entropy":
      return try crossEntropy(scaled(a, 5), labels: x[1], smoothing: c.smoothing ?? 0, weights: c.weights)
    case "nll_loss": return try negativeLogLikelihood(a, labels: x[1], weights: c.weights)
    case "mse_loss": return try meanSquaredError(a, target: x[1])
    case "huber_loss": return try huberLoss(a, target: x[1], delta: c.delta ?? 1)
    case "l1_loss": return try l1Loss(a, target: x[1])
    case "smooth_l1_loss": return try smoothL1Loss(a, target: x[1], beta: c.delta ?? 1)
    case "bce_with_logits_loss": return try binaryCrossEntropy(logits: scaled(a, 5), target: x[1])
    default: throw ShapeError(c.operation, [a.shape], rule: "has no translation in this test")
    }
  }

  private func scaled(_ x: Variable, _ factor: Float) throws -> Variable {
    try x.multiplied(by: x.tape.shared(Parameter("factor", Tensor([1], [factor]), isTrainable: false)))
  }
}
