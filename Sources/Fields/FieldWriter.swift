// From a value to JSON, every default explicit.

/// Notes the fields down that it visits.
public final class FieldWriter: FieldVisitor {
  private var fields: [String: JSONValue] = [:]

  public init() {}

  public var json: JSONValue { .object(fields) }

  /// What a visit to some fields notes down.
  public static func json(_ visit: (any FieldVisitor) throws -> Void) rethrows -> JSONValue {
    let writer = FieldWriter()
    try visit(writer)
    return writer.json
  }

  public func int(_ key: String, _ value: inout Int, in range: ClosedRange<Int>, isRequired: Bool, _ help: String) {
    fields[key] = .int(value)
  }
  public func optionalInt(_ key: String, _ value: inout Int?, in range: ClosedRange<Int>, _ help: String) {
    fields[key] = value.map(JSONValue.int)
  }
  public func ints(_ key: String, _ value: inout [Int], in range: ClosedRange<Int>, isRequired: Bool, _ help: String) {
    fields[key] = .array(value.map(JSONValue.int))
  }
  public func float(_ key: String, _ value: inout Float, _ bounds: Bounds, isRequired: Bool, _ help: String) {
    fields[key] = .number(value)
  }
  public func optionalFloat(_ key: String, _ value: inout Float?, _ bounds: Bounds, _ help: String) {
    fields[key] = value.map(JSONValue.number)
  }
  public func nullableFloat(_ key: String, _ value: inout Float?, _ bounds: Bounds, _ help: String) {
    fields[key] = value.map(JSONValue.number) ?? .null
  }
  public func floats(
    _ key: String, _ value: inout [Float], _ bounds: Bounds, count: Int?, isRequired: Bool, _ help: String
  ) {
    fields[key] = .array(value.map(JSONValue.number))
  }
  public func double(_ key: String, _ value: inout Double, _ bounds: Bounds, isRequired: Bool, _ help: String) {
    fields[key] = .double(value)
  }
  public func bool(_ key: String, _ value: inout Bool, _ help: String) { fields[key] = .bool(value) }
  public func optionalText(_ key: String, _ value: inout String?, _ help: String) {
    fields[key] = value.map(JSONValue.string)
  }
  public func name(_ key: String, _ value: inout String?, limit: Int, _ help: String) {
    fields[key] = value.map(JSONValue.string)
  }
  public func choice<Value: RawRepresentable<String> & CaseIterable>(
    _ key: String, _ value: inout Value, _ help: String
  ) {
    fields[key] = .string(value.rawValue)
  }
  public func word(_ key: String, _ value: inout String, among words: [String], _ help: String) {
    fields[key] = .string(value)
  }
  public func pair(
    _ key: String, _ first: inout Int, _ second: inout Int, in range: ClosedRange<Int>, isRequired: Bool, _ help: String
  ) {
    fields[key] = .pair(first, second)
  }
  public func nullablePair(
    _ key: String, _ first: inout Int?, _ second: inout Int?, in range: ClosedRange<Int>, _ help: String
  ) {
    let sides = [first, second].map { $0.map(JSONValue.int) ?? .null }
    fields[key] = first == second && first != nil ? sides[0] : .array(sides)
  }
  public func custom<Value>(
    _ key: String, _ value: inout Value, expected: String, schema: JSONValue, read: (JSONValue) -> Value?,
    write: (Value) -> JSONValue?, _ help: String
  ) {
    fields[key] = write(value)
  }
  public func object(_ key: String, _ help: String, _ visit: (any FieldVisitor) throws -> Void) throws {
    let inner = try FieldWriter.json(visit)
    // Nothing but options that are not set.
    if inner != .object([:]) { fields[key] = inner }
  }
  public func variant<Kind>(_ key: String, _ value: inout Kind, among variants: Variants<Kind>, _ help: String) throws {
    fields[key] = try json(&value, variants)
  }
  public func variants<Kind>(
    _ key: String, _ values: inout [Kind], among variants: Variants<Kind>, isRequired: Bool, _ help: String
  ) throws {
    fields[key] = .array(try values.indices.map { try json(&values[$0], variants) })
  }
  public func complaint(_ key: String, _ message: String) -> any Error {
    ConfigurationError(file: "", keyPath: key, message: message)
  }

  private func json<Kind>(_ value: inout Kind, _ variants: Variants<Kind>) throws -> JSONValue {
    let writer = FieldWriter()
    writer.fields["type"] = .string(variants.type(value))
    try variants.visitFields(&value, writer)
    return writer.json
  }
}
