// The convolution layer.

import Autograd
import Tensors

/// A bank of kernels that slides over the image; see `conv2d` for the mathematics.
public struct Conv2d: Layer {
  public struct Configuration: LayerConfiguration {
    public static let type = "conv2d"
    public var name: String?
    public var outChannels: Int
    public var kernelSize: Size2d
    /// Stride 1, no padding, dilation 1, one group.
    public var options: Conv2dOptions
    /// On by default.
    public var bias: Bool

    public init(
      name: String? = nil, outChannels: Int, kernelSize: Size2d, options: Conv2dOptions = Conv2dOptions(),
      bias: Bool = true
    ) {
      self.name = name
      self.outChannels = outChannels
      self.kernelSize = kernelSize
      self.options = options
      self.bias = bias
    }

    public func build(_ site: BuildSite) throws -> any Layer {
      _ = try options.outputShape(input: site.input, outChannels: outChannels, kernel: kernelSize)
      let groupChannels = site.input[0] / options.groups
      let fanIn = groupChannels * kernelSize.height * kernelSize.width
      let shape: Shape = [outChannels, groupChannels, kernelSize.height, kernelSize.width]
      return Conv2d(
        name: site.name,
        weight: Parameter("\(site.name).weight", uniformByFanIn(shape, fanIn: fanIn, stream: site.stream(0))),
        bias: bias
          ? Parameter("\(site.name).bias", uniformByFanIn([outChannels], fanIn: fanIn, stream: site.stream(1))) : nil,
        options: options)
    }
  }

  public let name: String
  public let kind = Configuration.type
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
