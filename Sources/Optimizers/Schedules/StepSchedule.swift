// A fall at equal distances.

import Fields
import Tensors

/// × γ after each `size`.
public struct StepSchedule: Schedule {
  public let type = "step"
  public var size = 1
  public var gamma = 0.1

  public init(size: Int = 1, gamma: Double = 0.1) { (self.size, self.gamma) = (size, gamma) }

  public mutating func visitFields(_ fields: any FieldVisitor) throws {
    try fields.length("step_size", &size, isRequired: true, "how long each rate lasts")
    try fields.gamma(&gamma)
  }

  public func rate(base: Double, at time: Int) -> Double {
    base * Reproducible.power(gamma, time / size)
  }
}
