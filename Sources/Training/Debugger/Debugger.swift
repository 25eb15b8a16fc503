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

/// A step that was tried, in the numbers that conditions speak of.
struct StepFigures {
  let loop: TrainingLoop
  let record: StepRecord
  /// The last epoch that is over.
  let lastEpoch: EpochRecord?
  var isFinite: Bool { loop.isFinite }

  /// Nil while it is not known: nothing was validated yet, or dead units are not counted at this step.
  func value(_ quantity: Formula.Quantity, _ layer: String?) -> Double? {
    let measures = layer.flatMap { name in loop.layerMeasures.first { $0.name == name } }
    switch quantity {
    case .loss: return record.loss
    case .accuracy: return record.accuracy
    case .step: return Double(record.step)
    case .epoch: return Double(record.epoch)
    case .learningRate: return Double(record.learningRate)
    case .validationLoss: return lastEpoch?.validationLoss
    case .validationAccuracy: return lastEpoch?.validationAccuracy
    case .gradientNorm where layer == nil:
      return loop.layerMeasures.reduce(0) { $0 + $1.squares(of: .gradient) }.squareRoot()
    case .gradientNorm: return measures?.squares(of: .gradient).squareRoot()
    case .weightNorm: return measures?.squares(of: .weight).squareRoot()
    case .updateNorm: return measures?.squares(of: .update).squareRoot()
    case .updateRatio:
      return measures.map { ($0.squares(of: .update) / $0.squares(of: .weight)).squareRoot() }
    case .dead:
      // As often as it is measured, and on the same images.
      guard MeasureRecord.isDue(record.step), let layer else { return nil }
      let name = "\(loop.activation(of: layer) ?? layer)/dead"
      return loop.measureDeadUnits()?.values.first { $0.name == name }?.value
    }
  }

  /// What a condition saw: `loss is 2.31`.
  func words(for condition: Condition) -> String {
    switch condition {
    case .nonFinite:
      return "loss is \(record.loss)" + (loop.firstLayerNotFinite.map { ", first in layer \($0)" } ?? "")
    case .every: return "step \(grouped(record.step))"
    case .comparison:
      let sides = condition.formulas.filter { !$0.quantities.isEmpty }
      return sides.map { "\($0) is \($0.value(value).map { formatNumber(Float($0)) } ?? "not known")" }
        .joined(separator: ", ")
    }
  }
}

extension TrainingLoop {
  /// The activation with zeros behind a layer, or the layer itself if it is one; nil without one.
  func activation(of name: String) -> String? {
    guard let index = classifier.inspected.firstIndex(where: { $0.layer.name == name }) else { return nil }
    return classifier.inspected[index...].prefix(3).map(\.layer).first { ["relu", "relu6"].contains($0.kind) }?.name
  }

  /// What is wrong with the layers that a formula names, in a sentence; nil for nothing.
  func complaint(about formulas: [Formula]) -> String? {
    for (quantity, layer) in formulas.flatMap(\.quantities) {
      guard let layer else { continue }
      let isKnown = quantity == .dead ? activation(of: layer) != nil : layerMeasures.contains { $0.name == layer }
      guard !isKnown else { continue }
      guard classifier.inspected.contains(where: { $0.layer.name == layer }) else {
        let names = classifier.inspected.map(\.layer.name)
        return "there is no layer \(layer); there are \(names.joined(separator: ", "))"
      }
      return quantity == .dead ? "\(layer) has no relu behind it" : "\(layer) has nothing to train"
    }
    return nil
  }
}

/// All that a step changes of a run's numbers, from before it: a step that was tried is taken back.
struct StepUndo {
  private var numbers: [Float] = []
  private var steps = 0
  private var scalars: [String: Double] = [:]

  mutating func remember(_ loop: TrainingLoop) {
    if numbers.isEmpty { numbers = [Float](repeating: 0, count: loop.stateCount) }
    numbers.withUnsafeMutableBufferPointer { loop.copyNumbers(into: $0) }
    (steps, scalars) = (loop.optimizer.steps, loop.optimizer.scalars)
  }

  func takeBack(_ loop: TrainingLoop) {
    numbers.withUnsafeBufferPointer { loop.takeNumbers($0) }
    (loop.optimizer.steps, loop.optimizer.scalars) = (steps, scalars)
    loop.isFinite = true
    for layer in loop.layerMeasures { layer.forget() }
  }
}
