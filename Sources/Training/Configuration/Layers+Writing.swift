// Layers as they stand in a resolved configuration, every default explicit.

import Autograd
import Layers

extension LayerConfiguration {
  var json: JSONValue {
    var fields: [String: JSONValue] = ["type": .string(type)]
    if let name { fields["name"] = .string(name) }
    switch self {
    case let layer as Conv2d.Configuration:
      fields.merge(layer.options.json) { $1 }
      fields["out_channels"] = .int(layer.outChannels)
      fields["kernel_size"] = layer.kernelSize.json
      fields["bias"] = .bool(layer.bias)
      if layer.keepsSize { fields["padding"] = .string("same") }
      fields.merge(layer.initialization.json) { $1 }
    case let layer as ConvTranspose2d.Configuration:
      fields.merge(layer.options.json) { $1 }
      fields["out_channels"] = .int(layer.outChannels)
      fields["kernel_size"] = layer.kernelSize.json
      fields["output_padding"] = layer.outputPadding.json
      fields["bias"] = .bool(layer.bias)
      fields.merge(layer.initialization.json) { $1 }
    case let layer as Linear.Configuration:
      fields["out_features"] = .int(layer.outFeatures)
      fields["bias"] = .bool(layer.bias)
      fields.merge(layer.initialization.json) { $1 }
    case let layer as MaxPool2d.Configuration: fields.merge(layer.options.json) { $1 }
    case let layer as AveragePool2d.Configuration:
      fields.merge(layer.options.json) { $1 }
      fields["count_include_pad"] = .bool(layer.countIncludesPadding)
    case let layer as AdaptiveAveragePool2d.Configuration: fields["output_size"] = layer.outputSize.json
    case let layer as BatchNorm2d.Configuration:
      fields["eps"] = .number(layer.options.epsilon)
      fields["momentum"] = .number(layer.options.momentum)
    case let layer as GroupNorm.Configuration:
      fields["eps"] = .number(layer.epsilon)
      fields[layer.groups == nil ? "elementwise_affine" : "affine"] = .bool(layer.affine)
      if let groups = layer.groups { fields["num_groups"] = .int(groups) }
    case let layer as Activation.Configuration:
      switch layer.function {
      case .leakyReLU(let slope): fields["negative_slope"] = .number(slope)
      case .elu(let alpha): fields["alpha"] = .number(alpha)
      case .gelu(let form): fields["approximate"] = .string(form.rawValue)
      case .silu, .sigmoid, .tanh, .softmax, .logSoftmax: break
      }
    case let layer as Dropout.Configuration: fields["p"] = .number(layer.probability)
    case let layer as Residual.Configuration:
      fields["layers"] = .array(layer.layers.map(\.json))
      fields["shortcut"] = .array(layer.shortcut.map(\.json))
    default: break
    }
    return .object(fields)
  }
}

extension Conv2dOptions {
  fileprivate var json: [String: JSONValue] {
    let p = padding
    let isSymmetric = p.top == p.bottom && p.left == p.right
    return [
      "stride": stride.json, "dilation": dilation.json, "groups": .int(groups),
      "padding": isSymmetric
        ? Size2d(p.top, p.left).json : .array([.int(p.top), .int(p.bottom), .int(p.left), .int(p.right)]),
    ]
  }
}

extension Pool2dOptions {
  fileprivate var json: [String: JSONValue] {
    ["kernel_size": kernel.json, "stride": stride.json, "padding": padding.json, "ceil_mode": .bool(ceilMode)]
  }
}

extension Size2d {
  var json: JSONValue { height == width ? .int(height) : .array([.int(height), .int(width)]) }
}
