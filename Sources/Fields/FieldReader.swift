// From JSON to a value, field by field, so that every complaint names its place and every unknown key is found.

/// Replaces the fields that it visits by what a JSON object says.
///
/// The keys that are asked for are the keys that are known: `finish` refuses all others and names the nearest known
/// one. A key whose value is null counts as left out, unless null means something.
public final class FieldReader: FieldVisitor {
  public let file: String
  private let path: String
  private let fields: [String: JSONValue]
  private var known: [String] = []

  /// - Throws: `ConfigurationError` when the value is not an object.
  public init(_ value: JSONValue, file: String, path: String = "") throws {
    self.file = file
    self.path = path
    guard case .object(let fields) = value else {
      throw ConfigurationError(file: file, keyPath: path, message: "found \(value.shown), expected an object { … }")
    }
    self.fields = fields
  }

  private func keyPath(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

  private func error(_ key: String, _ message: String) -> ConfigurationError {
    ConfigurationError(file: file, keyPath: keyPath(key), message: message)
  }

  public func complaint(_ key: String, _ message: String) -> any Error { error(key, message) }

  private func mismatch(_ key: String, _ value: JSONValue, _ expected: String) -> ConfigurationError {
    error(key, "found \(value.shown), expected \(expected)")
  }

  /// The raw value; nil when the key is absent or null.
  private func value(_ key: String, isRequired: Bool = false, _ help: String = "") throws -> JSONValue? {
    known.append(key)
    guard let value = fields[key], value != .null else {
      if isRequired { throw error(key, "is missing; expected \(help)") }
      return nil
    }
    return value
  }

  /// Refuses keys that nobody asked for.
  ///
  /// - Throws: `ConfigurationError` naming the first of them.
  public func finish() throws {
    guard let unknown = fields.keys.filter({ !known.contains($0) }).min() else { return }
    let hint =
      nearest(unknown, among: known).map { "did you mean \"\($0)\"?" }
      ?? "known keys: \(known.sorted().joined(separator: ", "))"
    throw error(isShowable(unknown) ? unknown : "(a key)", "is not a known key; \(hint)")
  }

  // MARK: - Numbers

  public func int(
    _ key: String, _ value: inout Int, in range: ClosedRange<Int>, isRequired: Bool, _ help: String
  ) throws {
    guard let found = try self.value(key, isRequired: isRequired, help) else { return }
    value = try whole(key, found, range)
  }

  public func optionalInt(_ key: String, _ value: inout Int?, in range: ClosedRange<Int>, _ help: String) throws {
    if let found = try self.value(key) { value = try whole(key, found, range) }
  }

  public func ints(
    _ key: String, _ value: inout [Int], in range: ClosedRange<Int>, isRequired: Bool, _ help: String
  ) throws {
    guard let found = try self.value(key, isRequired: isRequired, help) else { return }
    guard case .array(let items) = found else { throw mismatch(key, found, "an array of whole numbers") }
    value = try items.enumerated().map { try whole("\(key)[\($0)]", $1, range) }
  }

  private func whole(_ key: String, _ found: JSONValue, _ range: ClosedRange<Int>) throws -> Int {
    guard case .int(let number) = found, range.contains(number) else { throw mismatch(key, found, words(for: range)) }
    return number
  }

  public func float(_ key: String, _ value: inout Float, _ bounds: Bounds, isRequired: Bool, _ help: String) throws {
    guard let found = try self.value(key, isRequired: isRequired, help) else { return }
    value = try number(key, found, bounds)
  }

  public func optionalFloat(_ key: String, _ value: inout Float?, _ bounds: Bounds, _ help: String) throws {
    if let found = try self.value(key) { value = try number(key, found, bounds) }
  }

  public func nullableFloat(_ key: String, _ value: inout Float?, _ bounds: Bounds, _ help: String) throws {
    if fields[key] == .null { value = nil }
    try optionalFloat(key, &value, bounds, help)
  }

  public func floats(
    _ key: String, _ value: inout [Float], _ bounds: Bounds, count: Int?, isRequired: Bool, _ help: String
  ) throws {
    guard let found = try self.value(key, isRequired: isRequired, help) else { return }
    guard case .array(let items) = found else { throw mismatch(key, found, "an array of numbers") }
    if let count, items.count != count { throw error(key, "found \(items.count) numbers, expected \(count)") }
    value = try items.enumerated().map { try number("\(key)[\($0)]", $1, bounds) }
  }

  private func number(_ key: String, _ found: JSONValue, _ bounds: Bounds) throws -> Float {
    guard let number = found.asDouble, bounds.contains(number) else { throw mismatch(key, found, bounds.description) }
    // Rounding may lead out of the bounds: to infinity, to zero, or to one.
    guard bounds.contains(Double(Float(number))) else {
      throw mismatch(key, found, "\(bounds) in single precision, which rounds it to \(Float(number))")
    }
    return Float(number)
  }

  public func double(_ key: String, _ value: inout Double, _ bounds: Bounds, isRequired: Bool, _ help: String) throws {
    guard let found = try self.value(key, isRequired: isRequired, help) else { return }
    guard let number = found.asDouble, bounds.contains(number) else { throw mismatch(key, found, bounds.description) }
    value = number
  }

  // MARK: - Words

  public func bool(_ key: String, _ value: inout Bool, _ help: String) throws {
    guard let found = try self.value(key) else { return }
    guard case .bool(let flag) = found else { throw mismatch(key, found, "true or false") }
    value = flag
  }

  public func optionalText(_ key: String, _ value: inout String?, _ help: String) throws {
    if let found = try text(key) { value = found }
  }

  private func text(_ key: String, isRequired: Bool = false, _ help: String = "") throws -> String? {
    guard let found = try self.value(key, isRequired: isRequired, help) else { return nil }
    guard case .string(let text) = found else { throw mismatch(key, found, "a string") }
    return text
  }

  public func name(_ key: String, _ value: inout String?, limit: Int, _ help: String) throws {
    guard let found = try text(key) else { return }
    guard isPlainName(found, limit: limit) else {
      throw mismatch(key, .string(found), wordsForName(limit: limit))
    }
    value = found
  }

  public func choice<Value: RawRepresentable<String> & CaseIterable>(
    _ key: String, _ value: inout Value, _ help: String
  ) throws {
    let choices = Value.allCases.map(\.rawValue)
    if let text = try word(key, oneOf: choices), let chosen = Value(rawValue: text) { value = chosen }
  }

  public func word(_ key: String, _ value: inout String, among words: [String], _ help: String) throws {
    if let text = try word(key, oneOf: words) { value = text }
  }

  private func word(_ key: String, oneOf choices: [String], isRequired: Bool = false) throws -> String? {
    let list = choices.map { "\"\($0)\"" }.joined(separator: ", ")
    guard let text = try text(key, isRequired: isRequired, "one of \(list)") else { return nil }
    guard choices.contains(text) else {
      let hint = nearest(text, among: choices).map { "; did you mean \"\($0)\"?" } ?? ""
      throw error(key, "found \(JSONValue.string(text).shown), expected one of \(list)\(hint)")
    }
    return text
  }

  // MARK: - More than one value

  public func pair(
    _ key: String, _ first: inout Int, _ second: inout Int, in range: ClosedRange<Int>, isRequired: Bool, _ help: String
  ) throws {
    guard let found = try value(key, isRequired: isRequired, help) else { return }
    switch found {
    case .int(let both) where range.contains(both): (first, second) = (both, both)
    case .array(let items):
      guard items.count == 2, case (.int(let one), .int(let other)) = (items[0], items[1]), range.contains(one),
        range.contains(other)
      else { throw mismatch(key, found, wordsForPair(range)) }
      (first, second) = (one, other)
    default: throw mismatch(key, found, wordsForPair(range))
    }
  }

  public func nullablePair(
    _ key: String, _ first: inout Int?, _ second: inout Int?, in range: ClosedRange<Int>, _ help: String
  ) throws {
    guard let found = try value(key, isRequired: true, help) else { return }
    func side(_ item: JSONValue) -> Int?? {
      switch item {
      case .null: .some(nil)
      case .int(let number) where range.contains(number): number
      default: nil
      }
    }
    let items = if case .array(let items) = found { items } else { [found, found] }
    guard items.count == 2, let one = side(items[0]), let other = side(items[1]) else {
      throw mismatch(key, found, wordsForNullablePair(range))
    }
    (first, second) = (one, other)
  }

  public func custom<Value>(
    _ key: String, _ value: inout Value, expected: String, schema: JSONValue, read: (JSONValue) -> Value?,
    write: (Value) -> JSONValue?, _ help: String
  ) throws {
    guard let found = try self.value(key) else { return }
    guard let result = read(found) else { throw mismatch(key, found, expected) }
    value = result
  }

  public func object(_ key: String, _ help: String, _ visit: (any FieldVisitor) throws -> Void) throws {
    let inner = try FieldReader(value(key) ?? .object([:]), file: file, path: keyPath(key))
    try visit(inner)
    try inner.finish()
  }

  public func variant<Kind>(_ key: String, _ value: inout Kind, among variants: Variants<Kind>, _ help: String) throws {
    guard let found = try self.value(key) else { return }
    let inner = try FieldReader(found, file: file, path: keyPath(key))
    value = try inner.variant(variants, isTypeRequired: false)
  }

  public func variants<Kind>(
    _ key: String, _ values: inout [Kind], among variants: Variants<Kind>, isRequired: Bool, _ help: String
  ) throws {
    guard let found = try value(key, isRequired: isRequired, help) else { return }
    guard case .array(let items) = found else { throw mismatch(key, found, "an array [ … ]") }
    if isRequired && items.isEmpty { throw error(key, "is empty; expected \(help)") }
    values = try items.enumerated().map { index, item in
      try FieldReader(item, file: file, path: "\(keyPath(key))[\(index)]").variant(variants, isTypeRequired: true)
    }
  }

  private func variant<Kind>(_ variants: Variants<Kind>, isTypeRequired: Bool) throws -> Kind {
    let types = variants.types
    let type = try word("type", oneOf: types, isRequired: isTypeRequired)
    var value = variants.prototypes[type.flatMap { types.firstIndex(of: $0) } ?? 0]()
    try variants.visitFields(&value, self)
    try finish()
    return value
  }
}
