// A fall each time.

import Fields
import Tensors

/// × γ each time.
public struct ExponentialSchedule: Schedule {
  public let type = "exponential"
  public var gamma: Double

  public init(gamma: Double = 0.1) { self.gamma = gamma }

  public mutating func visitFields(_ fields: any FieldVisitor) throws {
    try fields.gamma(&gamma, isRequired: true)
  }

  public func rate(base: Double, at time: Int) -> Double {
    base * Reproducible.power(gamma, time)
  }
}
