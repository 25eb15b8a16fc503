// How weights begin, read and written.

import Layers

extension ParameterInitialization {
  /// The keys `weight_init`, `bias_init` and `trainable` of a layer.
  init(_ reader: ConfigurationReader) throws {
    self.init(
      weight: try Initializer(reader.object("weight_init")), bias: try Initializer(reader.object("bias_init")),
      isTrainable: try reader.bool("trainable") ?? true)
  }

  var json: [String: JSONValue] {
    ["weight_init": weight.json, "bias_init": bias.json, "trainable": .bool(isTrainable)]
  }
}

extension Initializer {
  private static let types = [
    "default", "kaiming_uniform", "kaiming_normal", "xavier_uniform", "xavier_normal", "orthogonal", "constant",
    "values",
  ]

  init(_ reader: ConfigurationReader) throws {
    func fan() throws -> Fan {
      Fan(rawValue: try reader.string("mode", oneOf: Fan.allCases.map(\.rawValue)) ?? "fan_in") ?? .fanIn
    }
    func number(_ key: String, _ standard: Float) throws -> Float {
      try reader.float(key, "a number") { _ in true } ?? standard
    }
    switch try reader.string("type", oneOf: Initializer.types) ?? "default" {
    case "kaiming_uniform": self = .kaimingUniform(try fan(), slope: try number("a", 0))
    case "kaiming_normal": self = .kaimingNormal(try fan(), slope: try number("a", 0))
    case "xavier_uniform": self = .xavierUniform(gain: try number("gain", 1))
    case "xavier_normal": self = .xavierNormal(gain: try number("gain", 1))
    case "orthogonal": self = .orthogonal(gain: try number("gain", 1))
    case "constant": self = .constant(try number("value", 0))
    case "values":
      self = .values(
        try reader.required("values", reader.floats("values", "a number") { _ in true }, "the weights, row by row"))
    default: self = .standard
    }
    try reader.finish()
  }

  var json: JSONValue {
    func object(_ type: String, _ fields: [String: JSONValue] = [:]) -> JSONValue {
      .object(fields.merging(["type": .string(type)]) { $1 })
    }
    return switch self {
    case .standard: object("default")
    case .kaimingUniform(let fan, let slope):
      object("kaiming_uniform", ["mode": .string(fan.rawValue), "a": .number(slope)])
    case .kaimingNormal(let fan, let slope):
      object("kaiming_normal", ["mode": .string(fan.rawValue), "a": .number(slope)])
    case .xavierUniform(let gain): object("xavier_uniform", ["gain": .number(gain)])
    case .xavierNormal(let gain): object("xavier_normal", ["gain": .number(gain)])
    case .orthogonal(let gain): object("orthogonal", ["gain": .number(gain)])
    case .constant(let value): object("constant", ["value": .number(value)])
    case .values(let values): object("values", ["values": .array(values.map(JSONValue.number))])
    }
  }
}
