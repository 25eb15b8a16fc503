// Each layer type's keys, read and written.

import Autograd
import Layers

/// Every layer type that a configuration may name.
let layerTypes = [
  "conv2d", "linear", "max_pool2d", "batch_norm2d", "relu", "dropout", "flatten",
]

/// Reads one element of `model.layers`.
///
/// - Throws: `ConfigurationError`.
func readLayer(_ reader: ConfigurationReader) throws -> any LayerConfiguration {
  let type = try reader.required(
    "type", reader.string("type", oneOf: layerTypes), "one of \(layerTypes.joined(separator: ", "))")
  let name = try reader.string("name")
  let layer: any LayerConfiguration =
    switch type {
    case "conv2d": try readConv2d(reader, name)
    case "linear":
      Linear.Configuration(
        name: name,
        outFeatures: try reader.required(
          "out_features", reader.int("out_features", in: 1...(1 << 20)), "the number of outputs"),
        bias: try reader.bool("bias") ?? true)
    case "max_pool2d":
      MaxPool2d.Configuration(
        name: name,
        options: Pool2dOptions(
          kernel: try reader.required(
            "kernel_size", reader.size2d("kernel_size", atLeast: 1), "a whole number, or [rows, columns]"),
          stride: try reader.size2d("stride", atLeast: 1),
          padding: try reader.size2d("padding", atLeast: 0) ?? Size2d(0)))
    case "batch_norm2d":
      BatchNorm2d.Configuration(
        name: name,
        options: BatchNormOptions(
          epsilon: try reader.float("eps", "a number above 0") { $0 > 0 } ?? 1e-5,
          momentum: try reader.float("momentum", "a number from 0 to 1") { (0...1).contains($0) } ?? 0.1))
    case "dropout":
      Dropout.Configuration(
        name: name,
        probability: try reader.float("p", "a number from 0 to 1") { (0...1).contains($0) } ?? 0.5)
    case "relu": ReLU.Configuration(name: name)
    default: Flatten.Configuration(name: name)
    }
  try reader.finish()
  return layer
}

private func readConv2d(_ reader: ConfigurationReader, _ name: String?) throws -> Conv2d.Configuration {
  let padding = try reader.size2d("padding", atLeast: 0).map { Padding2d($0) } ?? .none
  return Conv2d.Configuration(
    name: name,
    outChannels: try reader.required(
      "out_channels", reader.int("out_channels", in: 1...(1 << 16)), "the number of filters"),
    kernelSize: try reader.required(
      "kernel_size", reader.size2d("kernel_size", atLeast: 1), "a whole number, or [rows, columns]"),
    options: Conv2dOptions(
      stride: try reader.size2d("stride", atLeast: 1) ?? Size2d(1), padding: padding,
      dilation: try reader.size2d("dilation", atLeast: 1) ?? Size2d(1),
      groups: try reader.int("groups", in: 1...(1 << 16)) ?? 1),
    bias: try reader.bool("bias") ?? true)
}

extension LayerConfiguration {
  /// The layer as it stands in a resolved configuration, every default explicit.
  var json: JSONValue {
    var fields: [String: JSONValue] = ["type": .string(type)]
    if let name { fields["name"] = .string(name) }
    switch self {
    case let layer as Conv2d.Configuration:
      fields["out_channels"] = .int(layer.outChannels)
      fields["kernel_size"] = layer.kernelSize.json
      fields["stride"] = layer.options.stride.json
      fields["padding"] = Size2d(layer.options.padding.top, layer.options.padding.left).json
      fields["dilation"] = layer.options.dilation.json
      fields["groups"] = .int(layer.options.groups)
      fields["bias"] = .bool(layer.bias)
    case let layer as Linear.Configuration:
      fields["out_features"] = .int(layer.outFeatures)
      fields["bias"] = .bool(layer.bias)
    case let layer as MaxPool2d.Configuration:
      fields["kernel_size"] = layer.options.kernel.json
      fields["stride"] = layer.options.stride.json
      fields["padding"] = layer.options.padding.json
    case let layer as BatchNorm2d.Configuration:
      fields["eps"] = .number(layer.options.epsilon)
      fields["momentum"] = .number(layer.options.momentum)
    case let layer as Dropout.Configuration: fields["p"] = .number(layer.probability)
    default: break
    }
    return .object(fields)
  }
}

extension Size2d {
  fileprivate var json: JSONValue { height == width ? .int(height) : .array([.int(height), .int(width)]) }
}
