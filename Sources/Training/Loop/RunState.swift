// Everything that a run is at one moment, as one value.

import Optimizers
import Telemetry
import Tensors

/// What a run goes on from: with its configuration and its data set, all that follows is a function of it.
///
/// The order of an epoch's images is not in it, because it follows from the seed and the epoch; nor are the learning rate
/// and the momentum, which follow from the schedule and the step.
public struct RunState: Hashable, Sendable, Codable {
  /// Where it stands among its units of work.
  public struct Position: Hashable, Sendable, Codable {
    /// Steps done, over the whole run.
    public internal(set) var step = 0
    /// The epoch that the next unit belongs to, counted from 1.
    public internal(set) var epoch = 1
    public internal(set) var stepInEpoch = 0
  }

  /// What the schedule has made of what it saw.
  struct Schedule: Hashable, Sendable, Codable {
    /// The learning rate that the schedule starts from; a plateau lowers it.
    var baseRate: Double
    /// What somebody has had the schedule's rates multiplied by.
    var factor = 1.0
    var plateau: PlateauSchedule?
  }

  /// Where the numbering of steps begins: a fork with another batch size has epochs of another length behind it.
  struct Origin: Hashable, Sendable, Codable {
    /// The epoch that begins there, counted from 1, and the steps done before it.
    var epoch = 1
    var step = 0
  }

  public internal(set) var position = Position()
  /// Nil for the usual one.
  var forkOrigin: Origin?
  var origin: Origin { forkOrigin ?? Origin() }
  /// How many epochs there are to be: the configuration's, and those that somebody has added.
  public internal(set) var epochs: Int
  /// The epoch's training images, as they were while it went by, and the validation so far.
  var trained = FigureSums()
  var validated = FigureSums()
  var schedule: Schedule
  /// The names of the layers that somebody has had left as they are, in alphabetical order.
  var frozen: [String] = []
  public internal(set) var series = SeriesList()
  var optimizerSteps = 0
  var optimizerScalars: [String: Double] = [:]
  /// Parameters, running statistics among them, in the model's order; then what the optimiser remembers, in the order of its
  /// memory: one piece of memory, so that a state costs one copy of it.
  var numbers = RunNumbers([])

  /// Encoded is what is no curve, which follows from the lines of `metrics.jsonl`, and no tensor.
  private enum CodingKeys: String, CodingKey {
    case position, forkOrigin, epochs, trained, validated, schedule, frozen, optimizerSteps, optimizerScalars
  }

  /// What tells it from other states of the same run: all but the curves. It is another in every process.
  public var digest: Int {
    var hasher = Hasher()
    for part in [position, origin, trained, validated, schedule, frozen, optimizerSteps, optimizerScalars, numbers]
      as [any Hashable]
    {
      part.hash(into: &hasher)
    }
    return hasher.finalize()
  }

  init(epochs: Int, schedule: Schedule) { (self.epochs, self.schedule) = (epochs, schedule) }
}

/// Numbers that are equal when their bits are, those that are not numbers included.
struct RunNumbers: Hashable, Sendable {
  let values: [Float]

  init(_ values: [Float]) { self.values = values }

  static func == (a: RunNumbers, b: RunNumbers) -> Bool {
    a.values.withUnsafeBytes { first in b.values.withUnsafeBytes { first.elementsEqual($0) } }
  }

  func hash(into hasher: inout Hasher) { values.withUnsafeBytes { hasher.combine(bytes: $0) } }
}

extension TrainingLoop {
  /// A copy of what the run is now.
  public func state() -> RunState {
    var none: [Float] = []
    return state(in: &none)
  }

  /// The same.
  ///
  /// - Parameter memory: numbers that nobody needs any more, which are taken; where they are as many, and nobody else has
  ///   them, no other memory is.
  func state(in memory: inout [Float]) -> RunState {
    var copy = progress
    copy.optimizerSteps = optimizer.steps
    copy.optimizerScalars = optimizer.scalars
    copy.numbers = RunNumbers(numbers(in: &memory))
    return copy
  }

  private func numbers(in memory: inout [Float]) -> [Float] {
    guard memory.count == stateCount else {
      return [Float](unsafeUninitializedCapacity: stateCount) { target, count in
        copyNumbers(into: target)
        count = stateCount
      }
    }
    // Taken, not copied: they have to be in one hand to be written over.
    var numbers: [Float] = []
    swap(&numbers, &memory)
    numbers.withUnsafeMutableBufferPointer { copyNumbers(into: $0) }
    return numbers
  }

  /// Makes the run what it was when the state was taken, of this loop or of another one of the same configuration.
  ///
  /// - Precondition: the state is of a run with the same model and optimiser.
  public func restore(_ state: RunState) {
    take(state)
    memory.forget(after: progress.position.epoch - 1)
  }

  /// Goes to a state of its own past, or to its newest one: the curves stay those of the whole run.
  func travel(to state: RunState) {
    let series = progress.series
    take(state)
    progress.series = series
    memory.forgetAnswers()
  }

  private func take(_ state: RunState) {
    precondition(
      state.numbers.values.count == stateCount, "a state of \(state.numbers.values.count) numbers for \(stateCount)")
    state.numbers.values.withUnsafeBufferPointer { takeNumbers($0) }
    optimizer.steps = state.optimizerSteps
    optimizer.scalars = state.optimizerScalars
    progress = state
    progress.numbers = RunNumbers([])
    optimizer.learningRate = learningRate
    isFinite = true
    forgetTriedStep()
    // A validation that is gone on with in its middle has answers of another one.
    answers = answers.map { _ in [] }
    debugger.forget()
    for layer in layerMeasures { layer.isFrozen = progress.frozen.contains(layer.name) }
    for layer in layerMeasures { layer.forget() }
    order = progress.position.stepInEpoch > 0 ? sampler.order(epoch: progress.position.epoch) : []
  }

  /// Copies the numbers of the state, in its order, to memory for as many: an equal share each thread, as the run waits for it.
  func copyNumbers(into target: UnsafeMutableBufferPointer<Float>) {
    guard let start = target.baseAddress else { return }
    let pieces = statePieces
    let pool = classifier.pool
    let share = target.count / pool.threads + 1
    pool.run(count: pool.threads) { index, _ in
      let own = index * share..<(index + 1) * share
      var first = 0
      for piece in pieces {
        let part = own.clamped(to: first..<first + piece.count)
        (start + part.lowerBound).update(from: piece.values + (part.lowerBound - first), count: part.count)
        first += piece.count
      }
    }
  }

  /// Takes the numbers of a state.
  func takeNumbers(_ source: UnsafeBufferPointer<Float>) {
    guard var place = source.baseAddress else { return }
    for piece in statePieces {
      piece.values.update(from: place, count: piece.count)
      place += piece.count
    }
  }

  /// Numbers in a state.
  var stateCount: Int { statePieces.reduce(0) { $0 + $1.count } }

  /// What the numbers of a state are, in its order.
  var stateLayout: [(name: String, shape: Shape)] {
    classifier.model.parameters.map { ($0.name, $0.shape) }
      + optimizer.memory.flatMap { memory in
        optimizer.parameters.map { ("optimizer.\(memory.name).\($0.name)", $0.shape) }
      }
  }

  /// The memory that a state is a copy of, in its order.
  private var statePieces: [(values: UnsafeMutablePointer<Float>, count: Int)] {
    classifier.model.parameters.map { ($0.values, $0.count) }
      + optimizer.memory.flatMap { memory in
        zip(optimizer.parameters, memory.buffers).map { ($1.floats, $0.count) }
      }
  }
}
