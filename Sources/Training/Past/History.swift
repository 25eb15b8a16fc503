// The past of a run: states of some of its units, from which all others are had again, and the losses to compare with.

import Telemetry

/// A state of the past, and how much of the journal had happened by then.
final class Keyframe: Sendable {
  let unit: Int
  let changes: Int
  /// Without its curves: those are the whole run's.
  let state: RunState

  init(_ loop: TrainingLoop) {
    (unit, changes) = (loop.unit, loop.journal.done)
    var state = loop.state()
    state.series = .none
    self.state = state
  }

  init(unit: Int, changes: Int, state: RunState) { (self.unit, self.changes, self.state) = (unit, changes, state) }

  var bytes: Int { state.numbers.values.count * MemoryLayout<Float>.stride }
}

/// What is kept of a run's past, in bounded memory.
///
/// When the keyframes would take more than `limit` bytes, the one goes that is missed least: by the square of the gap that it leaves,
/// over its age. So gaps grow with the root of the age: one step back is short, and the start is never far from a keyframe.
struct History {
  /// In order of their units; the first is the run's beginning.
  private(set) var keyframes: [Keyframe] = []
  /// Units from one keyframe to the next, before any is dropped.
  var spacing = 1
  private let configuredLimit: Int
  private var limit: Int
  /// What it takes to keep a state: the least that was measured of late, because other programs make it longer at times.
  private var secondsToKeep = 0.0
  private var losses = LossRecord()

  private static let longestSpacing = 256

  /// More keyframes than these are no use, however small they are.
  private static let mostKeyframes = 1024

  /// - Parameter limit: in bytes; the beginning is kept in any case.
  init(limit: Int, start: Keyframe) {
    (self.limit, configuredLimit) = (limit, limit)
    keyframes = [start]
  }

  /// Has so many runs share the memory that one of them may take.
  mutating func share(among runs: Int) {
    limit = configuredLimit / max(1, runs)
    while keyframes.count > most { dropOne() }
  }

  /// How many states there is room for: the beginning and the newest in any case.
  private var most: Int {
    let bytes = keyframes.last?.bytes ?? 0
    return max(2, min(History.mostKeyframes, limit / max(1, bytes)))
  }

  /// Has states so close that a fortieth of a second leads from one to the next, as long as keeping them takes less than one in two
  /// hundred of the time; else no closer than one in four hundred takes.
  mutating func adapt(seconds: Double, perStep step: Double) {
    secondsToKeep = secondsToKeep == 0 ? seconds : min(seconds, 1.1 * secondsToKeep)
    guard step > 0 else { return }
    let steps = max(200 * secondsToKeep / step, min(400 * secondsToKeep / step, 0.025 / step))
    spacing = min(History.longestSpacing, Int(steps) + 1)
  }

  /// The run begins with another state: it is a fork.
  mutating func begin(with start: Keyframe) { keyframes = [start] }

  /// Whether a state should be kept: it is far enough from the one before it, or an epoch begins, behind a validation that takes long.
  func isDue(_ loop: TrainingLoop) -> Bool {
    guard !loop.isValidating, limit > 0, loop.unit > keyframes[0].unit else { return false }
    let last = keyframe(atOrBefore: loop.unit).unit
    return loop.unit - last >= spacing || loop.stepInEpoch == 0 && loop.unit > last
  }

  /// The last state that is not behind a unit.
  func keyframe(atOrBefore unit: Int) -> Keyframe { keyframes[place(after: unit) - 1] }

  /// The index of the first keyframe behind a unit.
  private func place(after unit: Int) -> Int {
    // Nearly always it is the newest that is asked for.
    if let last = keyframes.last, last.unit <= unit { return keyframes.count }
    var (low, high) = (1, keyframes.count)
    while low < high {
      let middle = (low + high) / 2
      if keyframes[middle].unit <= unit { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Keeps a state of a unit that has none yet.
  mutating func keep(_ keyframe: Keyframe) {
    let place = place(after: keyframe.unit)
    guard limit > 0, keyframes[place - 1].unit < keyframe.unit else { return }
    keyframes.insert(keyframe, at: place)
    while keyframes.count > most { dropOne() }
  }

  private mutating func dropOne() {
    guard let newest = keyframes.last?.unit else { return }
    var least: (place: Int, worth: Double)?
    for place in 1..<keyframes.count - 1 {
      let gap = Double(keyframes[place + 1].unit - keyframes[place - 1].unit)
      let worth = gap * gap / Double(newest - keyframes[place].unit + spacing)
      if worth < least?.worth ?? .infinity { least = (place, worth) }
    }
    // Of two, the newer one: the beginning leads everywhere.
    keyframes.remove(at: least?.place ?? keyframes.count - 1)
  }

  /// Keeps a step's loss.
  mutating func note(_ record: StepRecord) { losses.note(record) }

  /// Whether a step's loss is what it was the first time; what it was, if not.
  func recordedLoss(unlike record: StepRecord) -> Double? {
    guard let loss = losses[record.step], loss != record.loss, loss.isFinite || record.loss.isFinite else { return nil }
    return loss
  }

  /// The run goes on from a unit that has been before: what came after it is no part of it any more.
  ///
  /// - Parameter losses: those of the run's first steps, where they are known; nil to keep what there is.
  mutating func cut(after unit: Int, step: Int, losses known: [Double]? = nil) {
    keyframes.removeSubrange(place(after: unit)...)
    if let known { losses = LossRecord(known) }
    losses.cut(after: step)
  }
}

/// The losses of steps, the last few million of them.
private struct LossRecord {
  private var losses: [Double] = []
  /// The step of the first.
  private var first = 1

  private static let most = 1 << 22

  init(_ losses: [Double] = []) { self.losses = losses }

  mutating func note(_ record: StepRecord) {
    if losses.isEmpty { first = record.step }
    guard record.step == first + losses.count else { return }
    losses.append(record.loss)
    if losses.count > LossRecord.most {
      losses.removeFirst(LossRecord.most / 4)
      first += LossRecord.most / 4
    }
  }

  subscript(step: Int) -> Double? { losses.indices.contains(step - first) ? losses[step - first] : nil }

  mutating func cut(after step: Int) { losses.removeLast(min(losses.count, max(0, first + losses.count - 1 - step))) }
}
