// What is expected of a field, in words: for complaints and for descriptions.

/// Whole numbers, in words.
func words(for range: ClosedRange<Int>) -> String {
  range.upperBound == Int.max
    ? "a whole number of at least \(range.lowerBound)"
    : "a whole number from \(range.lowerBound) to \(range.upperBound)"
}

/// A whole number for both sides, or one for each.
func wordsForPair(_ range: ClosedRange<Int>) -> String { "\(words(for: range)), or two of them as [rows, columns]" }

/// The same, where a side may be the input's.
func wordsForNullablePair(_ range: ClosedRange<Int>) -> String {
  "\(words(for: range)), or two as [rows, columns], null for the input's own"
}

/// A name of so many characters.
func wordsForName(limit: Int) -> String { "up to \(limit) letters, digits, \"-\", \"_\" or \".\"" }

extension JSONValue {
  /// Both of a pair: one number where they are the same.
  static func pair(_ first: Int, _ second: Int) -> JSONValue {
    first == second ? .int(first) : .array([.int(first), .int(second)])
  }
}
