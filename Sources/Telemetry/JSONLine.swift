// Lines of JSON whose keys keep their order.

import Foundation

/// One object on one line, its keys in the order given: what `metrics.jsonl` and `--json` are made of.
public struct JSONLine: Sendable {
  private var fields = ""

  public init() {}

  /// Forgets the fields, and keeps the room for others.
  public mutating func clear() { fields.removeAll(keepingCapacity: true) }

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

  /// Appends the text and the end of the line.
  public mutating func write(to bytes: inout [UInt8]) {
    bytes.append(0x7b)
    fields.withUTF8 { bytes.append(contentsOf: $0) }
    bytes.append(contentsOf: [0x7d, 0x0a])
  }
}
