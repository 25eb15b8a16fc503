// What can be said of a step in numbers: `update_ratio(conv1)`, `loss - validation_loss`.

import Fields

/// A number of a step, or several, calculated with.
public indirect enum Formula: Hashable, Sendable {
  /// What a step leaves behind.
  public enum Quantity: String, Hashable, Sendable, CaseIterable {
    case loss, accuracy, step, epoch
    case learningRate = "learning_rate"
    /// Of the last epoch that is over.
    case validationLoss = "validation_loss"
    case validationAccuracy = "validation_accuracy"
    /// Of all gradients, or of one layer's.
    case gradientNorm = "gradient_norm"
    case weightNorm = "weight_norm"
    case updateNorm = "update_norm"
    /// ‖update‖ / ‖weights‖ of a layer.
    case updateRatio = "update_ratio"
    /// The share of a layer's units that are zero for every image looked at.
    case dead

    enum Argument { case none, optional, required }

    var argument: Argument {
      switch self {
      case .loss, .accuracy, .step, .epoch, .learningRate, .validationLoss, .validationAccuracy: .none
      case .gradientNorm: .optional
      case .weightNorm, .updateNorm, .updateRatio, .dead: .required
      }
    }
  }
  public enum Operator: Character, Hashable, Sendable {
    case plus = "+"
    case minus = "-"
    case times = "*"
    case over = "/"
  }

  case number(Double)
  case quantity(Quantity, layer: String?)
  case negative(Formula)
  case binary(Operator, Formula, Formula)

  /// - Throws: `FormulaError` saying what was found where, and what was expected.
  public init(_ text: String) throws {
    var parser = try FormulaParser(text)
    self = try parser.sum()
    try parser.end()
  }

  /// Its value; nil while one of its quantities is not known.
  public func value(_ read: (Quantity, _ layer: String?) -> Double?) -> Double? {
    switch self {
    case .number(let number): return number
    case .quantity(let quantity, let layer): return read(quantity, layer)
    case .negative(let inner): return inner.value(read).map { -$0 }
    case .binary(let sign, let left, let right):
      guard let a = left.value(read), let b = right.value(read) else { return nil }
      return switch sign {
      case .plus: a + b
      case .minus: a - b
      case .times: a * b
      case .over: a / b
      }
    }
  }

  /// The quantities in it, with their layers.
  public var quantities: [(quantity: Quantity, layer: String?)] {
    switch self {
    case .number: []
    case .quantity(let quantity, let layer): [(quantity, layer)]
    case .negative(let inner): inner.quantities
    case .binary(_, let left, let right): left.quantities + right.quantities
    }
  }
}

extension Formula: CustomStringConvertible {
  public var description: String {
    switch self {
    case .number(let number): number == number.rounded() && abs(number) < 1e15 ? "\(Int(number))" : "\(number)"
    case .quantity(let quantity, let layer): quantity.rawValue + (layer.map { "(\($0))" } ?? "")
    case .negative(let inner): "-\(inner.isSimple ? "\(inner)" : "(\(inner))")"
    case .binary(let sign, let left, let right):
      "\(left.isSimple ? "\(left)" : "(\(left))") \(sign.rawValue) \(right.isSimple ? "\(right)" : "(\(right))")"
    }
  }

  private var isSimple: Bool {
    switch self {
    case .number, .quantity: true
    case .negative, .binary: false
    }
  }
}

/// What is no expression, or no condition.
public struct FormulaError: Error, Hashable, CustomStringConvertible {
  public let description: String

  init(_ description: String) { self.description = description }
}

/// Reads formulas from left to right; products bind closer than sums.
struct FormulaParser {
  private var rest: Substring
  private let text: String
  private var depth = 0

  /// - Throws: `FormulaError` when it is longer than a person writes.
  init(_ text: String) throws {
    (self.text, rest) = (text, text[...])
    guard text.utf8.count <= 400 else { throw FormulaError("found \(text.utf8.count) bytes, expected at most 400") }
  }

  /// A person writes no deeper ones, and others would only fill the stack.
  private static let deepest = 32

  mutating func sum() throws -> Formula {
    depth += 1
    defer { depth -= 1 }
    guard depth <= FormulaParser.deepest else { throw failure("at most \(FormulaParser.deepest) brackets") }
    var result = try product()
    while let sign = take(oneOf: [.plus, .minus]) { result = .binary(sign, result, try product()) }
    return result
  }

  private mutating func product() throws -> Formula {
    var result = try factor()
    while let sign = take(oneOf: [.times, .over]) { result = .binary(sign, result, try factor()) }
    return result
  }

  private mutating func factor() throws -> Formula {
    if take("-") {
      depth += 1
      defer { depth -= 1 }
      guard depth <= FormulaParser.deepest else { throw failure("fewer signs") }
      return .negative(try factor())
    }
    if take("(") {
      let inner = try sum()
      guard take(")") else { throw failure("\")\"") }
      return inner
    }
    if let number = number() { return .number(number) }
    return try quantity()
  }

  private mutating func quantity() throws -> Formula {
    skipSpaces()
    let word = rest.prefix { $0.isASCII && ($0.isLetter || $0 == "_") }
    guard let quantity = Formula.Quantity(rawValue: String(word)) else {
      let names = Formula.Quantity.allCases.map(\.rawValue)
      let hint = word.isEmpty ? nil : nearest(String(word), among: names)
      throw failure(hint.map { "\"\($0)\"" } ?? "a number or one of \(names.joined(separator: ", "))")
    }
    rest = rest.dropFirst(word.count)
    var layer: String?
    if quantity.argument != .none, take("(") {
      skipSpaces()
      let name = rest.prefix { $0 != ")" }
      rest = rest.dropFirst(name.count)
      let trimmed = String(name.reversed().drop { $0 == " " }.reversed())
      guard !trimmed.isEmpty, take(")") else { throw failure("a layer's name and \")\"") }
      layer = trimmed
    }
    guard quantity.argument != .required || layer != nil else {
      throw failure("a layer, such as \(quantity.rawValue)(conv1)")
    }
    return .quantity(quantity, layer: layer)
  }

  private mutating func number() -> Double? {
    skipSpaces()
    // As long as it can be: 1e-5 has a sign in it.
    for count in stride(from: min(32, rest.count), to: 0, by: -1) {
      let piece = rest.prefix(count)
      guard piece.allSatisfy({ $0.isNumber || "eE.+-".contains($0) }),
        piece.first?.isNumber == true || piece.first == ".",
        let number = Double(piece), number.isFinite
      else { continue }
      rest = rest.dropFirst(count)
      return number
    }
    return nil
  }

  private mutating func take(oneOf signs: [Formula.Operator]) -> Formula.Operator? {
    signs.first { take(String($0.rawValue)) }
  }

  mutating func take(_ token: String) -> Bool {
    skipSpaces()
    guard rest.hasPrefix(token) else { return false }
    rest = rest.dropFirst(token.count)
    return true
  }

  private mutating func skipSpaces() { rest = rest.drop { $0 == " " || $0 == "\t" } }

  mutating func end() throws {
    skipSpaces()
    guard rest.isEmpty else { throw failure("nothing more") }
  }

  /// What was found instead of something.
  mutating func failure(_ expected: String) -> FormulaError {
    skipSpaces()
    let found = rest.isEmpty ? "the end" : "\"\(rest.prefix(20))\""
    return FormulaError("found \(found) in \"\(text.prefix(60))\", expected \(expected)")
  }
}
