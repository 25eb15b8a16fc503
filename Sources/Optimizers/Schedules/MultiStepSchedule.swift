// Falls at given times.

import Fields
import Tensors

/// × γ at each milestone.
public struct MultiStepSchedule: Schedule {
  public let type = "multi_step"
  public var milestones: [Int]
  public var gamma: Double

  public init(milestones: [Int] = [], gamma: Double = 0.1) { (self.milestones, self.gamma) = (milestones, gamma) }

  public mutating func visitFields(_ fields: any FieldVisitor) throws {
    try fields.ints("milestones", &milestones, in: scheduleTimes, isRequired: true, "when the rate changes")
    try fields.gamma(&gamma)
  }

  public func rate(base: Double, at time: Int) -> Double {
    base * Reproducible.power(gamma, milestones.count { $0 <= time })
  }
}
