// How a configurable type declares its fields: once, for reading, for writing and for whatever else walks over them.

/// Goes over the fields of a value, one call a field: a reader replaces each by what a file says, a writer notes it down.
///
/// A type declares its fields in one function, and holds their defaults before it is called:
///
///     mutating func visitFields(_ fields: any FieldVisitor) throws {
///       try fields.int("out_features", &outFeatures, in: 1...1_048_576, isRequired: true, "the number of outputs")
///       try fields.bool("bias", &bias, "whether there is a bias")
///     }
///
/// The last argument of each call says what the field is, for people.
public protocol FieldVisitor: AnyObject {
  /// Whether it is the fields that are wanted, and not their values: all are, whatever the values.
  var isDescribing: Bool { get }

  func int(_ key: String, _ value: inout Int, in range: ClosedRange<Int>, isRequired: Bool, _ help: String) throws
  /// Left out where there is none.
  func optionalInt(_ key: String, _ value: inout Int?, in range: ClosedRange<Int>, _ help: String) throws
  func ints(_ key: String, _ value: inout [Int], in range: ClosedRange<Int>, isRequired: Bool, _ help: String) throws

  /// A number that a Float holds: it must make sense before and after it is rounded to one.
  func float(_ key: String, _ value: inout Float, _ bounds: Bounds, isRequired: Bool, _ help: String) throws
  /// Left out where there is none.
  func optionalFloat(_ key: String, _ value: inout Float?, _ bounds: Bounds, _ help: String) throws
  /// Null where there is none, which differs from leaving it out.
  func nullableFloat(_ key: String, _ value: inout Float?, _ bounds: Bounds, _ help: String) throws
  /// - Parameter count: how many; nil for any number of them.
  func floats(
    _ key: String, _ value: inout [Float], _ bounds: Bounds, count: Int?, isRequired: Bool, _ help: String) throws
  func double(_ key: String, _ value: inout Double, _ bounds: Bounds, isRequired: Bool, _ help: String) throws

  func bool(_ key: String, _ value: inout Bool, _ help: String) throws
  func optionalText(_ key: String, _ value: inout String?, _ help: String) throws
  /// Letters, digits, "-", "_" and "." only.
  func name(_ key: String, _ value: inout String?, limit: Int, _ help: String) throws
  /// One of some words.
  func choice<Value: RawRepresentable<String> & CaseIterable>(_ key: String, _ value: inout Value, _ help: String)
    throws

  /// One of some words that are no type of their own.
  func word(_ key: String, _ value: inout String, among words: [String], _ help: String) throws

  /// Says that the default of a field just visited is not a fixed one: it follows from other fields.
  func defaultFollows(_ key: String, _ words: String)

  /// One number for both, or [first, second].
  func pair(
    _ key: String, _ first: inout Int, _ second: inout Int, in range: ClosedRange<Int>, isRequired: Bool, _ help: String
  )
    throws
  /// The same, null for none.
  func nullablePair(
    _ key: String, _ first: inout Int?, _ second: inout Int?, in range: ClosedRange<Int>, _ help: String) throws
  /// What has a form of its own.
  ///
  /// - Parameters:
  ///   - expected: the form, in words, behind "expected".
  ///   - schema: the same as a JSON Schema.
  func custom<Value>(
    _ key: String, _ value: inout Value, expected: String, schema: JSONValue, read: (JSONValue) -> Value?,
    write: (Value) -> JSONValue?, _ help: String) throws

  /// Fields of an inner object; one that is left out has its defaults.
  func object(_ key: String, _ help: String, _ visit: (any FieldVisitor) throws -> Void) throws
  /// One of several types, told apart by its `type`.
  func variant<Kind>(_ key: String, _ value: inout Kind, among variants: Variants<Kind>, _ help: String) throws
  func variants<Kind>(
    _ key: String, _ values: inout [Kind], among variants: Variants<Kind>, isRequired: Bool, _ help: String) throws

  /// A complaint about a field in the light of others.
  func complaint(_ key: String, _ message: String) -> any Error
}

/// The types of a kind that a configuration may name, each with its defaults.
public struct Variants<Kind>: Sendable {
  /// What one is called, such as `layer`.
  let name: String
  let prototypes: [@Sendable () -> Kind]
  /// A value's type, as in configurations.
  let type: @Sendable (Kind) -> String
  private let visit: @Sendable (inout Kind, any FieldVisitor) throws -> Void

  /// - Parameters:
  ///   - name: what one is called.
  ///   - prototypes: one of each type, with its defaults; the first is meant where no type is named.
  public init(
    _ name: String, _ prototypes: [@Sendable () -> Kind], type: @escaping @Sendable (Kind) -> String,
    visit: @escaping @Sendable (inout Kind, any FieldVisitor) throws -> Void
  ) {
    (self.name, self.prototypes, self.type, self.visit) = (name, prototypes, type, visit)
  }

  /// Goes over the fields of a value of one of the types, all but its `type`.
  public func visitFields(_ value: inout Kind, _ fields: any FieldVisitor) throws { try visit(&value, fields) }

  /// The names of all types.
  public var types: [String] { prototypes.map { type($0()) } }
}

extension FieldVisitor {
  public var isDescribing: Bool { false }
  public func defaultFollows(_ key: String, _ words: String) {}

  public func int(_ key: String, _ value: inout Int, in range: ClosedRange<Int>, _ help: String) throws {
    try int(key, &value, in: range, isRequired: false, help)
  }
  public func float(_ key: String, _ value: inout Float, _ bounds: Bounds, _ help: String) throws {
    try float(key, &value, bounds, isRequired: false, help)
  }
  public func floats(
    _ key: String, _ value: inout [Float], _ bounds: Bounds, isRequired: Bool, _ help: String
  ) throws {
    try floats(key, &value, bounds, count: nil, isRequired: isRequired, help)
  }
  public func double(_ key: String, _ value: inout Double, _ bounds: Bounds, _ help: String) throws {
    try double(key, &value, bounds, isRequired: false, help)
  }
}
