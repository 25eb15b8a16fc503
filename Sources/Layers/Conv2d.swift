// The convolution layer.

import Autograd
import Fields
import Tensors

/// A bank of kernels that slides over the image; see `conv2d` for the mathematics.
public struct Conv2d: Layer {
  public static let type = "conv2d"

  public struct Configuration: LayerConfiguration {
    public var type: String { Conv2d.type }
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

    /// What lies beyond the image's edge; zeros by default.
    public var paddingMode = PaddingMode.zeros

    public init(
      name: String? = nil, outChannels: Int = 1, kernelSize: Size2d = Size2d(1),
      options: Conv2dOptions = Conv2dOptions(),
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

    public mutating func visitFields(_ fields: any FieldVisitor) throws {
      try fields.int("out_channels", &outChannels, in: 1...(1 << 16), isRequired: true, "the number of filters")
      try fields.size("kernel_size", &kernelSize, atLeast: 1, isRequired: true, "a whole number, or [rows, columns]")
      try options.visitSteps(fields)
      try visitPadding(fields)
      try fields.choice("padding_mode", &paddingMode, "what lies beyond the image's edge")
      try fields.bool("bias", &bias, "whether there is a bias")
      try initialization.visitFields(fields)
    }

    private mutating func visitPadding(_ fields: any FieldVisitor) throws {
      var padding = keepsSize ? nil : Optional(options.padding)
      try fields.custom(
        "padding", &padding,
        expected: "a whole number from 0 to 65536, [rows, columns], [top, bottom, left, right], \"same\" or \"valid\"",
        schema: [
          "anyOf": [
            ["enum": ["same", "valid"]], ["type": "integer", "minimum": 0, "maximum": 65536],
            [
              "type": "array", "items": ["type": "integer", "minimum": 0, "maximum": 65536],
              "anyOf": [["minItems": 2, "maxItems": 2], ["minItems": 4, "maxItems": 4]],
            ],
          ]
        ],
        read: { found -> Padding2d?? in
          switch found {
          case .string("same"): return .some(nil)
          case .string("valid"): return Padding2d.none
          case .int(let all) where (0...(1 << 16)).contains(all): return Padding2d(all)
          case .array(let items):
            let sides = items.compactMap { if case .int(let n) = $0, (0...(1 << 16)).contains(n) { n } else { nil } }
            guard sides.count == items.count else { return nil }
            switch sides.count {
            case 2: return Padding2d(Size2d(sides[0], sides[1]))
            case 4: return Padding2d(top: sides[0], bottom: sides[1], left: sides[2], right: sides[3])
            default: return nil
            }
          default: return nil
          }
        },
        write: { padding in
          guard let p = padding else { return .string("same") }
          guard p.top == p.bottom && p.left == p.right else {
            return .array([.int(p.top), .int(p.bottom), .int(p.left), .int(p.right)])
          }
          return p.top == p.left ? .int(p.top) : .array([.int(p.top), .int(p.left)])
        }, "rows and columns around the image")
      keepsSize = padding == nil
      options.padding = padding ?? options.padding
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
      if paddingMode != .zeros { try paddingMode.check(options.padding, of: site.input) }
      let groupChannels = site.input[0] / options.groups
      let fanIn = groupChannels * kernelSize.height * kernelSize.width
      let shape: Shape = [outChannels, groupChannels, kernelSize.height, kernelSize.width]
      // Not divided by the groups, as PyTorch's is not.
      let fanOut = outChannels * kernelSize.height * kernelSize.width
      return Conv2d(
        name: site.name,
        weight: try initialization.makeWeight(site, shape, fanIn: fanIn, fanOut: fanOut),
        bias: bias ? try initialization.makeBias(site, [outChannels], fanIn: fanIn) : nil, options: options,
        paddingMode: paddingMode)
    }
  }

  public let name: String
  public var kind: String { Conv2d.type }
  /// (outChannels, inChannels / groups, kernelHeight, kernelWidth)
  public let weight: Parameter
  /// (outChannels)
  public let bias: Parameter?
  public let options: Conv2dOptions
  public let paddingMode: PaddingMode

  public var parameters: [Parameter] { [weight] + (bias.map { [$0] } ?? []) }

  public var picturedWeight: Parameter? { weight }

  public func forward(_ x: Variable) throws -> Variable {
    guard paddingMode != .zeros else { return try conv2d(x, weight: weight, bias: bias, options: options) }
    var inside = options
    inside.padding = .none
    return try conv2d(x.pad2d(options.padding, mode: paddingMode), weight: weight, bias: bias, options: inside)
  }
}

extension Conv2dOptions {
  /// The fields that both convolutions share, but for padding.
  mutating func visitSteps(_ fields: any FieldVisitor) throws {
    try fields.size("stride", &stride, atLeast: 1, "how far a window is from the next")
    try fields.size("dilation", &dilation, atLeast: 1, "how far a tap is from the next")
    try fields.int("groups", &groups, in: 1...(1 << 16), "groups of channels that do not mix")
  }
}
