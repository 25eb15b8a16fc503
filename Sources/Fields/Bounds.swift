// Which numbers make sense for a field.

/// Some numbers, and the words for them.
public struct Bounds: Sendable, CustomStringConvertible {
  /// As in a complaint, behind "expected": `a number above 0`.
  public let description: String
  private let holds: @Sendable (Double) -> Bool

  public init(_ description: String, _ holds: @escaping @Sendable (Double) -> Bool) {
    self.description = description
    self.holds = holds
  }

  public func contains(_ number: Double) -> Bool { number.isFinite && holds(number) }

  public static let any = Bounds("a number") { _ in true }
  public static let positive = Bounds("a number above 0") { $0 > 0 }
  public static let notNegative = Bounds("a number of at least 0") { $0 >= 0 }
  /// A probability.
  public static let share = Bounds("a number from 0 to 1") { (0...1).contains($0) }
  /// How much of the past is kept.
  public static let decay = Bounds("a number from 0 to below 1") { (0..<1).contains($0) }
  public static let properShare = Bounds("a number above 0 and below 1") { $0 > 0 && $0 < 1 }
  public static let positiveShare = Bounds("a number above 0, at most 1") { $0 > 0 && $0 <= 1 }
}
