// The layers that a configuration may name.

import Autograd
import Fields

/// Every type of layer with its defaults: a new one is a line here.
public let layerTypes = Variants<any LayerConfiguration>(
  "layer",
  [
    { Conv2d.Configuration() },
    { ConvTranspose2d.Configuration() },
    { Linear.Configuration() },
    { MaxPool2d.Configuration() },
    { AveragePool2d.Configuration() },
    { AdaptivePool2d.Configuration() },
    { AdaptivePool2d.Configuration(takesMaximum: true) },
    { BatchNorm2d.Configuration() },
    { LayerNorm.Configuration() },
    { GroupNorm.Configuration() },
    { InstanceNorm2d.Configuration() },
    { ReLU.Configuration() },
    { Activation.Configuration(function: .relu6) },
    { Activation.Configuration(function: .leakyReLU(slope: 0.01)) },
    { PReLU.Configuration() },
    { Activation.Configuration(function: .elu(alpha: 1)) },
    { Activation.Configuration(function: .gelu(.exact)) },
    { Activation.Configuration(function: .silu) },
    { Activation.Configuration(function: .mish) },
    { Activation.Configuration(function: .hardswish) },
    { Activation.Configuration(function: .softplus(beta: 1, threshold: 20)) },
    { Activation.Configuration(function: .sigmoid) },
    { Activation.Configuration(function: .tanh) },
    { Softmax.Configuration() },
    { Softmax.Configuration(logarithm: true) },
    { Dropout.Configuration() },
    { Dropout.Configuration(wholeChannels: true) },
    { Flatten.Configuration() },
    { ZeroPad2d.Configuration() },
    { Upsample.Configuration() },
    { Residual.Configuration() },
  ],
  type: { $0.type },
  visit: { layer, fields in
    try fields.name("name", &layer.name, limit: 40, "what the layer is called")
    try layer.visitFields(fields)
  })

extension FieldVisitor {
  /// Rows and columns of something.
  func size(
    _ key: String, _ value: inout Size2d, atLeast least: Int, isRequired: Bool = false, _ help: String
  ) throws {
    try pair(key, &value.height, &value.width, in: least...(1 << 16), isRequired: isRequired, help)
  }
}
