// Every operation, with inputs that suit its check.

import Tensors

extension GradientCheck {
  /// A check of each differentiable operation.
  public static var catalog: [GradientCheck] {
    moving + arithmetic + reductions + elementwise + convolutions + pooling + normalization + losses
  }

  private static func parameter(_ name: String, _ shape: Shape, _ seed: UInt64) -> Parameter {
    Parameter(name, noise(shape, seed: seed))
  }

  /// At least 1/4 from zero, on both sides: clear of a kink there.
  private static func clear(_ shape: Shape, seed: UInt64) -> Tensor {
    Tensor(shape, noise(shape, seed: seed).values.map { $0 < 0 ? $0 - 0.25 : $0 + 0.25 })
  }

  private static func positive(_ shape: Shape, seed: UInt64) -> Tensor {
    Tensor(shape, noise(shape, seed: seed).values.map { abs($0) + 0.5 })
  }

  /// All different by at least 1/8: no window has two largest.
  private static func distinct(_ shape: Shape, seed: UInt64) -> Tensor {
    Tensor(shape, RandomStream(seed: seed, purpose: .shuffle).permutation(shape.count).map { Float($0) / 8 })
  }

  private static func unary(
    _ name: String, _ input: Tensor, step: Float = 0.5, tolerance: Float = 2e-3,
    _ build: @escaping (Variable) throws -> Variable
  ) -> GradientCheck {
    GradientCheck(name, inputs: [input], step: step, tolerance: tolerance) { x, _ in try build(x[0]) }
  }

  /// A step for curved functions: the difference's error is about step² / 6 of the third derivative.
  private static let fine: Float = 0.015625

  private static var moving: [GradientCheck] {
    let image = noise([2, 2, 4, 6], seed: 1)
    let padding = Padding2d(top: 1, bottom: 0, left: 2, right: 3)
    return [
      unary("pad2d", image) { try $0.pad2d(padding) }, unary("unpad2d", image) { try $0.unpad2d(padding) },
      unary("reshape", image) { try $0.reshaped([4, 12]) },
      unary("transpose", image) { try $0.transposed([2, 0, 1]) },
      unary("swap_axes", image) { try $0.swappingAxes(0, 2) }, unary("blocks", image) { try $0.blocks(2) },
      unary("slice", image) { try $0.sliced(axis: 2, 1..<6, step: 2) },
      unary("broadcast", noise([2, 3, 1], seed: 1)) { try $0.broadcast(to: [4, 3, 5]) },
      GradientCheck("concatenate", inputs: [noise([2, 3, 2], seed: 1), noise([2, 3, 4], seed: 2)]) { x, _ in
        try concatenate(x, axis: 1)
      },
      GradientCheck("stack", inputs: [noise([2, 3, 2], seed: 1), noise([2, 3, 2], seed: 2)]) { x, _ in
        try stack(x, axis: 1)
      },
      GradientCheck("shared", inputs: [noise([3, 4], seed: 1)], parameters: [parameter("p", [4], 2)]) { x, p in
        try x[0].adding(x[0].tape.shared(p[0]))
      },
    ]
  }

  private static var arithmetic: [GradientCheck] {
    let (a, b) = (noise([2, 3, 1, 4], seed: 1), noise([2, 5, 1], seed: 2))
    return [
      GradientCheck("add", inputs: [a, b]) { x, _ in try x[0].adding(x[1]) },
      GradientCheck("subtract", inputs: [a, b]) { x, _ in try x[0].subtracting(x[1]) },
      GradientCheck("multiply", inputs: [a, b]) { x, _ in try x[0].multiplied(by: x[1]) },
      GradientCheck("divide", inputs: [a, positive([2, 5, 1], seed: 2)], step: fine, tolerance: 1e-2) { x, _ in
        try x[0].divided(by: x[1])
      },
      GradientCheck("matmul", inputs: [noise([2, 3, 4], seed: 1), noise([2, 4, 2], seed: 2)]) { x, _ in
        try matmul(x[0], x[1])
      },
    ]
  }

  private static var reductions: [GradientCheck] {
    let image = noise([2, 3, 4, 2], seed: 1)
    return [
      unary("sum", image) { try $0.sum([0, 2]) }, unary("mean", image) { try $0.mean([1], keepDimensions: true) },
      unary("max", distinct([2, 3, 4, 2], seed: 1), step: fine) { try $0.max([1]) },
      unary("variance", image) { try $0.variance([0, 1]) },
    ]
  }

  private static var elementwise: [GradientCheck] {
    let x = clear([2, 3, 5], seed: 1)
    return [
      unary("negate", x) { negate($0) }, unary("relu", x, step: 0.125) { relu($0) },
      unary("leaky_relu", x, step: 0.125) { leakyReLU($0, slope: 0.2) },
      unary("elu", x, step: fine, tolerance: 5e-3) { elu($0) },
      unary("exp", x, step: fine, tolerance: 5e-3) { exp($0) },
      unary("log", positive([2, 9], seed: 1), step: fine, tolerance: 5e-3) { log($0) },
      unary("power", positive([2, 9], seed: 1), step: fine, tolerance: 5e-3) { power($0, 2.5) },
      unary("sigmoid", x, step: 0.0625, tolerance: 5e-3) { sigmoid($0) },
      unary("tanh", x, step: 0.03125, tolerance: 5e-3) { tanh($0) },
      unary("silu", x, step: 0.0625, tolerance: 5e-3) { silu($0) },
      unary("mish", x, step: 0.03125, tolerance: 5e-3) { mish($0) },
      unary("softplus", x, step: 0.0625, tolerance: 5e-3) { softplus($0, beta: 2) },
      unary("relu6", x, step: 0.125) { relu6($0) },
      unary("hardswish", x, step: 0.0625, tolerance: 5e-3) { hardswish($0) },
      GradientCheck("prelu", inputs: [x], parameters: [parameter("weight", [3], 2)], step: 0.125) { x, p in
        try prelu(x[0], weight: p[0])
      },
      unary("gelu", x, step: 0.03125, tolerance: 5e-3) { gelu($0) },
      unary("gelu tanh", x, step: 0.03125, tolerance: 5e-3) { gelu($0, form: .tanh) },
      unary("softmax", x, step: 0.0625, tolerance: 1e-2) { try softmax($0, axis: 1) },
      unary("log_softmax", x, step: 0.0625, tolerance: 5e-3) { try logSoftmax($0, axis: 0) },
      unary("dropout", noise([17, 6], seed: 1)) { try dropout($0, probability: 0.5, stream: 1) },
      unary("dropout2d", noise([3, 4, 2, 2], seed: 1)) { try dropout2d($0, probability: 0.5, stream: 1) },
    ]
  }

  private static var convolutions: [GradientCheck] {
    let options = Conv2dOptions(
      stride: Size2d(2, 1), padding: Padding2d(top: 1, bottom: 0, left: 2, right: 3), dilation: Size2d(1, 2), groups: 2)
    return [
      GradientCheck(
        "conv2d", inputs: [noise([3, 4, 6, 5], seed: 1)],
        parameters: [parameter("weight", [6, 2, 3, 2], 2), parameter("bias", [6], 3)]
      ) { x, p in try conv2d(x[0], weight: p[0], bias: p[1], options: options) },
      GradientCheck(
        "conv_transpose2d", inputs: [noise([2, 4, 3, 4], seed: 1)],
        parameters: [parameter("weight", [4, 2, 3, 2], 2), parameter("bias", [4], 3)]
      ) { x, p in
        try convTranspose2d(
          x[0], weight: p[0], bias: p[1],
          options: Conv2dOptions(stride: Size2d(2), padding: Padding2d(1), groups: 2), outputPadding: Size2d(1, 0))
      },
      GradientCheck(
        "linear", inputs: [noise([18, 5], seed: 1)],
        parameters: [parameter("weight", [7, 5], 2), parameter("bias", [7], 3)]
      ) { x, p in try linear(x[0], weight: p[0], bias: p[1]) },
      GradientCheck(
        "linear last axis", inputs: [noise([18, 2, 3, 5], seed: 1)],
        parameters: [parameter("weight", [7, 5], 2), parameter("bias", [7], 3)]
      ) { x, p in try linear(x[0], weight: p[0], bias: p[1]) },
      unary("pad2d reflect", noise([2, 2, 4, 3], seed: 1)) {
        try $0.pad2d(Padding2d(top: 1, bottom: 3, left: 2, right: 0), mode: .reflect)
      },
      unary("upsample", noise([2, 2, 4, 3], seed: 1)) { try upsample($0, factor: Size2d(2, 3), mode: .bilinear) },
    ]
  }

  private static var pooling: [GradientCheck] {
    let options = Pool2dOptions(kernel: Size2d(3, 2), stride: Size2d(2, 1), padding: Size2d(1), ceilMode: true)
    return [
      unary("max_pool2d", distinct([2, 2, 5, 4], seed: 1), step: 0.03125) { try maxPool2d($0, options: options) },
      unary("max_pool2d dilation", distinct([2, 2, 5, 6], seed: 1), step: 0.03125) {
        try maxPool2d($0, options: Pool2dOptions(kernel: Size2d(2), stride: Size2d(1), dilation: Size2d(2)))
      },
      unary("adaptive_max_pool2d", distinct([2, 2, 5, 4], seed: 1), step: 0.03125) {
        try adaptiveMaxPool2d($0, size: Size2d(3, 2))
      },
      unary("avg_pool2d", noise([2, 2, 5, 4], seed: 1)) { try averagePool2d($0, options: options) },
      unary("adaptive_avg_pool2d", noise([2, 2, 5, 4], seed: 1)) {
        try adaptiveAveragePool2d($0, size: Size2d(3, 2))
      },
    ]
  }

  private static var normalization: [GradientCheck] {
    func affine(_ shape: Shape) -> [Parameter] { [parameter("weight", shape, 2), parameter("bias", shape, 3)] }
    return [
      GradientCheck(
        "batch_norm2d", inputs: [noise([19, 2, 1, 3], seed: 1)],
        parameters: affine([2]) + [
          Parameter("mean", Tensor([2]), isTrainable: false),
          Parameter("variance", Tensor([2], repeating: 1), isTrainable: false),
        ], step: 0.03125, tolerance: 2e-2
      ) { x, p in
        try batchNorm2d(
          x[0], weight: p[0], bias: p[1], statistics: BatchNormStatistics(mean: p[2], variance: p[3]))
      },
      GradientCheck(
        "layer_norm", inputs: [noise([2, 2, 3, 2], seed: 1)], parameters: affine([2, 3, 2]), step: fine, tolerance: 1e-2
      ) { x, p in try layerNorm(x[0], weight: p[0], bias: p[1]) },
      GradientCheck(
        "layer_norm last axis", inputs: [noise([2, 4, 3, 5], seed: 1)], parameters: affine([5]), step: fine,
        tolerance: 1e-2
      ) { x, p in try layerNorm(x[0], axes: 1, weight: p[0], bias: p[1]) },
      GradientCheck(
        "group_norm", inputs: [noise([2, 4, 3, 2], seed: 1)], parameters: affine([4]), step: fine, tolerance: 1e-2
      ) { x, p in try groupNorm(x[0], groups: 2, weight: p[0], bias: p[1]) },
    ]
  }

  private static var losses: [GradientCheck] {
    /// The class 2 for every image: a linear layer of zeros whose bias is the label.
    func label(_ x: Variable) throws -> Variable {
      let zeros = Parameter("zeros", Tensor([1, x.shape.count]), isTrainable: false)
      return try linear(x, weight: zeros, bias: Parameter("two", Tensor([1], [2]), isTrainable: false))
    }
    let (x, target) = (noise([4, 5], seed: 1), noise([4, 5], seed: 2))
    return [
      unary("cross_entropy", x, step: 0.0625, tolerance: 5e-3) {
        try crossEntropy($0, labels: label($0), smoothing: 0.1)
      },
      unary("cross_entropy weight", x, step: 0.0625, tolerance: 5e-3) {
        try crossEntropy($0, labels: label($0), smoothing: 0.1, weights: [1, 2, 3, 0.5, 0.25])
      },
      unary("nll_loss weight", x) {
        try negativeLogLikelihood($0, labels: label($0), weights: [1, 2, 3, 0.5, 0.25])
      },
      GradientCheck("l1_loss", inputs: [Tensor([1, 4], [1, -1, 0.25, 0.125]), Tensor([1, 4])], step: 0.03125) { x, _ in
        try l1Loss(x[0], target: x[1])
      },
      GradientCheck(
        "smooth_l1_loss", inputs: [Tensor([1, 4], [1, -1, 0.25, 0.125]), Tensor([1, 4])], step: 0.03125
      ) { x, _ in try smoothL1Loss(x[0], target: x[1], beta: 0.5) },
      unary("nll_loss", x) { try negativeLogLikelihood($0, labels: label($0)) },
      GradientCheck("mse_loss", inputs: [x, target]) { x, _ in try meanSquaredError(x[0], target: x[1]) },
      GradientCheck("bce_with_logits_loss", inputs: [x, target], step: 0.0625, tolerance: 5e-3) { x, _ in
        try binaryCrossEntropy(logits: x[0], target: x[1])
      },
      // Differences on both sides of δ = 1/2, none within a step of it.
      GradientCheck(
        "huber_loss", inputs: [Tensor([1, 4], [1, -1, 0.25, 0.125]), Tensor([1, 4])], step: 0.03125
      ) { x, _ in try huberLoss(x[0], target: x[1], delta: 0.5) },
    ]
  }
}
