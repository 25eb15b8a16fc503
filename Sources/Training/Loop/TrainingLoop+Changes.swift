// What a person can change of a run between two units of work.

extension TrainingLoop {
  /// Makes a change, from the next unit on, and keeps it in the journal; what the journal had for later is dropped.
  func intervene(_ change: Change) {
    journal.append(Intervention(self, change))
    apply(change)
  }

  /// Makes the changes that come before the next unit, by the journal.
  ///
  /// - Returns: whether there was one.
  @discardableResult
  func takeDueChanges() -> Bool {
    guard let next = journal.pending.first, next.unit <= unit else { return false }
    for change in journal.takeDue(at: unit) { apply(change) }
    return true
  }

  /// Makes a change, from the next unit on.
  func apply(_ change: Change) {
    switch change {
    case .learningRateFactor(let factor): progress.schedule.factor = factor
    case .learningRate(let rate): progress.schedule.baseRate = rate
    case .epochs(let epochs): progress.epochs = epochs
    case .frozen(let name, let isFrozen):
      guard let layer = layerMeasures.first(where: { $0.name == name }) else { return }
      layer.isFrozen = isFrozen
      progress.frozen = (progress.frozen.filter { $0 != name } + (isFrozen ? [name] : [])).sorted()
    }
    optimizer.learningRate = learningRate
  }

  /// Whether a change would change anything.
  func isChange(_ change: Change) -> Bool {
    switch change {
    case .learningRateFactor(let factor): progress.schedule.factor != factor
    case .learningRate(let rate): progress.schedule.baseRate != rate
    case .epochs(let epochs): progress.epochs != epochs
    case .frozen(let name, let isFrozen): progress.frozen.contains(name) != isFrozen
    }
  }

  /// The factor that makes the next step's learning rate this one; where the schedule says 0, the present one.
  func factor(forLearningRate rate: Double) -> Double {
    let factor = progress.schedule.factor
    progress.schedule.factor = 1
    defer { progress.schedule.factor = factor }
    let scheduled = Double(learningRate)
    return scheduled > 0 ? rate / scheduled : factor
  }
}
