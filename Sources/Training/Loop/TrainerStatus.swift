// Where a run stands, in figures.

/// What a trainer is doing.
public enum TrainerState: String, Sendable, Hashable {
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
}

/// What a trainer can be told; it acts on it between two batches.
public enum TrainerCommand: Sendable, Hashable {
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
public struct TrainerStatus: Sendable, Hashable {
  public var state: TrainerState
  /// The epoch under way, counted from 1; the last one when finished.
  public var epoch: Int
  public var epochs: Int
  /// Steps done, of all steps of the run.
  public var step: Int
  public var steps: Int
  /// How much of the validation is done, from 0 to 1, while it is under way.
  public var validation: Double?
  /// Training images a second, over the last second or so; 0 before the first step.
  public var imagesPerSecond: Double
  /// An estimate; nil before there is anything to go by.
  public var secondsLeft: Double?
  public var learningRate: Float
  public var lastStep: StepRecord?
  public var lastEpoch: EpochRecord?
  /// Why the run failed.
  public var failure: String?
}

/// Images a second over about the last second of work: older work counts half for each second that has passed since.
struct Throughput {
  private var images = 0.0
  private var seconds = 0.0

  mutating func add(images count: Int, seconds duration: Double) {
    let decay = pow2(-duration)
    images = images * decay + Double(count)
    seconds = seconds * decay + duration
  }

  var imagesPerSecond: Double { seconds > 0 ? images / seconds : 0 }

  /// 2ˣ for x ≤ 0, near enough: (1 + x/16 · ln 2)¹⁶.
  private func pow2(_ x: Double) -> Double {
    var value = max(0, 1 + x * 0.693_147 / 16)
    for _ in 0..<4 { value *= value }
    return value
  }
}
