// Two-dimensional convolution as an operation.

import Kernels
import Tensors

/// Slides a bank of kernels over each image (cross-correlation, as everywhere in the field).
///
/// y(o, h, w) = bias(o) + Σ over i, a, b of weight(o, i, a, b) · x(i, h·stride + a·dilation − top,
///                                                                   w·stride + b·dilation − left)
///
/// # Shapes
/// - x: (inChannels, H, W) an image
/// - weight: (outChannels, inChannels / groups, kernelHeight, kernelWidth)
/// - bias: (outChannels)
/// - result: (outChannels, H_out, W_out), see `Conv2dOptions.outputShape`
///
/// Gradients: Dumoulin and Visin, "A guide to convolution arithmetic for deep learning" (2016), chapter 4. The input's
/// is a convolution of the output's gradient, stride − 1 zeros between its elements, with the kernel turned by 180°.
///
/// - Throws: `ShapeError` when weight or bias do not fit the input.
public func conv2d(
  _ x: Variable, weight: Parameter, bias: Parameter? = nil, options: Conv2dOptions = Conv2dOptions()
) throws -> Variable {
  guard weight.shape.rank == 4 else {
    throw ShapeError("conv2d", [x.shape, weight.shape], rule: "the weight must be out×in/groups×height×width")
  }
  let kernel = Size2d(weight.shape[2], weight.shape[3])
  let output = try options.outputShape(input: x.shape, outChannels: weight.shape[0], kernel: kernel)
  guard weight.shape[1] * options.groups == x.shape[0] else {
    throw ShapeError(
      "conv2d", [x.shape, weight.shape],
      rule: "\(x.shape[0]) input channels in \(options.groups) group(s) need \(x.shape[0] / options.groups) a kernel")
  }
  if let bias, bias.shape != [weight.shape[0]] {
    throw ShapeError("conv2d", [weight.shape, bias.shape], rule: "the bias must hold one number an output channel")
  }
  let operation = Conv2dOperation(
    passes: ConvolutionPasses(input: x.shape, output: output, kernel: kernel, options: options))
  return x.tape.record(operation, inputs: [x], parameters: [weight] + (bias.map { [$0] } ?? []), output: output)
}

/// The recorded form of `conv2d`.
struct Conv2dOperation: Operation {
  let name = "conv2d"
  let readsOutput = false
  let passes: ConvolutionPasses

  /// What is padded is read from its copy.
  var readsInput: Bool { passes.input.isIdentity }
  /// The padded input, which the kernel gradient reads again.
  var savedLanes: Int { passes.input.isIdentity ? 0 : passes.input.paddedCount }
  var scratchLanes: Int { passes.scratchLanes }
  var sharedFloats: Int { passes.packedFloats }
  var multiplyAdds: Int { passes.multiplyAdds }

  /// The weights for each direction.
  var preparations: Int { 2 }

  func prepare(_ piece: Int, _ frame: Frame) {
    if piece == 0 {
      passes.packForward(frame.parameter(0), into: frame.shared)
    } else if frame.inputGradient() != nil {
      passes.packBackward(frame.parameter(0), into: frame.shared)
    }
  }

  var portions: Int { passes.portions }
  var beginsForward: Bool { !passes.input.isIdentity }

  func beginForward(_ frame: Frame) { passes.pad(frame.input(), portion: frame.portion, into: frame.saved) }

  private func padded(_ frame: Frame) -> UnsafePointer<Lanes> {
    passes.input.isIdentity ? frame.input() : UnsafePointer(frame.saved)
  }

  func forward(_ frame: Frame) {
    passes.forward(
      padded(frame), packed: frame.shared, bias: frame.parameterCount > 1 ? frame.parameter(1) : nil,
      portion: frame.portion, accumulate: false, scratch: frame.scratch, into: frame.output)
  }

  func backward(_ frame: Frame) {
    if let sink = frame.inputGradient() {
      passes.inputGradient(
        frame.outputGradient, packed: frame.shared, scratch: frame.scratch, bias: nil, portion: frame.portion,
        accumulate: sink.accumulate, into: sink.lanes)
    }
    if let target = frame.parameterGradient(0) {
      passes.kernelGradient(
        frame.outputGradient, padded(frame), portion: frame.portion, scratch: frame.scratch, into: target)
    }
    if frame.parameterCount > 1, let target = frame.parameterGradient(1) {
      accumulateBiasGradient(
        frame.outputGradient, channels: frame.portion.range(of: passes.outChannels), plane: passes.outPlane,
        into: target)
    }
  }
}
