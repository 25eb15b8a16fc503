// What a trainer does when it is told to.

import Telemetry

extension Trainer {
  /// Between two units of work, on the queue.
  func obey(_ command: RunCommand) {
    if isInPast {
      if isFuture(command) { return tell("the past cannot be changed: $ goes to the newest step") }
      if case .stop = command { returnToPresent() }
    }
    let phase = status.phase
    let isOver = phase == .finished || phase == .failed
    // From numbers that are not finite there is only the way back.
    let isStuck = isOver || !loop.isFinite
    switch command {
    case .run where !isStuck: start(.none)
    case .step(let count) where !isStuck: start(.steps(max(1, count)))
    case .finishEpoch(let count) where !isStuck: start(.epochs(max(1, count)))
    case .pause where !isOver:
      destination = nil
      if phase != .idle { setPhase(.paused) }
      recorder?.flush()
    case .stop:
      if !isOver && phase != .idle { setPhase(.paused) }
      // A run that has not begun need not be kept.
      if loop.unit > 0 { recorder?.save(loop) }
      recorder?.flush()
      recorder?.wait()
    case .save: save()
    case .pace(let pace):
      mailbox.withLock {
        $0.status.pace = pace
        $0.status.secondsLeft = estimates.secondsLeft(loop, pace)
      }
    case .learningRateFactor(let factor) where factor.isFinite && factor >= 0 && phase != .failed:
      intervene(.learningRateFactor(factor))
    case .learningRate(let rate) where rate.isFinite && rate >= 0 && phase != .failed:
      intervene(.learningRateFactor(loop.factor(forLearningRate: rate)))
    case .addEpochs(let count) where count > 0 && phase != .failed:
      let (epochs, isTooMuch) = loop.epochs.addingReportingOverflow(count)
      guard !isTooMuch, epochs <= 1_000_000 else { return tell("a run has at most 1,000,000 epochs") }
      intervene(.epochs(epochs))
      if phase == .finished { setPhase(.paused) }
    case .freeze(let layer, let isFrozen) where phase != .failed: freeze(layer, isFrozen)
    case .goBack(let factor) where factor.isFinite && factor >= 0: goBack(factor)
    case .goTo(let step) where phase != .failed: go(toStep: max(0, step))
    case .back(let steps) where phase != .failed: goBack(steps: steps)
    case .addBreakpoint(let condition): addBreakpoint(condition)
    case .turnBreakpoint(let index, let isOn): turnBreakpoint(index, on: isOn)
    case .removeBreakpoint(let index): removeBreakpoint(index)
    case .watch(let expression): watch(expression)
    case .backToEpoch where phase != .failed: goToEpochStart()
    case .run, .step, .finishEpoch, .pause, .learningRateFactor, .learningRate, .addEpochs, .freeze, .goBack, .goTo,
      .back,
      .backToEpoch:
      break
    }
    checkStorage()
  }

  /// Whether it changes what comes, which only the newest state can have.
  private func isFuture(_ command: RunCommand) -> Bool {
    switch command {
    case .learningRateFactor, .learningRate, .addEpochs, .freeze, .save, .goBack: true
    case .run, .pause, .step, .finishEpoch, .pace, .stop, .goTo, .back, .backToEpoch, .addBreakpoint, .turnBreakpoint,
      .removeBreakpoint, .watch:
      false
    }
  }

  /// A run that is written down has a checkpoint before its first step: there is a way back from the first one on.
  private func start(_ goal: Goal) {
    if loop.unit == 0 && !isInPast { recorder?.save(loop) }
    begin(goal)
  }

  private func save() {
    guard let recorder else { return tell("there is no folder to save in") }
    guard !recorder.save(loop) else { return }
    tell(loop.isFinite ? "nothing is new since the last checkpoint" : "numbers that are not finite are not saved")
  }

  private func freeze(_ index: Int, _ isFrozen: Bool) {
    let name = description.layers.indices.contains(index) ? description.layers[index].name : ""
    guard let layer = loop.layerMeasures.first(where: { $0.name == name }) else {
      return tell("\(name.isEmpty ? "there is no such layer" : name) has nothing to train")
    }
    guard layer.isFrozen != isFrozen else { return }
    intervene(.frozen(name, isFrozen))
    tell(isFrozen ? "\(name) stays as it is from now on" : "\(name) is trained again")
  }

  /// Changes the run, writes that down, and tells those who look at it.
  func intervene(_ change: Change) {
    if case .learningRateFactor(let factor) = change, !factor.isFinite {
      return tell("that learning rate is more than a number can be times the schedule's")
    }
    let dropped = loop.journal.pending.count
    if dropped > 0 {
      tell("\(dropped) change\(dropped == 1 ? "" : "s") that had been made later than here will not come again")
    }
    loop.intervene(change)
    examiner?.forget()
    recorder?.write(loop.journal)
    showChanges()
  }

  /// Makes the changes that come before the next unit of work, by the journal.
  func takeDueChanges() {
    if loop.takeDueChanges() { showChanges() }
  }

  /// Has the status show what can be changed.
  func showChanges() {
    let frozen = description.layers.indices.filter { loop.progress.frozen.contains(description.layers[$0].name) }
    mailbox.withLock {
      $0.status.learningRate = loop.optimizer.learningRate
      $0.status.learningRateFactor = loop.progress.schedule.factor
      $0.status.baseLearningRate = loop.baseLearningRate
      $0.status.epochs = loop.epochs
      $0.status.steps = loop.totalSteps
      $0.status.frozen = Set(frozen)
      $0.status.secondsLeft = estimates.secondsLeft(loop, $0.status.pace)
    }
  }

  /// Says something once to all who look.
  func tell(_ sentence: String) {
    mailbox.withLock { $0.status.tell(sentence) }
  }
}
