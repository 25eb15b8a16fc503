// The schedules that a configuration may name, and the warm-up before them.

import Fields
import Optimizers

/// How the learning rate changes.
public struct ScheduleConfiguration: Sendable {
  public enum Choice: Sendable {
    /// A function of time.
    case function(any Schedule, Interval)
    /// Along the whole run: up for a share of its steps, then down.
    case oneCycle(OneCycle)
    /// Watches the validation.
    case plateau(PlateauSchedule)
  }

  /// What a function's time counts.
  public enum Interval: String, Hashable, Sendable, CaseIterable {
    case epoch, step
  }

  public var choice: Choice
  public var warmUp: WarmUp?

  init(_ choice: Choice) { self.choice = choice }
  init(_ schedule: any Schedule = ConstantSchedule()) { choice = .function(schedule, .epoch) }
}

/// Every schedule with its defaults: a new one is a line here.
package let scheduleTypes = Variants<ScheduleConfiguration>(
  "schedule",
  [
    { ScheduleConfiguration(ConstantSchedule()) },
    { ScheduleConfiguration(StepSchedule()) },
    { ScheduleConfiguration(MultiStepSchedule()) },
    { ScheduleConfiguration(ExponentialSchedule()) },
    { ScheduleConfiguration(LinearSchedule()) },
    { ScheduleConfiguration(PolynomialSchedule()) },
    { ScheduleConfiguration(CosineSchedule()) },
    { ScheduleConfiguration(CosineRestartsSchedule()) },
    { ScheduleConfiguration(.oneCycle(OneCycle())) },
    { ScheduleConfiguration(.plateau(PlateauSchedule())) },
  ], type: { $0.type }, visit: { try $0.visitFields($1) })

extension ScheduleConfiguration {
  fileprivate var type: String {
    switch choice {
    case .function(let schedule, _): schedule.type
    case .oneCycle: "one_cycle"
    case .plateau: "plateau"
    }
  }

  fileprivate mutating func visitFields(_ fields: any FieldVisitor) throws {
    switch choice {
    case .function(var schedule, var interval):
      try schedule.visitFields(fields)
      if !(schedule is ConstantSchedule) { try fields.choice("interval", &interval, "what the times above count") }
      choice = .function(schedule, interval)
    case .oneCycle(var cycle):
      try cycle.visitFields(fields)
      choice = .oneCycle(cycle)
    case .plateau(var plateau):
      try plateau.visitFields(fields)
      choice = .plateau(plateau)
    }
    try fields.object("warmup", "a rise before it") { try WarmUp.visitFields($0, &warmUp) }
  }
}
