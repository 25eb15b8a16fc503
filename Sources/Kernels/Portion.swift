// What one of several threads does of a pass over one shard.

/// One of `count` portions of a pass, which threads do at once: each writes what no other reads or writes.
///
/// A number is computed by one portion alone, as if there were no others: the results do not depend on their count.
public struct Portion: Sendable, Hashable {
  public let index: Int
  public let count: Int

  /// The pass as a whole.
  public static let whole = Portion(index: 0, count: 1)

  public init(index: Int, count: Int) { (self.index, self.count) = (index, count) }

  /// The most portions that are worth their threads: less work is done before another thread has seen that there is some.
  public static func most(multiplyAdds: Int) -> Int { max(1, multiplyAdds / 40_000) }
  /// The same where each of so many lanes is read or written a few times.
  public static func most(lanes: Int) -> Int { max(1, lanes / 2048) }

  /// Its share of so many things side by side; none of the others has one of them, and together they have all.
  ///
  /// - Parameter unit: how many neighbours stay together.
  @inline(__always)
  public func range(of things: Int, unit: Int = 1) -> Range<Int> {
    let units = (things + unit - 1) / unit
    return min(things, index * units / count * unit)..<min(things, (index + 1) * units / count * unit)
  }

  /// Whether it does the piece of this number, where pieces are counted as they come up.
  @inline(__always)
  func takes(_ piece: Int) -> Bool { count == 1 || piece % count == index }
}
