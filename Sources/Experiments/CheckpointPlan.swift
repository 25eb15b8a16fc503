// When a run's whole state is saved.

import Fields

/// When a run's whole state is saved, beside the end of each epoch; the results do not depend on it.
public struct CheckpointPlan: Hashable, Sendable {
  /// 0 for never.
  public var everySteps = 0
  /// 0 for never.
  public var everySeconds = 60
  /// How many of the last ones are kept; the best one is kept besides.
  public var keep = 2

  public init() {}

  mutating func visitFields(_ fields: any FieldVisitor) throws {
    try fields.int("every_steps", &everySteps, in: 0...1_000_000_000, "save also after so many steps; 0 for never")
    try fields.int("every_seconds", &everySeconds, in: 0...86_400, "save also after so many seconds; 0 for never")
    try fields.int("keep", &keep, in: 1...1_000_000, "how many of the last are kept, beside the best")
  }
}
