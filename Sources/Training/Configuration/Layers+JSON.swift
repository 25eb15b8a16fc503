// Each layer type's keys, read and written.

import Autograd
import Layers

/// One layer type of configuration files: how its keys are read, and how they are written.
private struct LayerType: Sendable {
  let name: String
  let read: @Sendable (ConfigurationReader, _ name: String?) throws -> any LayerConfiguration
}

private let layerTypes: [LayerType] = [
  LayerType(name: "conv2d", read: readConv2d),
  LayerType(name: "conv_transpose2d", read: readConvTranspose2d),
  LayerType(name: "linear") { reader, name in
    Linear.Configuration(
      name: name,
      outFeatures: try reader.required(
        "out_features", reader.int("out_features", in: 1...(1 << 20)), "the number of outputs"),
      bias: try reader.bool("bias") ?? true, initialization: try ParameterInitialization(reader))
  },
  LayerType(name: "max_pool2d") { MaxPool2d.Configuration(name: $1, options: try readPool($0)) },
  LayerType(name: "avg_pool2d") { reader, name in
    AveragePool2d.Configuration(
      name: name, options: try readPool(reader), countIncludesPadding: try reader.bool("count_include_pad") ?? true)
  },
  LayerType(name: "adaptive_avg_pool2d") { reader, name in
    AdaptiveAveragePool2d.Configuration(
      name: name,
      outputSize: try reader.required(
        "output_size", reader.size2d("output_size", atLeast: 1), "a size; 1 for the mean of each channel"))
  },
  LayerType(name: "batch_norm2d") { reader, name in
    BatchNorm2d.Configuration(
      name: name,
      options: BatchNormOptions(
        epsilon: try readEpsilon(reader),
        momentum: try reader.float("momentum", "a number from 0 to 1") { (0...1).contains($0) } ?? 0.1))
  },
  LayerType(name: "layer_norm") { reader, name in
    GroupNorm.Configuration(
      name: name, groups: nil, epsilon: try readEpsilon(reader), affine: try reader.bool("elementwise_affine") ?? true)
  },
  LayerType(name: "group_norm") { reader, name in
    GroupNorm.Configuration(
      name: name,
      groups: try reader.required("num_groups", reader.int("num_groups", in: 1...(1 << 16)), "the number of groups"),
      epsilon: try readEpsilon(reader), affine: try reader.bool("affine") ?? true)
  },
  LayerType(name: "relu") { ReLU.Configuration(name: $1) },
  LayerType(name: "leaky_relu") { reader, name in
    let slope = try reader.float("negative_slope", "a number") { _ in true } ?? 0.01
    return Activation.Configuration(name: name, function: .leakyReLU(slope: slope))
  },
  LayerType(name: "elu") { reader, name in
    let alpha = try reader.float("alpha", "a number above 0") { $0 > 0 } ?? 1
    return Activation.Configuration(name: name, function: .elu(alpha: alpha))
  },
  LayerType(name: "gelu") { reader, name in
    let form = try reader.string("approximate", oneOf: GELUForm.allCases.map(\.rawValue)) ?? "none"
    return Activation.Configuration(name: name, function: .gelu(GELUForm(rawValue: form) ?? .exact))
  },
  LayerType(name: "silu") { Activation.Configuration(name: $1, function: .silu) },
  LayerType(name: "sigmoid") { Activation.Configuration(name: $1, function: .sigmoid) },
  LayerType(name: "tanh") { Activation.Configuration(name: $1, function: .tanh) },
  LayerType(name: "softmax") { Activation.Configuration(name: $1, function: .softmax) },
  LayerType(name: "log_softmax") { Activation.Configuration(name: $1, function: .logSoftmax) },
  LayerType(name: "dropout") { Dropout.Configuration(name: $1, probability: try readProbability($0)) },
  LayerType(name: "dropout2d") {
    Dropout.Configuration(name: $1, probability: try readProbability($0), wholeChannels: true)
  },
  LayerType(name: "flatten") { Flatten.Configuration(name: $1) },
  LayerType(name: "residual") { reader, name in
    let layers = try reader.required("layers", reader.array("layers"), "an array of layers")
    guard !layers.isEmpty else { throw reader.error("layers", "is empty; expected at least one layer") }
    return Residual.Configuration(
      name: name, layers: try layers.map(readLayer), shortcut: try (reader.array("shortcut") ?? []).map(readLayer))
  },
]

/// Reads one element of `model.layers`.
///
/// - Throws: `ConfigurationError`.
func readLayer(_ reader: ConfigurationReader) throws -> any LayerConfiguration {
  let names = layerTypes.map(\.name)
  let type = try reader.required("type", reader.string("type", oneOf: names), "one of \(names.joined(separator: ", "))")
  let name = try reader.string("name")
  if let name, !isPlainName(name, limit: 40) {
    throw reader.error(
      "name", "found \(JSONValue.string(name).shown), expected up to 40 letters, digits, \"-\", \"_\" or \".\"")
  }
  guard let entry = layerTypes.first(where: { $0.name == type }) else {
    throw reader.error("type", "is not a known layer type")
  }
  let layer = try entry.read(reader, name)
  try reader.finish()
  return layer
}

private func readEpsilon(_ reader: ConfigurationReader) throws -> Float {
  try reader.float("eps", "a number above 0") { $0 > 0 } ?? 1e-5
}

private func readProbability(_ reader: ConfigurationReader) throws -> Float {
  try reader.float("p", "a number from 0 to 1") { (0...1).contains($0) } ?? 0.5
}

private func readKernel(_ reader: ConfigurationReader) throws -> Size2d {
  try reader.required("kernel_size", reader.size2d("kernel_size", atLeast: 1), "a whole number, or [rows, columns]")
}

private func readPool(_ reader: ConfigurationReader) throws -> Pool2dOptions {
  Pool2dOptions(
    kernel: try readKernel(reader), stride: try reader.size2d("stride", atLeast: 1),
    padding: try reader.size2d("padding", atLeast: 0) ?? Size2d(0), ceilMode: try reader.bool("ceil_mode") ?? false)
}

/// The keys that both convolutions share, except for padding.
private func readConvolution(_ reader: ConfigurationReader, padding: Padding2d) throws -> Conv2dOptions {
  Conv2dOptions(
    stride: try reader.size2d("stride", atLeast: 1) ?? Size2d(1), padding: padding,
    dilation: try reader.size2d("dilation", atLeast: 1) ?? Size2d(1),
    groups: try reader.int("groups", in: 1...(1 << 16)) ?? 1)
}

private func readOutChannels(_ reader: ConfigurationReader) throws -> Int {
  try reader.required("out_channels", reader.int("out_channels", in: 1...(1 << 16)), "the number of filters")
}

private func readConv2d(_ reader: ConfigurationReader, _ name: String?) throws -> any LayerConfiguration {
  var (padding, keepsSize) = (Padding2d.none, false)
  switch reader.value("padding") {
  case .string("same"): keepsSize = true
  case .string("valid"): break
  case .array(let items) where items.count == 4:
    // Top, bottom, left, right.
    let numbers = items.compactMap { if case .int(let n) = $0, (0...(1 << 16)).contains(n) { n } else { nil } }
    guard numbers.count == 4 else {
      throw reader.error("padding", "found an array of 4, expected whole numbers as [top, bottom, left, right]")
    }
    padding = Padding2d(top: numbers[0], bottom: numbers[1], left: numbers[2], right: numbers[3])
  default: padding = try reader.size2d("padding", atLeast: 0).map { Padding2d($0) } ?? .none
  }
  return Conv2d.Configuration(
    name: name, outChannels: try readOutChannels(reader), kernelSize: try readKernel(reader),
    options: try readConvolution(reader, padding: padding), bias: try reader.bool("bias") ?? true, keepsSize: keepsSize,
    initialization: try ParameterInitialization(reader))
}

private func readConvTranspose2d(_ reader: ConfigurationReader, _ name: String?) throws -> any LayerConfiguration {
  let padding = try reader.size2d("padding", atLeast: 0).map { Padding2d($0) } ?? .none
  return ConvTranspose2d.Configuration(
    name: name, outChannels: try readOutChannels(reader), kernelSize: try readKernel(reader),
    options: try readConvolution(reader, padding: padding),
    outputPadding: try reader.size2d("output_padding", atLeast: 0) ?? Size2d(0),
    bias: try reader.bool("bias") ?? true, initialization: try ParameterInitialization(reader))
}
