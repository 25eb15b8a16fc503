// The convolution layer.

import Autograd
import Tensors

/// A bank of kernels that slides over the image; see `conv2d` for the mathematics.
public struct Conv2d: Layer {
  public struct Configuration: LayerConfiguration {
    public let type = "conv2d"
    public var name: String?
    public var outChannels: Int
    public var kernelSize: Size2d
    /// Stride 1, no padding, dilation 1, one group.
    public var options: Conv2dOptions
    /// On by default.
    public var bias: Bool
    /// Padding that keeps height and width, for a stride of 1; it replaces the options' padding.
    public var keepsSize: Bool
    public var initialization: ParameterInitialization

    public init(
      name: String? = nil, outChannels: Int, kernelSize: Size2d, options: Conv2dOptions = Conv2dOptions(),
      bias: Bool = true, keepsSize: Bool = false, initialization: ParameterInitialization = ParameterInitialization()
    ) {
      self.name = name
      self.outChannels = outChannels
      self.kernelSize = kernelSize
      self.options = options
      self.bias = bias
      self.keepsSize = keepsSize
      self.initialization = initialization
    }

    /// The padding that an output of the input's size needs, the odd row or column at the bottom or right, as
    /// PyTorch's.
    private var resolvedOptions: Conv2dOptions {
      guard keepsSize else { return options }
      var resolved = options
      let total = Size2d(
        options.dilation.height * (kernelSize.height - 1), options.dilation.width * (kernelSize.width - 1))
      resolved.padding = Padding2d(
        top: total.height / 2, bottom: total.height - total.height / 2, left: total.width / 2,
        right: total.width - total.width / 2)
      return resolved
    }

    public func build(_ site: BuildSite) throws -> any Layer {
      if keepsSize && options.stride != Size2d(1) {
        throw ShapeError("conv2d", [site.input], rule: "padding \"same\" needs a stride of 1", option: "padding")
      }
      let options = resolvedOptions
      _ = try options.outputShape(input: site.input, outChannels: outChannels, kernel: kernelSize)
      let groupChannels = site.input[0] / options.groups
      let fanIn = groupChannels * kernelSize.height * kernelSize.width
      let shape: Shape = [outChannels, groupChannels, kernelSize.height, kernelSize.width]
      let fanOut = outChannels * kernelSize.height * kernelSize.width / options.groups
      return Conv2d(
        name: site.name,
        weight: try initialization.makeWeight(site, shape, fanIn: fanIn, fanOut: fanOut),
        bias: bias ? try initialization.makeBias(site, [outChannels], fanIn: fanIn) : nil, options: options)
    }
  }

  public let name: String
  public let kind = "conv2d"
  /// (outChannels, inChannels / groups, kernelHeight, kernelWidth)
  public let weight: Parameter
  /// (outChannels)
  public let bias: Parameter?
  public let options: Conv2dOptions

  public var parameters: [Parameter] { [weight] + (bias.map { [$0] } ?? []) }

  public func forward(_ x: Variable) throws -> Variable {
    try conv2d(x, weight: weight, bias: bias, options: options)
  }
}
