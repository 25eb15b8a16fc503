// Stopping a run where something happens, before it has happened.

import Experiments
import Telemetry

/// The conditions that a run stops at, and the formulas that are watched.
///
/// A condition stops the run when it comes to hold, not as long as it does: at the first step at which it holds and did not hold
/// before.
struct Debugger {
  private struct Stopper {
    let condition: Condition
    var isOn = true
    var hits = 0
    /// Whether it held when it was looked at last, and at which step it stopped the run last.
    var held = false
    var lastStop: Int?
  }

  private var stoppers: [Stopper] = []
  private(set) var watches: [Formula] = []
  /// The last epoch that is over.
  var lastEpoch: EpochRecord?
  /// Whether nothing stops: on the way to somewhere.
  var isSuspended = false
  private(set) var isArmed = false
  /// The layers whose weights are to be copied before a step, because somebody asks for what it adds.
  private(set) var updatedLayers: Set<String> = []

  init(_ conditions: [Condition] = []) {
    for condition in conditions { add(condition) }
  }

  /// More are none that a person asked for.
  private static let most = 64

  /// - Returns: false for one that is there, or when there are so many.
  @discardableResult
  mutating func add(_ condition: Condition) -> Bool {
    guard !stoppers.contains(where: { $0.condition == condition }), stoppers.count < Debugger.most else { return false }
    stoppers.append(Stopper(condition: condition))
    prepare()
    return true
  }

  mutating func remove(_ index: Int) {
    guard stoppers.indices.contains(index) else { return }
    stoppers.remove(at: index)
    prepare()
  }

  mutating func turn(_ index: Int, on isOn: Bool) {
    guard stoppers.indices.contains(index) else { return }
    (stoppers[index].isOn, stoppers[index].held, stoppers[index].lastStop) = (isOn, false, nil)
    prepare()
  }

  /// Watches a formula, or no more.
  ///
  /// - Returns: whether it is watched now.
  mutating func watch(_ formula: Formula) -> Bool {
    defer { prepare() }
    if let index = watches.firstIndex(of: formula) {
      watches.remove(at: index)
      return false
    }
    watches = (watches + [formula]).suffix(Debugger.most)
    return true
  }

  private mutating func prepare() {
    isArmed = stoppers.contains(where: \.isOn)
    let formulas = watches + stoppers.filter(\.isOn).flatMap(\.condition.formulas)
    let updates = formulas.flatMap(\.quantities).filter { [.updateNorm, .updateRatio].contains($0.quantity) }
    updatedLayers = Set(updates.compactMap(\.layer))
  }

  /// The run stands somewhere else now, so nothing is known to hold.
  ///
  /// - Parameter step: that which it stopped before when it was left; what held there does not stop it again.
  mutating func forget(stoppedBefore step: Int? = nil) {
    for index in stoppers.indices { (stoppers[index].held, stoppers[index].lastStop) = (step != nil, step) }
    lastEpoch = nil
  }

  /// The run stands again where it did: what held there is known again, of the conditions that are still there.
  mutating func recall(_ earlier: Debugger) {
    lastEpoch = earlier.lastEpoch
    for index in stoppers.indices {
      guard let known = earlier.stoppers.first(where: { $0.condition == stoppers[index].condition }) else { continue }
      (stoppers[index].held, stoppers[index].lastStop) = (known.held, known.lastStop)
    }
  }

  /// What the screen shows of it.
  var breakpoints: [Breakpoint] {
    stoppers.map { Breakpoint(condition: "\($0.condition)", isOn: $0.isOn, hits: $0.hits) }
  }

  /// Looks at a step that was tried; the first condition that comes to hold, with what it saw.
  mutating func look(_ figures: StepFigures) -> (condition: Condition, saw: String)? {
    var found: (Condition, String)?
    for index in stoppers.indices where stoppers[index].isOn {
      let condition = stoppers[index].condition
      let step = figures.record.step
      guard let holds = condition.holds(step: step, isFinite: figures.isFinite, figures.value) else { continue }
      var isNew = !stoppers[index].held
      // Each of these steps is one by itself.
      if case .every = condition { isNew = true }
      if holds && isNew && stoppers[index].lastStop != step {
        stoppers[index].hits += 1
        stoppers[index].lastStop = step
        found = found ?? (condition, figures.words(for: condition))
      }
      stoppers[index].held = holds
    }
    return found
  }
}
