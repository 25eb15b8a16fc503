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
  /// On its way to a step of its past.
  case seeking

  /// Whether units of work are being done, be it only to the end of a batch.
  public var isUnderWay: Bool { [.running, .pausing, .seeking].contains(self) }
}

/// What a run can be told; it acts on it between two units of work.
public enum RunCommand: Sendable, Hashable, Codable {
  case run
  case pause
  /// Exactly so many batches, then pause.
  case step(Int)
  /// To the end of the epoch, so many times, then pause.
  case finishEpoch(Int)
  /// How fast to go from now on; it never changes a result.
  case pace(Pace)
  /// Have the learning rate so many times what the configuration says, from the next step on.
  case learningRateFactor(Double)
  /// Have the next step's learning rate be this one, and those after it so many times the schedule's as that makes; where
  /// the schedule says 0, nothing changes.
  case learningRate(Double)
  /// So many epochs more than were planned.
  case addEpochs(Int)
  /// Leave a layer, by its index, as it is from now on; or train it again.
  case freeze(layer: Int, Bool)
  /// Save a checkpoint beside the training.
  case save
  /// Go back to the last checkpoint, with so many times the learning rate: where numbers went wrong, nothing else helps.
  case goBack(Double)
  /// Go to the state after a step that has been, and pause there; beyond the newest one, to that.
  case goTo(step: Int)
  /// So many steps back, and pause there.
  case back(Int)
  /// Back to the epoch's beginning; from there, to that of the one before.
  case backToEpoch
  /// Stop where a condition comes to hold, such as `loss > 2`.
  case addBreakpoint(String)
  /// Turn the breakpoint of an index on or off, or drop it.
  case turnBreakpoint(Int, on: Bool)
  case removeBreakpoint(Int)
  /// Have a formula among the series, or no more.
  case watch(String)
  /// Save a checkpoint and do nothing more.
  case stop
}

/// How fast a run goes, so that people can follow it.
public struct Pace: Hashable, Sendable, Codable, CustomStringConvertible {
  /// The least time from one step to the next, in seconds; 0 for as fast as it goes.
  public let secondsPerStep: Double

  private init(_ secondsPerStep: Double) { self.secondsPerStep = secondsPerStep }

  public static let full = Pace(0)
  /// From the fastest to the slowest.
  public static let all = [full] + [100, 30, 10, 3, 1].map { Pace(1 / $0) } + [Pace(3)]

  /// Only one of those that there are.
  public init(from decoder: any Decoder) throws {
    let seconds = try decoder.singleValueContainer().decode(Double.self)
    guard let pace = Pace.all.first(where: { $0.secondsPerStep == seconds }) else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "no pace has \(seconds) seconds a step"))
    }
    self = pace
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(secondsPerStep)
  }

  /// The next slower one, or the next faster one; at the ends, itself.
  public func slower(by count: Int) -> Pace {
    let index = (Pace.all.firstIndex(of: self) ?? 0) + count
    return Pace.all[min(max(0, index), Pace.all.count - 1)]
  }

  /// Whether a person can see each step by itself.
  public var isSlow: Bool { secondsPerStep >= 0.1 }

  public var description: String {
    if self == .full { return "full speed" }
    if secondsPerStep > 1 { return "a step every \(Int(secondsPerStep.rounded())) s" }
    let rate = Int((1 / secondsPerStep).rounded())
    return rate == 1 ? "1 step/s" : "\(rate) steps/s"
  }
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
  /// The learning rate that the schedule starts from, with what somebody has had it multiplied by.
  public var baseLearningRate: Float = 0
  /// What the configuration's learning rate is multiplied by.
  public var learningRateFactor = 1.0
  public var pace = Pace.full
  /// The epoch with the best validation accuracy so far.
  public var bestEpoch: EpochRecord?
  public var lastStep: StepRecord?
  public var lastEpoch: EpochRecord?
  /// The step at which a loss, a weight or a gradient was not finite, where the run stopped; and of the layers with a weight
  /// or a gradient that was not then, the one nearest to the image.
  public var divergedAt: Int?
  public var divergedLayer: String?
  /// The step of the newest checkpoint on the disk.
  public var savedStep: Int?
  /// What looks wrong with the training, in a sentence.
  public var warning: String?
  /// What the disk does not take, in a sentence: the run goes on, and it is tried again.
  public var storageFault: String?
  /// What was worth telling once, the last few, the newest at the end; and how many there have been.
  public private(set) var notices: [String] = []
  public private(set) var noticeCount = 0
  /// The indices of the layers that somebody has had left as they are.
  public var frozen: Set<Int> = []
  /// Why the run failed.
  public var failure: String?
  /// The newest state, while an earlier one is shown: what else is said of the place is said of that one.
  public var newest: Newest?
  /// How a step came out otherwise when it was done again.
  public var replayFault: String?

  /// Where the run stops, in the order in which that was asked for.
  public var breakpoints: [Breakpoint] = []
  /// Why it has stopped where it is; nil once it goes on.
  public var stop: Stop?

  public struct Newest: Sendable, Hashable, Codable {
    public let step: Int
    public let epoch: Int

    public init(step: Int, epoch: Int) { (self.step, self.epoch) = (step, epoch) }
  }

  /// Whether it trains at its newest step, and is not only looked back into.
  public var isTraining: Bool { [.running, .pausing].contains(phase) && newest == nil }

  public mutating func tell(_ sentence: String) {
    notices = (notices + [sentence]).suffix(8)
    noticeCount += 1
  }

  /// Has the notices of another one.
  public mutating func takeNotices(of other: RunStatus) {
    (notices, noticeCount) = (other.notices, other.noticeCount)
  }

  /// What has come since there were so many.
  public func notices(since count: Int) -> ArraySlice<String> {
    notices.suffix(max(0, min(notices.count, noticeCount - count)))
  }

  public init(phase: RunPhase, epoch: Int, epochs: Int, step: Int, steps: Int, learningRate: Float) {
    (self.phase, self.epoch, self.epochs) = (phase, epoch, epochs)
    (self.step, self.steps, self.learningRate) = (step, steps, learningRate)
  }
}
