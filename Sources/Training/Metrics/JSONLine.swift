// JSON as a value, and lines of JSON whose keys keep their order.

import Foundation

/// A JSON value that tells whole numbers, other numbers and booleans apart.
public enum JSONValue: Hashable, Sendable, Codable {
  case null
  case bool(Bool)
  case int(Int)
  case double(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Int.self) {
      self = .int(value)
    } else if let value = try? container.decode(Double.self) {
      self = .double(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([JSONValue].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: JSONValue].self))
    }
  }

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

/// One object on one line, its keys in the order given: what `metrics.jsonl` and `--json` are made of.
public struct JSONLine: Sendable {
  private var fields = ""

  public init() {}

  /// Forgets the fields, and keeps the room for others.
  mutating func clear() { fields.removeAll(keepingCapacity: true) }

  private mutating func begin(_ key: String) {
    fields.append(fields.isEmpty ? "\"" : ",\"")
    fields.append(key)
    fields.append("\":")
  }

  public mutating func add(_ key: String, _ value: Int) {
    begin(key)
    fields.append(value.description)
  }

  /// A number with as many digits as it takes to read it back exactly; null when it is not finite, as JSON has no word
  /// for it.
  public mutating func add(_ key: String, _ value: some BinaryFloatingPoint & TextOutputStreamable) {
    begin(key)
    if value.isFinite { value.write(to: &fields) } else { fields.append("null") }
  }

  /// Text, or a list of texts.
  public mutating func add(_ key: String, _ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    let text = String(decoding: try encoder.encode(value), as: UTF8.self)
    begin(key)
    fields.append(text)
  }

  /// Numbers, null where there is none.
  public mutating func add(_ key: String, _ values: [Double?]) {
    add(key, raw: values.map { $0?.description ?? "null" })
  }

  /// A list of already encoded values.
  public mutating func add(_ key: String, raw values: [String]) {
    begin(key)
    fields.append("[\(values.joined(separator: ","))]")
  }

  public var text: String { "{\(fields)}" }

  /// Writes the text and the end of the line.
  ///
  /// - Returns: whether all of it could be written.
  mutating func write(to file: UnsafeMutablePointer<FILE>) -> Bool {
    fields.withUTF8 { bytes in
      fputc(0x7b, file) >= 0 && fwrite(bytes.baseAddress, 1, bytes.count, file) == bytes.count
        && fputs("}\n", file) >= 0
    }
  }
}
