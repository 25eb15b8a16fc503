// A strict reader of JSON that says where a text goes wrong.

/// Reads JSON by RFC 8259, to the letter: a comma too many, a key that stands twice or a number out of range is an error with
/// its line and column. (Foundation's decoder takes the first two without a word, and says of no fault where it is.)
public struct JSONParser {
  /// What is wrong with a text, and where: `expected a value, found "}" at line 3, column 7`.
  public struct Fault: Error, CustomStringConvertible, Equatable {
    public let description: String
  }

  private let bytes: [UInt8]
  private var place = 0
  private var depth = 0
  private static let deepest = 200

  private init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The value that a text holds.
  ///
  /// - Throws: `Fault`.
  public static func parse(_ text: some Sequence<UInt8>) throws -> JSONValue {
    var parser = JSONParser(Array(text))
    // Some editors begin a file with a byte order mark.
    if parser.bytes.starts(with: [0xef, 0xbb, 0xbf]) { parser.place = 3 }
    let value = try parser.value()
    parser.skipSpace()
    guard parser.place == parser.bytes.count else { throw parser.expected("the end of the text") }
    return value
  }

  private var next: UInt8? { place < bytes.count ? bytes[place] : nil }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || (0x09...0x0d).contains(byte) && byte != 0x0b && byte != 0x0c { place += 1 }
  }

  /// Takes a character if it comes next, after white space.
  private mutating func take(_ character: Character) -> Bool {
    skipSpace()
    guard next == character.asciiValue else { return false }
    place += 1
    return true
  }

  private mutating func value() throws -> JSONValue {
    skipSpace()
    switch next {
    case UInt8(ascii: "{"): return try nested { try $0.object() }
    case UInt8(ascii: "["): return try nested { try $0.array() }
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "-"), .some(0x30...0x39): return try number()
    default:
      for (word, value) in [("true", JSONValue.bool(true)), ("false", .bool(false)), ("null", .null)]
      where bytes[place...].starts(with: word.utf8) {
        place += word.utf8.count
        return value
      }
      throw expected("a value")
    }
  }

  private mutating func nested(_ body: (inout JSONParser) throws -> JSONValue) throws -> JSONValue {
    guard depth < JSONParser.deepest else { throw fault("more than \(JSONParser.deepest) levels", at: place) }
    depth += 1
    place += 1
    defer { depth -= 1 }
    return try body(&self)
  }

  private mutating func object() throws -> JSONValue {
    var fields: [String: JSONValue] = [:]
    if take("}") { return .object(fields) }
    repeat {
      skipSpace()
      let start = place
      guard next == UInt8(ascii: "\"") else { throw expected("a key in quotes") }
      let key = try string()
      guard fields[key] == nil else { throw fault("the key \(JSONValue.string(key).shown) stands twice", at: start) }
      guard take(":") else { throw expected("\":\"") }
      fields[key] = try value()
    } while take(",")
    guard take("}") else { throw expected("\",\" or \"}\"") }
    return .object(fields)
  }

  private mutating func array() throws -> JSONValue {
    var items: [JSONValue] = []
    if take("]") { return .array(items) }
    repeat { items.append(try value()) } while take(",")
    guard take("]") else { throw expected("\",\" or \"]\"") }
    return .array(items)
  }

  private mutating func digits() throws {
    guard let byte = next, (0x30...0x39).contains(byte) else { throw expected("a digit") }
    while let byte = next, (0x30...0x39).contains(byte) { place += 1 }
  }

  private mutating func number() throws -> JSONValue {
    let start = place
    var isWhole = true
    if next == UInt8(ascii: "-") { place += 1 }
    if next == UInt8(ascii: "0") { place += 1 } else { try digits() }
    if next == UInt8(ascii: ".") {
      isWhole = false
      place += 1
      try digits()
    }
    if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
      isWhole = false
      place += 1
      if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { place += 1 }
      try digits()
    }
    let text = String(decoding: bytes[start..<place], as: UTF8.self)
    if isWhole, let whole = Int(text) { return .int(whole) }
    guard let number = Double(text), number.isFinite else {
      throw fault("the number \(text) is out of range", at: start)
    }
    return .double(number)
  }

  private mutating func string() throws -> String {
    let start = place
    place += 1
    var content: [UInt8] = []
    while let byte = next, byte != UInt8(ascii: "\"") {
      guard byte >= 0x20 else { throw fault("a control character in a string", at: place) }
      if byte == UInt8(ascii: "\\") {
        content.append(contentsOf: try escape().utf8)
      } else {
        content.append(byte)
        place += 1
      }
    }
    guard next != nil else { throw fault("a string that does not end", at: start) }
    place += 1
    guard let text = String(validating: content, as: UTF8.self) else {
      throw fault("a string that is not UTF-8", at: start)
    }
    return text
  }

  private mutating func escape() throws -> String {
    let start = place
    place += 1
    let simple: [UInt8: String] = [
      UInt8(ascii: "\""): "\"", UInt8(ascii: "\\"): "\\", UInt8(ascii: "/"): "/", UInt8(ascii: "b"): "\u{8}",
      UInt8(ascii: "f"): "\u{c}", UInt8(ascii: "n"): "\n", UInt8(ascii: "r"): "\r", UInt8(ascii: "t"): "\t",
    ]
    guard let byte = next else { throw expected("the rest of an escape") }
    place += 1
    if let character = simple[byte] { return character }
    guard byte == UInt8(ascii: "u") else { throw fault("an unknown escape", at: start) }
    var units = [try codeUnit()]
    if UTF16.isLeadSurrogate(units[0]), bytes[place...].starts(with: "\\u".utf8) {
      place += 2
      units.append(try codeUnit())
    }
    guard let text = String(validating: units, as: UTF16.self) else {
      throw fault("half of a surrogate pair", at: start)
    }
    return text
  }

  private mutating func codeUnit() throws -> UInt16 {
    guard place + 4 <= bytes.count, bytes[place..<place + 4].allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }),
      let unit = UInt16(String(decoding: bytes[place..<place + 4], as: UTF8.self), radix: 16)
    else { throw expected("four hexadecimal digits") }
    place += 4
    return unit
  }

  private func expected(_ what: String) -> Fault {
    guard let byte = next else { return fault("expected \(what), found the end of the text", at: place) }
    let found = (0x21...0x7e).contains(byte) ? "\"\(Character(UnicodeScalar(byte)))\"" : "byte \(byte)"
    return fault("expected \(what), found \(found)", at: place)
  }

  private func fault(_ message: String, at place: Int) -> Fault {
    let before = bytes.prefix(place)
    let line = before.count { $0 == 0x0a } + 1
    let column = place - (before.lastIndex(of: 0x0a).map { $0 + 1 } ?? 0) + 1
    return Fault(description: "\(message) at line \(line), column \(column)")
  }
}
