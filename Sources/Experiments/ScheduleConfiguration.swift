// The schedules that a configuration may name, and the warm-up before them.

import Fields
import Optimizers

/// How the learning rate changes.
public struct ScheduleConfiguration: Hashable, Sendable {
  public enum Choice: Hashable, Sendable {
    /// A function of time.
    case function(Schedule, Interval)
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

  package init(_ choice: Choice = .function(.constant, .epoch)) { self.choice = choice }
}

/// Every schedule with its defaults.
package let scheduleTypes = Variants<ScheduleConfiguration>(
  "schedule",
  [
    { ScheduleConfiguration() },
    { ScheduleConfiguration(.function(.step(size: 1, gamma: 0.1), .epoch)) },
    { ScheduleConfiguration(.function(.multiStep(milestones: [], gamma: 0.1), .epoch)) },
    { ScheduleConfiguration(.function(.exponential(gamma: 0.1), .epoch)) },
    { ScheduleConfiguration(.function(.linear(start: 1.0 / 3, end: 1, length: 5), .epoch)) },
    { ScheduleConfiguration(.function(.polynomial(length: 5, power: 1), .epoch)) },
    { ScheduleConfiguration(.function(.cosine(period: 1, minimum: 0), .epoch)) },
    { ScheduleConfiguration(.function(.cosineRestarts(first: 1, factor: 1, minimum: 0), .epoch)) },
    { ScheduleConfiguration(.oneCycle(OneCycle())) },
    { ScheduleConfiguration(.plateau(PlateauSchedule())) },
  ], type: { $0.type }, visit: { try $0.visitFields($1) })

extension ScheduleConfiguration {
  fileprivate var type: String {
    switch choice {
    case .function(let schedule, _):
      switch schedule {
      case .constant: "constant"
      case .step: "step"
      case .multiStep: "multi_step"
      case .exponential: "exponential"
      case .linear: "linear"
      case .polynomial: "polynomial"
      case .cosine: "cosine"
      case .cosineRestarts: "cosine_restarts"
      }
    case .oneCycle: "one_cycle"
    case .plateau: "plateau"
    }
  }

  fileprivate mutating func visitFields(_ fields: any FieldVisitor) throws {
    switch choice {
    case .function(var schedule, var interval):
      try schedule.visitFields(fields)
      if schedule != .constant { try fields.choice("interval", &interval, "what the times above count") }
      choice = .function(schedule, interval)
    case .oneCycle(var cycle):
      try cycle.visitFields(fields)
      choice = .oneCycle(cycle)
    case .plateau(var plateau):
      try plateau.visitFields(fields)
      choice = .plateau(plateau)
    }
    try fields.object("warmup", "a rise before it") { fields in
      var (steps, factor) = (warmUp?.steps, warmUp?.startFactor ?? 1.0 / 3)
      try fields.optionalInt("steps", &steps, in: times, "how long the rise lasts")
      if steps != nil || fields.isDescribing {
        try fields.double("start_factor", &factor, .positiveShare, "the share that it begins with")
      }
      warmUp = steps.map { WarmUp(steps: $0, startFactor: factor) }
    }
  }
}

private let times = 1...1_000_000_000

extension Schedule {
  fileprivate mutating func visitFields(_ fields: any FieldVisitor) throws {
    func gamma(_ gamma: Double, isRequired: Bool = false) throws -> Double {
      var gamma = gamma
      try fields.double("gamma", &gamma, .positive, isRequired: isRequired, "a factor")
      return gamma
    }
    func length(_ key: String, _ length: Int, isRequired: Bool, _ help: String) throws -> Int {
      var length = length
      try fields.int(key, &length, in: times, isRequired: isRequired, help)
      return length
    }
    func minimum(_ minimum: Double) throws -> Double {
      var minimum = minimum
      try fields.double("eta_min", &minimum, .notNegative, "the lowest rate")
      return minimum
    }
    switch self {
    case .constant: break
    case .step(let size, let factor):
      let size = try length("step_size", size, isRequired: true, "how long each rate lasts")
      self = .step(size: size, gamma: try gamma(factor))
    case .multiStep(var milestones, let factor):
      try fields.ints("milestones", &milestones, in: times, isRequired: true, "when the rate changes")
      self = .multiStep(milestones: milestones, gamma: try gamma(factor))
    case .exponential(let factor): self = .exponential(gamma: try gamma(factor, isRequired: true))
    case .linear(var start, var end, let total):
      try fields.double("start_factor", &start, .positiveShare, "what the rate is multiplied by at first")
      try fields.double("end_factor", &end, .share, "and in the end")
      self = .linear(
        start: start, end: end, length: try length("total_iters", total, isRequired: false, "how long it takes"))
    case .polynomial(let total, var power):
      try fields.double("power", &power, .positive, "the exponent")
      self = .polynomial(length: try length("total_iters", total, isRequired: false, "how long it takes"), power: power)
    case .cosine(let period, let low):
      let period = try length("t_max", period, isRequired: true, "how long the fall lasts")
      self = .cosine(period: period, minimum: try minimum(low))
    case .cosineRestarts(let first, var factor, let low):
      let first = try length("t_0", first, isRequired: true, "how long the first fall lasts")
      try fields.int("t_mult", &factor, in: 1...1000, "how many times longer each fall is than the one before")
      self = .cosineRestarts(first: first, factor: factor, minimum: try minimum(low))
    }
  }
}
