// Transposed convolution: the input gradient of a convolution, as an operation of its own.

import Kernels
import Tensors

/// Spreads each input element over a window of the output: the adjoint of `conv2d` with the same options.
///
/// # Shapes
/// - x: (inChannels, H, W) an image
/// - weight: (inChannels, outChannels / groups, kernelHeight, kernelWidth)
/// - bias: (outChannels)
/// - result: (outChannels, H_out, W_out) with
///   H_out = (H − 1) · stride − top − bottom + dilation · (kernel − 1) + outputPadding + 1
///
/// Source: Dumoulin and Visin (2016), chapter 4; options as PyTorch's `ConvTranspose2d`.
///
/// - Parameter outputPadding: rows and columns added at the bottom and right; less than the stride or the dilation.
/// - Throws: `ShapeError` when weight or bias do not fit, or nothing would be left of the output.
public func convTranspose2d(
  _ x: Variable, weight: Parameter, bias: Parameter? = nil, options: Conv2dOptions = Conv2dOptions(),
  outputPadding: Size2d = Size2d(0)
) throws -> Variable {
  func fail(_ rule: String, _ option: String? = nil) -> ShapeError {
    ShapeError("conv_transpose2d", [x.shape, weight.shape], rule: rule, option: option)
  }
  guard x.shape.rank == 3, weight.shape.rank == 4, weight.shape[0] == x.shape[0] else {
    throw fail("the weight must be in×out/groups×height×width for an input of in×H×W")
  }
  guard
    outputPadding.height >= 0, outputPadding.width >= 0,
    outputPadding.height < max(options.stride.height, options.dilation.height),
    outputPadding.width < max(options.stride.width, options.dilation.width)
  else { throw fail("output_padding must be 0 or more, and less than stride or dilation", "output_padding") }
  guard x.shape[0] % options.groups == 0 else {
    throw fail("groups (\(options.groups)) must divide \(x.shape[0]) input channels", "groups")
  }
  let kernel = Size2d(weight.shape[2], weight.shape[3])
  func extent(_ size: Int, _ stride: Int, _ padding: Int, _ dilation: Int, _ kernel: Int, _ extra: Int) -> Int {
    (size - 1) * stride - padding + dilation * (kernel - 1) + extra + 1
  }
  let p = options.padding
  let output: Shape = [
    weight.shape[1] * options.groups,
    extent(
      x.shape[1], options.stride.height, p.top + p.bottom, options.dilation.height, kernel.height, outputPadding.height),
    extent(
      x.shape[2], options.stride.width, p.left + p.right, options.dilation.width, kernel.width, outputPadding.width),
  ]
  guard output[1] > 0 && output[2] > 0 else {
    throw fail("the output would be \(output): less padding is needed", "padding")
  }
  try output.checkSize("conv_transpose2d", [x.shape])
  // The convolution whose input gradient this is; it checks groups and the rest.
  let mirrored = try options.outputShape(input: output, outChannels: x.shape[0], kernel: kernel)
  // Much output padding lets it take further steps than there are inputs; those are not taken.
  precondition(mirrored[1] >= x.shape[1] && mirrored[2] >= x.shape[2], "a transposed convolution leads back")
  if let bias, bias.shape != [output[0]] {
    throw ShapeError(
      "conv_transpose2d", [weight.shape, bias.shape], rule: "the bias must hold one number an output channel")
  }
  let operation = ConvTranspose2dOperation(
    passes: ConvolutionPasses(input: output, output: x.shape, kernel: kernel, options: options))
  return x.tape.record(operation, inputs: [x], parameters: [weight] + (bias.map { [$0] } ?? []), output: output)
}

/// The passes of the mirrored convolution, its forward and its input gradient exchanged.
struct ConvTranspose2dOperation: Operation {
  let name = "conv_transpose2d"
  let readsOutput = false
  let passes: ConvolutionPasses

  /// The padded gradient of the output, for input and kernel gradients.
  var savedLanes: Int { passes.input.isIdentity ? 0 : passes.input.paddedCount }
  var scratchLanes: Int { passes.scratchLanes }
  var sharedFloats: Int { passes.packedFloats }
  var multiplyAdds: Int { passes.multiplyAdds }

  /// The weights for each direction.
  var preparations: Int { 2 }

  func prepare(_ piece: Int, _ frame: Frame) {
    if piece == 0 {
      passes.packBackward(frame.parameter(0), into: frame.shared)
    } else if frame.inputGradient() != nil {
      passes.packForward(frame.parameter(0), into: frame.shared)
    }
  }

  var portions: Int { passes.portions }
  var beginsBackward: Bool { !passes.input.isIdentity }

  func forward(_ frame: Frame) {
    passes.inputGradient(
      frame.input(), packed: frame.shared, scratch: frame.scratch,
      bias: frame.parameterCount > 1 ? frame.parameter(1) : nil, portion: frame.portion, accumulate: false,
      into: frame.output)
  }

  func beginBackward(_ frame: Frame) {
    passes.pad(frame.outputGradient, portion: frame.portion, into: frame.saved)
  }

  func backward(_ frame: Frame) {
    let padded = passes.input.isIdentity ? frame.outputGradient : UnsafePointer(frame.saved)
    if let sink = frame.inputGradient() {
      passes.forward(
        padded, packed: frame.shared, bias: nil, portion: frame.portion, accumulate: sink.accumulate,
        scratch: frame.scratch, into: sink.lanes)
    }
    if let target = frame.parameterGradient(0) {
      passes.kernelGradient(
        frame.input(), padded, portion: frame.portion, scratch: frame.scratch, into: target)
    }
    if frame.parameterCount > 1, let target = frame.parameterGradient(1) {
      accumulateBiasGradient(
        frame.outputGradient, channels: frame.portion.range(of: passes.input.channels),
        plane: passes.input.height * passes.input.width, into: target)
    }
  }
}
