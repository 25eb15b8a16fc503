// The keys of `training.schedule`, read and written.

import Optimizers

/// Reads a schedule and the warm-up before it.
func readSchedule(
  _ reader: ConfigurationReader
) throws -> (TrainingConfiguration.ScheduleChoice, WarmUp?) {
  func count(_ key: String, _ what: String) throws -> Int {
    try reader.required(key, reader.int(key, in: 1...1_000_000_000), what)
  }
  func number(_ key: String, _ standard: Double, _ expected: String, _ isValid: (Double) -> Bool) throws -> Double {
    try reader.double(key, expected, where: isValid) ?? standard
  }
  func gamma() throws -> Double { try number("gamma", 0.1, "a number above 0") { $0 > 0 } }
  func minimum() throws -> Double { try number("eta_min", 0, "a number of at least 0") { $0 >= 0 } }
  let types = ["constant", "step", "multi_step", "exponential", "cosine", "cosine_restarts", "one_cycle", "plateau"]
  let type = try reader.string("type", oneOf: types) ?? "constant"
  func function(_ schedule: Schedule) throws -> TrainingConfiguration.ScheduleChoice {
    .function(schedule, perStep: try reader.string("interval", oneOf: ["epoch", "step"]) == "step")
  }
  let choice: TrainingConfiguration.ScheduleChoice
  switch type {
  case "step": choice = try function(.step(size: count("step_size", "how long each rate lasts"), gamma: gamma()))
  case "multi_step":
    let milestones = try reader.required(
      "milestones", reader.floats("milestones", "a whole number above 0") { $0 >= 1 && $0 == $0.rounded() },
      "when the rate changes")
    choice = try function(.multiStep(milestones: milestones.map { Int($0) }, gamma: gamma()))
  case "exponential":
    let gamma = try reader.required("gamma", reader.double("gamma", "a number above 0") { $0 > 0 }, "a factor")
    choice = try function(.exponential(gamma: gamma))
  case "cosine":
    choice = try function(.cosine(period: count("t_max", "how long the fall lasts"), minimum: minimum()))
  case "cosine_restarts":
    choice = try function(
      .cosineRestarts(
        first: count("t_0", "how long the first fall lasts"),
        factor: try reader.int("t_mult", in: 1...1000) ?? 1, minimum: minimum()))
  case "one_cycle":
    choice = .oneCycle(
      maximum: try reader.required(
        "max_lr", reader.float("max_lr", "a number above 0") { $0 > 0 }, "the highest learning rate"),
      rise: try number("pct_start", 0.3, "a number above 0 and below 1") { $0 > 0 && $0 < 1 },
      startDivisor: try number("div_factor", 25, "a number above 0") { $0 > 0 },
      endDivisor: try number("final_div_factor", 1e4, "a number above 0") { $0 > 0 })
  case "plateau":
    choice = .plateau(
      PlateauSchedule(
        factor: try number("factor", 0.1, "a number above 0 and below 1") { $0 > 0 && $0 < 1 },
        patience: try reader.int("patience", in: 0...1_000_000) ?? 10,
        threshold: try number("threshold", 1e-4, "a number of at least 0") { $0 >= 0 },
        cooldown: try reader.int("cooldown", in: 0...1_000_000) ?? 0,
        minimum: try number("min_lr", 0, "a number of at least 0") { $0 >= 0 }))
  default: choice = .function(.constant, perStep: false)
  }
  var warmUp: WarmUp?
  let warm = try reader.object("warmup")
  if let steps = try warm.int("steps", in: 1...1_000_000_000) {
    warmUp = WarmUp(
      steps: steps,
      startFactor: try warm.double("start_factor", "a number above 0, at most 1") { $0 > 0 && $0 <= 1 } ?? 1 / 3)
  }
  try warm.finish()
  try reader.finish()
  return (choice, warmUp)
}

/// A schedule and its warm-up with every default explicit.
func scheduleJSON(_ choice: TrainingConfiguration.ScheduleChoice, _ warmUp: WarmUp?) -> JSONValue {
  var fields: [String: JSONValue] = [:]
  switch choice {
  case .function(let schedule, let perStep):
    switch schedule {
    case .constant: fields = ["type": .string("constant")]
    case .step(let size, let gamma):
      fields = ["type": .string("step"), "step_size": .int(size), "gamma": .double(gamma)]
    case .multiStep(let milestones, let gamma):
      fields = [
        "type": .string("multi_step"), "milestones": .array(milestones.map(JSONValue.int)), "gamma": .double(gamma),
      ]
    case .exponential(let gamma): fields = ["type": .string("exponential"), "gamma": .double(gamma)]
    case .cosine(let period, let minimum):
      fields = ["type": .string("cosine"), "t_max": .int(period), "eta_min": .double(minimum)]
    case .cosineRestarts(let first, let factor, let minimum):
      fields = [
        "type": .string("cosine_restarts"), "t_0": .int(first), "t_mult": .int(factor), "eta_min": .double(minimum),
      ]
    case .oneCycle: preconditionFailure("a one-cycle schedule is configured as such")
    }
    if schedule != .constant { fields["interval"] = .string(perStep ? "step" : "epoch") }
  case .oneCycle(let maximum, let rise, let start, let end):
    fields = [
      "type": .string("one_cycle"), "max_lr": .number(maximum), "pct_start": .double(rise),
      "div_factor": .double(start), "final_div_factor": .double(end),
    ]
  case .plateau(let plateau):
    fields = [
      "type": .string("plateau"), "factor": .double(plateau.factor), "patience": .int(plateau.patience),
      "threshold": .double(plateau.threshold), "cooldown": .int(plateau.cooldown), "min_lr": .double(plateau.minimum),
    ]
  }
  if let warmUp {
    fields["warmup"] = .object(["steps": .int(warmUp.steps), "start_factor": .double(warmUp.startFactor)])
  }
  return .object(fields)
}
