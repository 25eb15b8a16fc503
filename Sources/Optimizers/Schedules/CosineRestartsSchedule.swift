// Along half a cosine, again and again.

import Fields

/// Half a cosine from the base rate to `minimum`, again and again, each time over `factor` times as long.
///
/// Source: Loshchilov and Hutter, "SGDR: Stochastic gradient descent with warm restarts" (2017).
public struct CosineRestartsSchedule: Schedule {
  public let type = "cosine_restarts"
  public var first: Int
  public var factor: Int
  public var minimum: Double

  public init(first: Int = 1, factor: Int = 1, minimum: Double = 0) {
    (self.first, self.factor, self.minimum) = (first, factor, minimum)
  }

  public mutating func visitFields(_ fields: any FieldVisitor) throws {
    try fields.length("t_0", &first, isRequired: true, "how long the first fall lasts")
    try fields.int("t_mult", &factor, in: 1...1000, "how many times longer each fall is than the one before")
    try fields.lowestRate(&minimum)
  }

  public func rate(base: Double, at time: Int) -> Double {
    var (start, length) = (0, first)
    while time >= start + length {
      start += length
      length *= factor
    }
    return halfCosine(from: base, to: minimum, Double(time - start) / Double(length))
  }
}
