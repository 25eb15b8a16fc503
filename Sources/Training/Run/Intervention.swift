// What a person changed while a run went on.

import Telemetry

/// A change of a run that its configuration does not say, and the unit of work before which it happened.
struct Intervention {
  let step: Int
  let epoch: Int
  /// Whether the epoch's training is over, so that a piece of validation comes next.
  let isValidating: Bool
  /// `learning_rate_factor` or `epochs`.
  let kind: String
  let value: Double

  init(_ loop: TrainingLoop, kind: String, value: Double) {
    (step, epoch, isValidating) = (loop.step, loop.epoch, loop.isValidating)
    (self.kind, self.value) = (kind, value)
  }

  func add(to line: inout JSONLine) throws {
    line.add("step", step)
    line.add("epoch", epoch)
    try line.add("validating", isValidating)
    line.add(kind, value)
  }
}
