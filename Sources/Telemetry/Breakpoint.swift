// Where a run stops, and why it has.

/// A condition that a run stops at.
public struct Breakpoint: Sendable, Hashable, Codable {
  public let condition: String
  public let isOn: Bool
  /// How often it has stopped the run.
  public let hits: Int

  public init(condition: String, isOn: Bool, hits: Int) {
    (self.condition, self.isOn, self.hits) = (condition, isOn, hits)
  }
}

/// A run that has stopped before a step, because of what that step would be.
public struct Stop: Sendable, Hashable, Codable {
  /// The step that was not made.
  public let step: Int
  public let condition: String
  /// What the condition saw: `loss is 2.31`.
  public let saw: String

  public init(step: Int, condition: String, saw: String) {
    (self.step, self.condition, self.saw) = (step, condition, saw)
  }

  public var sentence: String { "stopped before the update of step \(grouped(step)): \(condition), and \(saw)" }
}
