// JSON as a value.

import Foundation

/// A JSON value that tells whole numbers, other numbers and booleans apart.
public enum JSONValue: Hashable, Sendable, Encodable {
  case null
  case bool(Bool)
  case int(Int)
  case double(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .bool(let value): try container.encode(value)
    case .int(let value): try container.encode(value)
    case .double(let value): try container.encode(value)
    case .string(let value): try container.encode(value)
    case .array(let value): try container.encode(value)
    case .object(let value): try container.encode(value)
    }
  }

  /// A number from a Float, as people wrote it: 0.001, not 0.0010000000474974513.
  public static func number(_ value: Float) -> JSONValue { .double(Double(value.description) ?? Double(value)) }

  public var asDouble: Double? {
    switch self {
    case .int(let value): Double(value)
    case .double(let value): value
    default: nil
    }
  }

  /// How an error message shows what it found: the value itself when short, otherwise its kind.
  public var shown: String {
    switch self {
    case .null: "null"
    case .bool(let value): String(value)
    case .int(let value): String(value)
    case .double(let value): value.description
    case .string(let value):
      // Control characters must not reach a terminal.
      value.count <= 40 && value.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f }
        ? "\"\(value)\"" : "a string"
    case .array(let values): "an array of \(values.count)"
    case .object: "an object"
    }
  }
}
