// Where a run stands, in figures, and what it can be told.

/// What a run is doing.
///
///     idle → running → (pausing →) paused → running → … → finished | failed
public enum RunPhase: String, Sendable, Hashable, Codable {
  /// Ready; nothing has been asked of it yet.
  case idle
  case running
  /// Asked to pause, still in the middle of a batch.
  case pausing
  case paused
  /// All epochs are done.
  case finished
  /// An error ended the run; the status says which.
  case failed

  /// Whether it trains, be it only to the end of a batch.
  public var isUnderWay: Bool { self == .running || self == .pausing }
}

/// What a run can be told; it acts on it between two units of work.
public enum RunCommand: Sendable, Hashable, Codable {
  case run
  case pause
  /// Exactly so many batches, then pause.
  case step(Int)
  /// To the end of the epoch, so many times, then pause.
  case finishEpoch(Int)
  /// Save a checkpoint and do nothing more.
  case stop
}

/// Where a run stands.
public struct RunStatus: Sendable, Hashable, Codable {
  public var phase: RunPhase
  /// The epoch under way, counted from 1; the last one when finished.
  public var epoch: Int
  public var epochs: Int
  /// Steps done, of all steps of the run.
  public var step: Int
  public var steps: Int
  /// Units of work done, of whatever kind: a picture with as many is of the present state.
  public var units = 0
  /// How much of the validation is done, from 0 to 1, while it is under way.
  public var validation: Double?
  /// Training images a second, over the last second or so; 0 before the first step.
  public var imagesPerSecond = 0.0
  /// An estimate; nil before there is anything to go by.
  public var secondsLeft: Double?
  public var learningRate: Float
  public var lastStep: StepRecord?
  public var lastEpoch: EpochRecord?
  /// Why the run failed.
  public var failure: String?

  public init(phase: RunPhase, epoch: Int, epochs: Int, step: Int, steps: Int, learningRate: Float) {
    (self.phase, self.epoch, self.epochs) = (phase, epoch, epochs)
    (self.step, self.steps, self.learningRate) = (step, steps, learningRate)
  }
}
