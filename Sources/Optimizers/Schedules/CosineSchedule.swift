// Along half a cosine.

import Fields

/// Half a cosine from the base rate to `minimum` over `period`.
///
/// Source: Loshchilov and Hutter, "SGDR: Stochastic gradient descent with warm restarts" (2017).
public struct CosineSchedule: Schedule {
  public let type = "cosine"
  public var period: Int
  public var minimum: Double

  public init(period: Int = 1, minimum: Double = 0) { (self.period, self.minimum) = (period, minimum) }

  public mutating func visitFields(_ fields: any FieldVisitor) throws {
    try fields.length("t_max", &period, isRequired: true, "how long the fall lasts")
    try fields.lowestRate(&minimum)
  }

  public func rate(base: Double, at time: Int) -> Double {
    halfCosine(from: base, to: minimum, Double(time) / Double(period))
  }
}
