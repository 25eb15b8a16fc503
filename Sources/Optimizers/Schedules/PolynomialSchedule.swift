// Along a power.

import Fields
import Tensors

/// × (1 − time / length)ᵖ, down to zero.
public struct PolynomialSchedule: Schedule {
  public let type = "polynomial"
  public var length: Int
  public var power: Double

  public init(length: Int = 5, power: Double = 1) { (self.length, self.power) = (length, power) }

  public mutating func visitFields(_ fields: any FieldVisitor) throws {
    try fields.double("power", &power, .positive, "the exponent")
    try fields.length("total_iters", &length, isRequired: false, "how long it takes")
  }

  public func rate(base: Double, at time: Int) -> Double {
    base * Reproducible.power(1 - Double(min(time, length)) / Double(length), real: power)
  }
}
