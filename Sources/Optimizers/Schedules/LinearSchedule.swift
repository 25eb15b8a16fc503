// Along a line.

import Fields

/// From `start` times the rate to `end` times it, along a line of `length`.
public struct LinearSchedule: Schedule {
  public let type = "linear"
  public var start: Double
  public var end: Double
  public var length: Int

  public init(start: Double = 1.0 / 3, end: Double = 1, length: Int = 5) {
    (self.start, self.end, self.length) = (start, end, length)
  }

  public mutating func visitFields(_ fields: any FieldVisitor) throws {
    try fields.double("start_factor", &start, .positiveShare, "what the rate is multiplied by at first")
    try fields.double("end_factor", &end, .share, "and in the end")
    try fields.length("total_iters", &length, isRequired: false, "how long it takes")
  }

  public func rate(base: Double, at time: Int) -> Double {
    base * (start + (end - start) * Double(min(time, length)) / Double(length))
  }
}
