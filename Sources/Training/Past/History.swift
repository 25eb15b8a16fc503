// The past of a run: states of some of its units, from which all others are had again, and the losses to compare with.

import Telemetry

/// A state of the past, and how much of the journal had happened by then.
final class Keyframe: Sendable {
  let unit: Int
  let changes: Int
  /// Without its curves: those are the whole run's.
  let state: RunState
  /// Whether it makes room for the next one of its kind, in the same memory.
  let isPassing: Bool
  /// Whether its memory was that of another one: to use memory for the first time takes several times as long.
  let isInUsedMemory: Bool

  init(_ loop: TrainingLoop) {
    (unit, changes, isPassing, isInUsedMemory) = (loop.unit, loop.journal.done, false, false)
    var state = loop.state()
    state.series = .none
    self.state = state
  }

  /// A passing one.
  ///
  /// - Parameter memory: of one that nobody needs any more; it is taken.
  init(_ loop: TrainingLoop, in memory: inout [Float]) {
    (unit, changes, isPassing, isInUsedMemory) = (loop.unit, loop.journal.done, true, !memory.isEmpty)
    var state = loop.state(in: &memory)
    state.series = .none
    self.state = state
  }

  init(unit: Int, changes: Int, state: RunState) {
    (self.unit, self.changes, self.state, isPassing, isInUsedMemory) = (unit, changes, state, false, false)
  }

  var bytes: Int { state.numbers.values.count * MemoryLayout<Float>.stride }
}

/// What is kept of a run's past, in bounded memory.
///
/// When the keyframes would take more than `limit` bytes, the one goes that is missed least: by the square of the gap that it leaves,
/// over its age. So gaps grow with the root of the age: one step back is short, and the start is never far from a keyframe.
///
/// Memory that was never used before costs several times what copying a state to it does. So just behind the newest unit there
/// are two states that pass on with the run, in memory of their own, much closer to each other than those that last.
struct History {
  /// In order of their units; the first is the run's beginning.
  private(set) var keyframes: [Keyframe] = []
  /// Units from one lasting keyframe to the next, before any is dropped; and from one passing one to the next.
  var spacing = 1
  private(set) var stride = 1
  private let configuredLimit: Int
  private var limit: Int
  /// What it takes to keep a state that lasts, and one that passes: the least that was measured of late, because other programs
  /// make it longer at times.
  private var secondsToKeep = 0.0
  private var secondsToPass = 0.0
  private var losses = LossRecord()

  private static let longestSpacing = 256

  /// So many states pass on with the run.
  private static let passing = 2

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

  /// Has the keeping of lasting states take one in four hundred of the time at most, and that of passing ones as much; those are
  /// no closer than three hundredths of a second.
  mutating func adapt(_ kept: Keyframe, seconds: Double, perStep step: Double) {
    func least(_ known: Double) -> Double { known == 0 ? seconds : min(seconds, 1.1 * known) }
    guard step > 0 else { return }
    if kept.isPassing {
      // The others take as long as this only once.
      guard kept.isInUsedMemory else { return }
      secondsToPass = least(secondsToPass)
      stride = min(History.longestSpacing, Int(max(400 * secondsToPass, 0.03) / step) + 1)
    } else {
      secondsToKeep = least(secondsToKeep)
      spacing = min(History.longestSpacing, Int(400 * secondsToKeep / step) + 1)
    }
  }

  /// The run begins with another state: it is a fork.
  mutating func begin(with start: Keyframe) { keyframes = [start] }

  /// Whether a lasting state should be kept: it is far enough from the one before it, or an epoch begins, behind a validation that
  /// takes long.
  func isDue(_ loop: TrainingLoop) -> Bool {
    guard !loop.isValidating, limit > 0, loop.unit > keyframes[0].unit else { return false }
    var place = place(after: loop.unit) - 1
    let last = keyframes[place].unit
    while place > 0 && keyframes[place].isPassing { place -= 1 }
    return loop.unit - keyframes[place].unit >= spacing || loop.stepInEpoch == 0 && loop.unit > last
  }

  /// Keeps the state that a run has newly come to, if one is due; that one.
  mutating func keepNewest(_ loop: TrainingLoop) -> Keyframe? {
    if isDue(loop) {
      let kept = Keyframe(loop)
      keep(kept)
      return kept
    }
    guard !loop.isValidating, limit > 0, let last = keyframes.last, loop.unit - last.unit >= stride else { return nil }
    var memory = takePassing()
    let kept = Keyframe(loop, in: &memory)
    keep(kept)
    return kept
  }

  /// The memory of the older one of two passing states, which is none any more; empty while there are fewer.
  private mutating func takePassing() -> [Float] {
    // They are among the last ones, as older ones have been taken.
    let passing = keyframes.indices.suffix(2 * History.passing + 2).filter { keyframes[$0].isPassing }
    guard passing.count >= History.passing else { return [] }
    return keyframes.remove(at: passing[0]).state.numbers.values
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
