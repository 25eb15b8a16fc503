// Reading a configuration key by key, so that every complaint names its place and every unknown key is found.

import Autograd
import Foundation

/// What is wrong in a configuration: the file, the key path, what was found, what is expected.
public struct ConfigurationError: Error, CustomStringConvertible, Equatable {
  public let file: String
  /// `model.layers[2].kernel_size`; empty when it concerns the whole file.
  public let keyPath: String
  public let message: String

  public init(file: String, keyPath: String, message: String) {
    self.file = file
    self.keyPath = keyPath
    self.message = message
  }

  public var description: String { keyPath.isEmpty ? "\(file): \(message)" : "\(file): \(keyPath): \(message)" }
}

/// Reads the fields of one JSON object.
///
/// The keys that are asked for are the keys that are known: `finish` refuses all others and names the nearest known
/// one.
final class ConfigurationReader {
  let file: String
  let path: String
  private let fields: [String: JSONValue]
  private var known: [String] = []

  init(_ value: JSONValue, file: String, path: String) throws {
    self.file = file
    self.path = path
    guard case .object(let fields) = value else {
      throw ConfigurationError(file: file, keyPath: path, message: "found \(value.shown), expected an object { … }")
    }
    self.fields = fields
  }

  func keyPath(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

  func error(_ key: String, _ message: String) -> ConfigurationError {
    ConfigurationError(file: file, keyPath: keyPath(key), message: message)
  }

  private func mismatch(_ key: String, _ value: JSONValue, _ expected: String) -> ConfigurationError {
    error(key, "found \(value.shown), expected \(expected)")
  }

  /// The raw value; nil when the key is absent or null.
  func value(_ key: String) -> JSONValue? {
    if !known.contains(key) { known.append(key) }
    guard let value = fields[key], value != .null else { return nil }
    return value
  }

  func required<Value>(_ key: String, _ value: Value?, _ expected: String) throws -> Value {
    guard let value else { throw error(key, "is missing; expected \(expected)") }
    return value
  }

  func int(_ key: String, in range: ClosedRange<Int>) throws -> Int? {
    guard let value = value(key) else { return nil }
    let expected =
      range.upperBound == Int.max
      ? "a whole number of at least \(range.lowerBound)"
      : "a whole number from \(range.lowerBound) to \(range.upperBound)"
    guard case .int(let number) = value, range.contains(number) else { throw mismatch(key, value, expected) }
    return number
  }

  /// - Parameter isValid: says which numbers make sense; `expected` says it in words.
  func double(_ key: String, _ expected: String, where isValid: (Double) -> Bool) throws -> Double? {
    guard let value = value(key) else { return nil }
    guard let number = value.asDouble, number.isFinite, isValid(number) else { throw mismatch(key, value, expected) }
    return number
  }

  /// As `double`; a number that a Float cannot hold is refused too.
  func float(_ key: String, _ expected: String, where isValid: (Double) -> Bool) throws -> Float? {
    try double(key, expected) { isValid($0) && Float($0).isFinite }.map { Float($0) }
  }

  func bool(_ key: String) throws -> Bool? {
    guard let value = value(key) else { return nil }
    guard case .bool(let flag) = value else { throw mismatch(key, value, "true or false") }
    return flag
  }

  func string(_ key: String) throws -> String? {
    guard let value = value(key) else { return nil }
    guard case .string(let text) = value else { throw mismatch(key, value, "a string") }
    return text
  }

  func string(_ key: String, oneOf choices: [String]) throws -> String? {
    guard let text = try string(key) else { return nil }
    guard choices.contains(text) else {
      let hint = nearest(text, among: choices).map { "; did you mean \"\($0)\"?" } ?? ""
      throw error(
        key, "found \"\(text)\", expected one of \(choices.map { "\"\($0)\"" }.joined(separator: ", "))\(hint)")
    }
    return text
  }

  func floats(_ key: String, _ expected: String, where isValid: (Double) -> Bool) throws -> [Float]? {
    guard let value = value(key) else { return nil }
    guard case .array(let items) = value else { throw mismatch(key, value, "an array of numbers") }
    return try items.enumerated().map { index, item in
      guard let number = item.asDouble, number.isFinite, isValid(number) else {
        throw error("\(key)[\(index)]", "found \(item.shown), expected \(expected)")
      }
      return Float(number)
    }
  }

  /// One number for both axes, or [rows, columns].
  func size2d(_ key: String, atLeast least: Int) throws -> Size2d? {
    guard let value = value(key) else { return nil }
    let limit = 1 << 16
    switch value {
    case .int(let both) where (least...limit).contains(both): return Size2d(both)
    case .array(let items):
      let numbers = items.compactMap { item -> Int? in
        if case .int(let number) = item, (least...limit).contains(number) { number } else { nil }
      }
      if items.count == 2 && numbers.count == 2 { return Size2d(numbers[0], numbers[1]) }
    default: break
    }
    throw mismatch(key, value, "a whole number from \(least) to \(limit), or two of them as [rows, columns]")
  }

  /// A nested object; an absent one reads as empty, so that all its defaults apply.
  func object(_ key: String) throws -> ConfigurationReader {
    try ConfigurationReader(value(key) ?? .object([:]), file: file, path: keyPath(key))
  }

  func array(_ key: String) throws -> [ConfigurationReader]? {
    guard let value = value(key) else { return nil }
    guard case .array(let items) = value else { throw mismatch(key, value, "an array [ … ]") }
    return try items.enumerated().map { index, item in
      try ConfigurationReader(item, file: file, path: "\(keyPath(key))[\(index)]")
    }
  }

  /// Refuses keys that nobody asked for.
  func finish() throws {
    guard let unknown = fields.keys.filter({ !known.contains($0) }).min() else { return }
    let hint =
      nearest(unknown, among: known).map { "did you mean \"\($0)\"?" }
      ?? "known keys: \(known.sorted().joined(separator: ", "))"
    throw error(unknown, "is not a known key; \(hint)")
  }
}

extension JSONValue {
  var asDouble: Double? {
    switch self {
    case .int(let value): Double(value)
    case .double(let value): value
    default: nil
    }
  }
}

/// The choice with the smallest edit distance, if it is close enough to be a slip of the hand.
func nearest(_ word: String, among choices: [String]) -> String? {
  let scored = choices.map { ($0, editDistance(Array(word), Array($0))) }
  guard let best = scored.min(by: { $0.1 < $1.1 }), best.1 <= max(2, word.count / 3) else { return nil }
  return best.0
}

/// Levenshtein's distance: insertions, deletions and replacements.
private func editDistance(_ a: [Character], _ b: [Character]) -> Int {
  var row = Array(0...b.count)
  for (i, x) in a.enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    for (j, y) in b.enumerated() {
      let replaced = diagonal + (x == y ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(replaced, diagonal + 1, row[j] + 1)
    }
  }
  return row[b.count]
}
