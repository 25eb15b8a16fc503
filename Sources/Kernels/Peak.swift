// The most multiply-adds that a core can do: what every other loop is measured against.

import CVector

/// Multiply-adds of one round of `multiplyAddRounds`, sixteen lanes each counted.
public var multiplyAddsPerRound: Int { (hasWideRegisters ? 24 : 6) * lanesPerShard }

/// Does nothing but independent multiply-adds on registers, as many as the processor can keep in flight.
///
/// - Returns: a number that depends on all of them, so that none can be left out.
public func multiplyAddRounds(_ rounds: Int) -> Float {
  hasWideRegisters
    ? multiplyAddRounds(rounds, Tile<24>.self)
    : multiplyAddRounds(rounds, Tile<6>.self)
}

@inline(__always)
private func multiplyAddRounds<let count: Int>(_ rounds: Int, _ size: Tile<count>.Type) -> Float {
  var sums = InlineArray<count, Lanes> { _ in .zero }
  let factor = Lanes(repeating: 1 / Float(rounds &+ 2))
  for i in 0..<count { sums[i] = Lanes(repeating: Float(i)) }
  for _ in 0..<rounds {
    for i in 0..<count { sums[i] = lanes_multiply_add(sums[i], factor, factor) }
  }
  var total = Lanes.zero
  for i in 0..<count { total += sums[i] }
  return total.treeSum
}
