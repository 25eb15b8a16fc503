// A rise before any schedule.

import Fields

/// A linear rise before any schedule: the rate grows from `startFactor` of it to all of it over `steps`.
public struct WarmUp: Hashable, Sendable {
  public var steps: Int
  public var startFactor: Double

  public init(steps: Int, startFactor: Double) {
    self.steps = steps
    self.startFactor = startFactor
  }

  /// What the rate is multiplied by at a step counted from 0.
  public func factor(at step: Int) -> Double {
    step >= steps ? 1 : startFactor + (1 - startFactor) * Double(step) / Double(steps)
  }

  /// The fields of a rise that may be left out: without its steps there is none.
  public static func visitFields(_ fields: any FieldVisitor, _ warmUp: inout WarmUp?) throws {
    var (steps, factor) = (warmUp?.steps, warmUp?.startFactor ?? 1.0 / 3)
    try fields.optionalInt("steps", &steps, in: scheduleTimes, "how long the rise lasts")
    if steps != nil || fields.isDescribing {
      try fields.double("start_factor", &factor, .positiveShare, "the share that it begins with")
    }
    warmUp = steps.map { WarmUp(steps: $0, startFactor: factor) }
  }
}
