// When a run is to stop: `loss > 2`, `dead(conv1) > 0.5`, `non-finite`, `every 100`.

import Fields

/// Something that a step can be.
public enum Condition: Hashable, Sendable {
  public enum Comparison: String, Hashable, Sendable, CaseIterable {
    // The longer ones first: they begin like others.
    case atMost = "<="
    case atLeast = ">="
    case unequal = "!="
    case same = "=="
    case equal = "="
    case below = "<"
    case above = ">"

    func holds(_ a: Double, _ b: Double) -> Bool {
      switch self {
      case .atMost: a <= b
      case .atLeast: a >= b
      case .unequal: a != b
      case .same, .equal: a == b
      case .below: a < b
      case .above: a > b
      }
    }
  }

  case comparison(Formula, Comparison, Formula)
  /// A loss, a gradient or a weight is not a number any more, or infinite.
  case nonFinite
  case every(Int)

  /// - Throws: `FormulaError` saying what was found where, and what was expected.
  public init(_ text: String) throws {
    let words = text.split(separator: " ")
    if words == ["non-finite"] {
      self = .nonFinite
    } else if words.first == "every" {
      guard words.count == 2, let steps = Int(words[1]), (1...1_000_000_000).contains(steps) else {
        throw FormulaError("found \"\(text.prefix(60))\", expected a number of steps, such as every 100")
      }
      self = .every(steps)
    } else {
      var parser = try FormulaParser(text)
      let left = try parser.sum()
      guard let comparison = Comparison.allCases.first(where: { parser.take($0.rawValue) }) else {
        throw parser.failure("a comparison, such as loss > 2")
      }
      let right = try parser.sum()
      try parser.end()
      self = .comparison(left, comparison, right)
    }
  }

  /// The formulas in it.
  public var formulas: [Formula] {
    if case .comparison(let left, _, let right) = self { [left, right] } else { [] }
  }

  /// Whether it holds; nil while one of its quantities is not known.
  ///
  /// - Parameter isFinite: whether all numbers of the step are.
  public func holds(
    step: Int, isFinite: Bool, _ read: (Formula.Quantity, _ layer: String?) -> Double?
  ) -> Bool? {
    switch self {
    case .nonFinite: return !isFinite
    case .every(let steps): return step % steps == 0
    case .comparison(let left, let comparison, let right):
      guard let a = left.value(read), let b = right.value(read) else { return nil }
      return comparison.holds(a, b)
    }
  }
}

extension Condition: CustomStringConvertible {
  public var description: String {
    switch self {
    case .comparison(let left, let comparison, let right): "\(left) \(comparison.rawValue) \(right)"
    case .nonFinite: "non-finite"
    case .every(let steps): "every \(steps)"
    }
  }
}

extension FieldVisitor {
  /// An array of conditions, each as a text.
  func conditions(_ key: String, _ value: inout [Condition], _ help: String) throws {
    var texts = value.map(\.description)
    try custom(
      key, &texts, expected: "an array of conditions, such as [\"loss > 2\", \"non-finite\"]",
      schema: .object(["type": .string("array"), "items": .object(["type": .string("string")])]),
      read: { json in
        guard case .array(let items) = json else { return nil }
        let texts = items.compactMap { if case .string(let text) = $0 { text } else { nil } }
        return texts.count == items.count ? texts : nil
      }, write: { .array($0.map(JSONValue.string)) }, help)
    value = try texts.enumerated().map { index, text in
      do { return try Condition(text) } catch { throw complaint("\(key)[\(index)]", "\(error)") }
    }
  }
}
