// The transposed convolution layer.

import Autograd
import Fields
import Tensors

/// Spreads each element over a window; see `convTranspose2d` for the mathematics.
public struct ConvTranspose2d: Layer {
  public static let type = "conv_transpose2d"

  public struct Configuration: LayerConfiguration {
    public var type: String { ConvTranspose2d.type }
    public var name: String?
    public var outChannels: Int
    public var kernelSize: Size2d
    public var options: Conv2dOptions
    public var outputPadding: Size2d
    /// On by default.
    public var bias: Bool
    public var initialization: ParameterInitialization

    public init(
      name: String? = nil, outChannels: Int = 1, kernelSize: Size2d = Size2d(1),
      options: Conv2dOptions = Conv2dOptions(),
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

    public mutating func visitFields(_ fields: any FieldVisitor) throws {
      try fields.int("out_channels", &outChannels, in: 1...(1 << 16), isRequired: true, "the number of filters")
      try fields.size("kernel_size", &kernelSize, atLeast: 1, isRequired: true, "a whole number, or [rows, columns]")
      try options.visitSteps(fields)
      var padding = Size2d(options.padding.top, options.padding.left)
      try fields.size("padding", &padding, atLeast: 0, "rows and columns that the output loses around itself")
      options.padding = Padding2d(padding)
      try fields.size("output_padding", &outputPadding, atLeast: 0, "rows and columns added below and on the right")
      try fields.bool("bias", &bias, "whether there is a bias")
      try initialization.visitFields(fields)
    }

    public func build(_ site: BuildSite) throws -> any Layer {
      guard site.input.rank == 3 else {
        throw ShapeError(type, [site.input], rule: "the input of one image must be channels×height×width")
      }
      guard options.groups > 0, outChannels % options.groups == 0 else {
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
  public var kind: String { ConvTranspose2d.type }
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
