// Learning-rate schedules that are pure functions of time.

import Fields
import Tensors

/// How the learning rate changes with time, which counts steps or epochs, as the schedule is asked.
///
/// Names, meanings and defaults are those of `torch.optim.lr_scheduler`. A new one is a file in `Schedules/` and a line in
/// `scheduleTypes`.
public protocol Schedule: Sendable {
  /// As in configurations, such as `multi_step`.
  var type: String { get }
  /// Goes over the options, which hold their defaults before.
  mutating func visitFields(_ fields: any FieldVisitor) throws
  /// The rate at a time counted from 0.
  func rate(base: Double, at time: Int) -> Double
}

/// The times that a schedule may speak of.
let scheduleTimes = 1...1_000_000_000

extension FieldVisitor {
  func gamma(_ value: inout Double, isRequired: Bool = false) throws {
    try double("gamma", &value, .positive, isRequired: isRequired, "a factor")
  }
  func lowestRate(_ value: inout Double) throws { try double("eta_min", &value, .notNegative, "the lowest rate") }
  /// How long something takes.
  func length(_ key: String, _ value: inout Int, isRequired: Bool, _ help: String) throws {
    try int(key, &value, in: scheduleTimes, isRequired: isRequired, help)
  }
}

/// Along half a cosine from one number to another.
func halfCosine(from start: Double, to end: Double, _ share: Double) -> Double {
  end + (start - end) * (0.5 * (1 + Reproducible.cosine(turns: 0.5 * share)))
}
