// What a declaration says of a field, for whoever describes a configuration: its schema, its table.

/// One field.
public struct FieldDescription: Sendable {
  /// What it holds.
  public indirect enum Content: Sendable {
    /// A JSON Schema of its own.
    case value(JSONValue)
    case object([FieldDescription])
    /// One of a kind's types, or an array of such.
    case variant(kind: String)
    case variants(kind: String)
  }

  public let key: String
  public let content: Content
  /// The values, in words: `a whole number from 1 to 100`.
  public let words: String
  public let isRequired: Bool
  /// The default; nil where there is none, or where it follows from other fields.
  public fileprivate(set) var defaultValue: JSONValue?
  /// What it follows from.
  public fileprivate(set) var follows: String?
  public let help: String
}

/// The types of one kind, each with its fields.
public struct KindDescription: Sendable {
  public let name: String
  public let types: [(type: String, fields: [FieldDescription])]

  /// `layers`, `losses`.
  var plural: String { name + (name.hasSuffix("s") ? "es" : "s") }
}

/// Notes down what a declaration says, without reading or writing a value.
public final class FieldDescriber: FieldVisitor {
  public private(set) var fields: [FieldDescription] = []
  private let kinds: Kinds

  /// What the fields have met on their way, shared by a describer and those of inner objects.
  private final class Kinds {
    var found: [KindDescription] = []
    var names: Set<String> = []
  }

  private init(_ kinds: Kinds) { self.kinds = kinds }

  /// The fields that a visit declares, and all kinds among them.
  ///
  /// - Throws: what the visit throws, which with defaults alone is a fault of the declaration.
  public static func describe(
    _ visit: (any FieldVisitor) throws -> Void
  ) throws -> (fields: [FieldDescription], kinds: [KindDescription]) {
    let describer = FieldDescriber(Kinds())
    try visit(describer)
    return (describer.fields, describer.kinds.found)
  }

  /// Fields that depend on others' values are wanted too.
  public var isDescribing: Bool { true }

  private func add(
    _ key: String, _ content: FieldDescription.Content, _ words: String, isRequired: Bool = false,
    _ standard: JSONValue?, _ help: String
  ) {
    fields.append(
      FieldDescription(
        key: key, content: content, words: words, isRequired: isRequired, defaultValue: isRequired ? nil : standard,
        help: help))
  }

  public func defaultFollows(_ key: String, _ words: String) {
    guard let index = fields.lastIndex(where: { $0.key == key }) else { return }
    (fields[index].defaultValue, fields[index].follows) = (nil, words)
  }

  // MARK: - Numbers

  private func schema(_ range: ClosedRange<Int>) -> JSONValue {
    ["type": "integer", "minimum": .int(range.lowerBound), "maximum": .int(range.upperBound)]
  }

  /// - Parameter isSingle: whether a number must be one in single precision, too.
  private func schema(_ bounds: Bounds, isSingle: Bool = true) -> JSONValue {
    var fields: [String: JSONValue] = ["type": "number"]
    if isSingle {
      let largest = Double(Float.greatestFiniteMagnitude)
      (fields["minimum"], fields["maximum"]) = (.double(-largest), .double(largest))
      if bounds.above != nil { fields["minimum"] = nil }
      if bounds.below != nil { fields["maximum"] = nil }
    }
    fields["exclusiveMinimum"] = bounds.above.map(JSONValue.double)
    if let least = bounds.least { fields["minimum"] = .double(least) }
    fields["exclusiveMaximum"] = bounds.below.map(JSONValue.double)
    if let most = bounds.most { fields["maximum"] = .double(most) }
    return .object(fields)
  }

  public func int(_ key: String, _ value: inout Int, in range: ClosedRange<Int>, isRequired: Bool, _ help: String) {
    add(key, .value(schema(range)), words(for: range), isRequired: isRequired, .int(value), help)
  }
  public func optionalInt(_ key: String, _ value: inout Int?, in range: ClosedRange<Int>, _ help: String) {
    add(key, .value(schema(range)), words(for: range), value.map(JSONValue.int), help)
  }
  public func ints(_ key: String, _ value: inout [Int], in range: ClosedRange<Int>, isRequired: Bool, _ help: String) {
    let form: JSONValue = ["type": "array", "items": schema(range)]
    add(
      key, .value(form), "an array, each \(words(for: range))", isRequired: isRequired,
      .array(value.map(JSONValue.int)), help)
  }
  public func float(_ key: String, _ value: inout Float, _ bounds: Bounds, isRequired: Bool, _ help: String) {
    add(key, .value(schema(bounds)), bounds.description, isRequired: isRequired, .number(value), help)
  }
  public func optionalFloat(_ key: String, _ value: inout Float?, _ bounds: Bounds, _ help: String) {
    add(key, .value(schema(bounds)), bounds.description, value.map(JSONValue.number), help)
  }
  public func nullableFloat(_ key: String, _ value: inout Float?, _ bounds: Bounds, _ help: String) {
    add(key, .value(schema(bounds)), "\(bounds), or null", value.map(JSONValue.number) ?? .null, help)
  }
  public func floats(
    _ key: String, _ value: inout [Float], _ bounds: Bounds, count: Int?, isRequired: Bool, _ help: String
  ) {
    var form: [String: JSONValue] = ["type": "array", "items": schema(bounds)]
    if let count { (form["minItems"], form["maxItems"]) = (.int(count), .int(count)) }
    add(
      key, .value(.object(form)), "an array\(count.map { " of \($0)" } ?? ""), each \(bounds)", isRequired: isRequired,
      .array(value.map(JSONValue.number)), help)
  }
  public func double(_ key: String, _ value: inout Double, _ bounds: Bounds, isRequired: Bool, _ help: String) {
    add(key, .value(schema(bounds, isSingle: false)), bounds.description, isRequired: isRequired, .double(value), help)
  }

  // MARK: - Words

  public func bool(_ key: String, _ value: inout Bool, _ help: String) {
    add(key, .value(["type": "boolean"]), "true or false", .bool(value), help)
  }
  public func optionalText(_ key: String, _ value: inout String?, _ help: String) {
    add(key, .value(["type": "string"]), "text", value.map(JSONValue.string), help)
  }
  public func name(_ key: String, _ value: inout String?, limit: Int, _ help: String) {
    let form: JSONValue = ["type": "string", "pattern": "^[A-Za-z0-9._-]+$", "maxLength": .int(limit)]
    add(
      key, .value(form), wordsForName(limit: limit), value.map(JSONValue.string), help)
  }
  public func choice<Value: RawRepresentable<String> & CaseIterable>(
    _ key: String, _ value: inout Value, _ help: String
  ) {
    word(key, value.rawValue, among: Value.allCases.map(\.rawValue), help)
  }
  public func word(_ key: String, _ value: inout String, among words: [String], _ help: String) {
    word(key, value, among: words, help)
  }
  private func word(_ key: String, _ value: String, among words: [String], _ help: String) {
    let form: JSONValue = ["type": "string", "enum": .array(words.map(JSONValue.string))]
    add(key, .value(form), words.map { "\"\($0)\"" }.joined(separator: ", "), .string(value), help)
  }

  // MARK: - More than one value

  public func pair(
    _ key: String, _ first: inout Int, _ second: inout Int, in range: ClosedRange<Int>, isRequired: Bool, _ help: String
  ) {
    let two: JSONValue = ["type": "array", "items": schema(range), "minItems": 2, "maxItems": 2]
    add(
      key, .value(["anyOf": [schema(range), two]]), wordsForPair(range),
      isRequired: isRequired, .pair(first, second), help)
  }
  public func nullablePair(
    _ key: String, _ first: inout Int?, _ second: inout Int?, in range: ClosedRange<Int>, _ help: String
  ) {
    let side: JSONValue = ["anyOf": [schema(range), ["type": "null"]]]
    let two: JSONValue = ["type": "array", "items": side, "minItems": 2, "maxItems": 2]
    add(
      key, .value(["anyOf": [schema(range), two]]),
      wordsForNullablePair(range), isRequired: true, nil, help)
  }
  public func custom<Value>(
    _ key: String, _ value: inout Value, expected: String, schema: JSONValue, read: (JSONValue) -> Value?,
    write: (Value) -> JSONValue?, _ help: String
  ) {
    add(key, .value(schema), expected, write(value), help)
  }
  public func object(_ key: String, _ help: String, _ visit: (any FieldVisitor) throws -> Void) throws {
    let inner = FieldDescriber(kinds)
    try visit(inner)
    add(key, .object(inner.fields), "an object", isRequired: inner.fields.contains(where: \.isRequired), nil, help)
  }
  public func variant<Kind>(_ key: String, _ value: inout Kind, among variants: Variants<Kind>, _ help: String) throws {
    try describe(variants)
    add(key, .variant(kind: variants.name), "\(article(variants.name))", .string(variants.type(value)), help)
  }
  public func variants<Kind>(
    _ key: String, _ values: inout [Kind], among variants: Variants<Kind>, isRequired: Bool, _ help: String
  ) throws {
    try describe(variants)
    add(key, .variants(kind: variants.name), "an array of \(variants.name)s", isRequired: isRequired, nil, help)
  }
  private func article(_ noun: String) -> String { "aeiou".contains(noun.prefix(1)) ? "an \(noun)" : "a \(noun)" }

  /// Describes a kind when it is met first: types may hold others of their own kind.
  private func describe<Kind>(_ variants: Variants<Kind>) throws {
    guard kinds.names.insert(variants.name).inserted else { return }
    let types = try variants.prototypes.map { prototype in
      var value = prototype()
      let inner = FieldDescriber(kinds)
      try variants.visitFields(&value, inner)
      return (type: variants.type(value), fields: inner.fields)
    }
    kinds.found.append(KindDescription(name: variants.name, types: types))
  }

  public func complaint(_ key: String, _ message: String) -> any Error {
    ConfigurationError(file: "the defaults", keyPath: key, message: message)
  }
}
