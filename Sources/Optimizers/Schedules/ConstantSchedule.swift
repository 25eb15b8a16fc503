// The learning rate as it is.

import Fields

/// The base rate at all times.
public struct ConstantSchedule: Schedule {
  public let type = "constant"

  public init() {}
  public func visitFields(_ fields: any FieldVisitor) {}
  public func rate(base: Double, at time: Int) -> Double { base }
}
