// How a run learns.

import Fields
import Optimizers

/// How a run learns.
public struct TrainingConfiguration: Sendable {
  /// None for a model that is only looked at: its output may then be anything.
  public var epochs = 10
  public var batchSize = 64
  public var shuffle = true
  /// Whether a last batch that is not full is left out.
  public var dropLast = false
  public var loss = LossChoice.crossEntropy(smoothing: 0, weights: [])
  public var optimizer: any OptimizerOptions = Adam.Options()
  public var schedule = ScheduleConfiguration()
  public var clipping: GradientClipping?
  /// The k of the top-k accuracy that an evaluation reports.
  public var topK = 5
  public var checkpoint = CheckpointPlan()
  /// Whether a dashboard's run goes on when its terminal is gone.
  public var keepRunning = false
  /// Where the run is to stop, before the step that it is said of.
  public var breakpoints: [Condition] = []
  /// Threads for the arithmetic; nil for one a processor. The results do not depend on it.
  public var threads: Int?

  public init() {}

  public var trainsNothing: Bool { epochs == 0 }

  mutating func visitFields(_ fields: any FieldVisitor) throws {
    try fields.int("epochs", &epochs, in: 0...1_000_000, "how often it sees every image")
    try fields.int("batch_size", &batchSize, in: 1...65_536, "images a step")
    try fields.bool("shuffle", &shuffle, "whether each epoch has an order of its own")
    try fields.bool("drop_last", &dropLast, "whether a last batch that is not full is left out")
    try fields.variant("loss", &loss, among: lossTypes, "what is made small")
    try fields.variant("optimizer", &optimizer, among: optimizerTypes, "how the parameters move")
    try fields.variant("schedule", &schedule, among: scheduleTypes, "how the learning rate changes")
    if case .oneCycle(let cycle) = schedule.choice, cycle.cyclesMomentum, !optimizer.hasMomentum {
      throw fields.complaint(
        "schedule.cycle_momentum", "needs an optimizer with a momentum, and \(optimizer.type) has none: set it to false"
      )
    }
    try fields.object("clip", "what gradients may be at most") { try visitClipping($0) }
    try fields.int("top_k", &topK, in: 1...1_000_000, "the k of the top-k accuracy")
    try fields.object("checkpoint", "when the whole state is saved") { try checkpoint.visitFields($0) }
    try fields.bool("keep_running", &keepRunning, "whether a dashboard's run goes on when its terminal is gone")
    try fields.conditions("breakpoints", &breakpoints, "where the run stops to be looked at")
    try fields.optionalInt("threads", &threads, in: 1...1024, "threads for the arithmetic")
    fields.defaultFollows("threads", "one a processor")
  }

  /// `{"norm": 1}` or `{"value": 0.5}`.
  private mutating func visitClipping(_ fields: any FieldVisitor) throws {
    var (norm, value): (Float?, Float?)
    switch clipping {
    case .norm(let limit): norm = limit
    case .value(let limit): value = limit
    case nil: break
    }
    try fields.optionalFloat("norm", &norm, .positive, "the largest norm of all gradients together")
    try fields.optionalFloat("value", &value, .positive, "the largest magnitude of each number")
    if norm != nil && value != nil { throw fields.complaint("value", "stands beside norm; expected one of the two") }
    clipping = norm.map(GradientClipping.norm) ?? value.map(GradientClipping.value)
  }
}
