// Which numbers make sense for a field.

/// An interval of numbers, and the words for it.
public struct Bounds: Sendable, CustomStringConvertible {
  /// As in a complaint, behind "expected": `a number above 0`.
  public let description: String
  /// Its ends; nil where there is none. `above` and `below` do not belong to it, `least` and `most` do.
  let above: Double?
  let least: Double?
  let below: Double?
  let most: Double?

  public init(
    _ description: String, above: Double? = nil, least: Double? = nil, below: Double? = nil, most: Double? = nil
  ) {
    self.description = description
    (self.above, self.least, self.below, self.most) = (above, least, below, most)
  }

  public func contains(_ number: Double) -> Bool {
    number.isFinite && number > above ?? -.infinity && number >= least ?? -.infinity && number < below ?? .infinity
      && number <= most ?? .infinity
  }

  public static let any = Bounds("a number")
  public static let positive = Bounds("a number above 0", above: 0)
  public static let notNegative = Bounds("a number of at least 0", least: 0)
  /// A probability.
  public static let share = Bounds("a number from 0 to 1", least: 0, most: 1)
  /// How much of the past is kept.
  public static let decay = Bounds("a number from 0 to below 1", least: 0, below: 1)
  public static let properShare = Bounds("a number above 0 and below 1", above: 0, below: 1)
  public static let positiveShare = Bounds("a number above 0, at most 1", above: 0, most: 1)
}
