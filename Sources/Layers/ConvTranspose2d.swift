// The transposed convolution layer.

import Autograd
import Tensors

/// Spreads each element over a window; see `convTranspose2d` for the mathematics.
public struct ConvTranspose2d: Layer {
  public struct Configuration: LayerConfiguration {
    public let type = "conv_transpose2d"
    public var name: String?
    public var outChannels: Int
    public var kernelSize: Size2d
    public var options: Conv2dOptions
    public var outputPadding: Size2d
    /// On by default.
    public var bias: Bool
    public var initialization: ParameterInitialization

    public init(
      name: String? = nil, outChannels: Int, kernelSize: Size2d, options: Conv2dOptions = Conv2dOptions(),
      outputPadding: Size2d = Size2d(0), bias: Bool = true,
      initialization: ParameterInitialization = ParameterInitialization()
    ) {
      self.name = name
      self.outChannels = outChannels
      self.kernelSize = kernelSize
      self.options = options
      self.outputPadding = outputPadding
      self.bias = bias
      self.initialization = initialization
    }

    public func build(_ site: BuildSite) throws -> any Layer {
      guard options.groups > 0, outChannels % options.groups == 0, site.input.rank == 3 else {
        throw ShapeError(
          type, [site.input], rule: "groups (\(options.groups)) must divide \(outChannels) output channels",
          option: "groups")
      }
      let perGroup = outChannels / options.groups
      let shape: Shape = [site.input[0], perGroup, kernelSize.height, kernelSize.width]
      // PyTorch takes the second axis for the inputs here too.
      let fanIn = perGroup * kernelSize.height * kernelSize.width
      let fanOut = site.input[0] * kernelSize.height * kernelSize.width
      return ConvTranspose2d(
        name: site.name, weight: try initialization.makeWeight(site, shape, fanIn: fanIn, fanOut: fanOut),
        bias: bias ? try initialization.makeBias(site, [outChannels], fanIn: fanIn) : nil, options: options,
        outputPadding: outputPadding)
    }
  }

  public let name: String
  public let kind = "conv_transpose2d"
  /// (inChannels, outChannels / groups, kernelHeight, kernelWidth)
  public let weight: Parameter
  /// (outChannels)
  public let bias: Parameter?
  public let options: Conv2dOptions
  public let outputPadding: Size2d

  public var parameters: [Parameter] { [weight] + (bias.map { [$0] } ?? []) }

  public func forward(_ x: Variable) throws -> Variable {
    try convTranspose2d(x, weight: weight, bias: bias, options: options, outputPadding: outputPadding)
  }
}
