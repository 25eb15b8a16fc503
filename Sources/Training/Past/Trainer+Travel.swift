// Going back in a run's past and forward again: a state that was kept, and the steps behind it done again.

import Telemetry

/// What a run had come to when somebody went back.
struct Present {
  let keyframe: Keyframe
  let isFinite: Bool
  let status: RunStatus
  /// What held of the conditions that it stops at.
  let debugger: Debugger

  init(_ loop: TrainingLoop, _ status: RunStatus) {
    (keyframe, isFinite, self.status, debugger) = (Keyframe(loop), loop.isFinite, status, loop.debugger)
  }
}

extension Trainer {
  /// How long steps are done again before commands and pictures have their turn.
  private static let patience = Duration.milliseconds(15)

  /// So many states before a destination are kept on the way to it.
  private static let trail = 4

  var isInPast: Bool { present != nil }
  private var newestUnit: Int { present?.keyframe.unit ?? loop.unit }

  /// Keeps the state that the run has come to, where one is due.
  func keepState() {
    guard loop.memory.isLookedAt else { return }
    let start = clock.now
    guard let kept = history.keepNewest(loop) else { return }
    history.adapt(
      kept, seconds: (clock.now - start).inSeconds,
      perStep: estimates.secondsPerStep(of: loop.configuration.training.batchSize))
  }

  /// Has this run share the memory for its past with others.
  public func sharePast(among runs: Int) { queue.async { self.history.share(among: runs) } }

  // MARK: - Setting out

  /// Sets out for so many steps before the present one.
  func goBack(steps: Int) {
    let here = destination.map { min(loop.step(atUnit: $0), loop.step(atUnit: newestUnit)) } ?? loop.step
    go(toStep: here - max(1, steps))
  }

  /// Sets out for the beginning of the epoch, or of the one before where the run is at its beginning.
  func goToEpochStart() {
    let done = max(0, loop.step - loop.progress.origin.step - 1)
    go(toStep: loop.progress.origin.step + done / loop.stepsPerEpoch * loop.stepsPerEpoch)
  }

  /// Sets out for the state after a step; there the run pauses. Steps that have not been yet are none to go to: the newest is, then.
  func go(toStep step: Int) {
    // The last step of an epoch without its validation, and the newest one with what came after it.
    let beginning = history.keyframes[0].unit
    let wanted =
      step >= loop.step(atUnit: newestUnit)
      ? newestUnit : max(beginning, min(newestUnit, loop.unit(afterStep: step)))
    if wanted == loop.unit && wanted == beginning { tell("this is where the run begins") }
    if !isInPast {
      guard wanted < loop.unit else { return }
      present = Present(loop, status)
      recorder?.flush()
    }
    if wanted == newestUnit { return returnToPresent() }
    loop.isReplaying = true
    // At once, so that whatever is asked for on the way finds the run in its past.
    if loop.unit > wanted { jump(to: history.keyframe(atOrBefore: wanted)) }
    showPast()
    destination = wanted
    setPhase(.seeking)
  }

  /// Goes on towards the destination for a while.
  func seek() {
    guard let destination, isInPast else { return }
    let start = clock.now
    loop.debugger.isSuspended = true
    defer { loop.debugger.isSuspended = false }
    let keyframe = history.keyframe(atOrBefore: destination)
    // Where it stands is as good as a keyframe, if it is on the way.
    if loop.unit > destination || loop.unit < keyframe.unit { jump(to: keyframe) }
    while loop.unit < destination && clock.now - start < Trainer.patience {
      guard replayUnit() != nil else { return }
    }
    let isThere = loop.unit == destination
    if isThere { loop.takeDueChanges() }
    showPast()
    guard isThere else { return }
    // Whoever waits for the pause finds the figures of the place.
    self.destination = nil
    setPhase(.paused)
    tellAll()
  }

  func jump(to keyframe: Keyframe) {
    loop.travel(to: keyframe.state)
    loop.journal.move(toDone: keyframe.changes)
  }

  // MARK: - Doing it again

  /// One unit again as it was; at the newest one, the run is there again.
  ///
  /// - Returns: what it was; nil when it came out otherwise, which ends the journey.
  func replayUnit() -> TrainingLoop.Event? {
    loop.takeDueChanges()
    let event = loop.advance()
    switch event {
    case .step(let record):
      if let loss = history.recordedLoss(unlike: record) {
        giveUp("step \(grouped(record.step)) had a loss of \(loss), and has \(record.loss) when it is done again")
        return nil
      }
    case .stopped(let stop):
      stopped(stop)
    case .finished:
      giveUp("the run ends at step \(grouped(loop.step)) when it is done again")
      return nil
    case .validating, .epoch: break
    }
    // The steps just before the destination are likely to be the next ones that are asked for.
    let isClose = destination.map { $0 - loop.unit < Trainer.trail } ?? false
    if history.isDue(loop) || isClose && !loop.isValidating { history.keep(Keyframe(loop)) }
    return event
  }

  /// The newest state was come to by replay: it has to be what it was.
  func arrive() {
    loop.takeDueChanges()
    guard let present, loop.unit == present.keyframe.unit else { return }
    guard loop.state().numbers == present.keyframe.state.numbers || !present.isFinite else {
      return giveUp("the state after step \(grouped(loop.step)) is another when it is done again")
    }
    let phase = status.phase
    returnToPresent(byReplay: true)
    // Whoever went forward goes on.
    if phase == .running && !loop.isFinished && loop.isFinite { setPhase(.running) }
  }

  /// The past is not what it was: nothing that is shown of it could be believed.
  private func giveUp(_ sentence: String) {
    // Before the phase says that the journey is over: who waits for that finds out why.
    mailbox.withLock { $0.status.replayFault = "\(sentence): this run's past cannot be shown" }
    returnToPresent()
  }

  /// Back at the newest state, at once.
  ///
  /// - Parameter byReplay: whether the steps up to it were done again: what is to stop the run there stops it again. Who
  ///   only looked back, and returns, has seen that.
  func returnToPresent(byReplay: Bool = false) {
    guard let present else { return }
    jump(to: present.keyframe)
    (loop.isFinite, loop.isReplaying) = (present.isFinite, false)
    (self.present, destination) = (nil, nil)
    let before = present.status
    if byReplay {
      loop.debugger.lastEpoch = before.lastEpoch
    } else {
      loop.debugger.recall(present.debugger)
    }
    showChanges()
    mailbox.withLock {
      ($0.status.newest, $0.status.step, $0.status.epoch) = (nil, before.step, before.epoch)
      ($0.status.validation, $0.status.secondsLeft) = (before.validation, before.secondsLeft)
      $0.status.phase = loop.isFinished ? .finished : .paused
      $0.status.stop = nil
      $0.status.units += 1
    }
    tellAll()
  }

  /// Has the status show where in the past the run stands.
  func showPast() {
    guard let present else { return }
    showChanges()
    mailbox.withLock {
      $0.status.newest = RunStatus.Newest(step: present.status.step, epoch: present.status.epoch)
      $0.status.step = loop.step
      $0.status.epoch = loop.stepInEpoch == 0 && loop.step > 0 ? loop.epoch - 1 : loop.epoch
      ($0.status.validation, $0.status.secondsLeft) = (nil, nil)
      $0.status.units += 1
      if loop.triedStep == nil { $0.status.stop = nil }
    }
  }
}

extension TrainingLoop {
  /// The units done when a step has just been done.
  func unit(afterStep step: Int) -> Int {
    let origin = progress.origin
    guard step > origin.step else { return (origin.epoch - 1) * unitsPerEpoch }
    let (epochs, rest) = (step - origin.step - 1).quotientAndRemainder(dividingBy: stepsPerEpoch)
    return (origin.epoch - 1 + epochs) * unitsPerEpoch + rest + 1
  }

  /// The units done when a step comes next: behind the validation where it begins an epoch.
  func unit(beforeStep step: Int) -> Int { unit(afterStep: step) - 1 }

  /// The steps done when so many units are.
  func step(atUnit unit: Int) -> Int {
    let (epochs, rest) = unit.quotientAndRemainder(dividingBy: unitsPerEpoch)
    return progress.origin.step + (epochs - (progress.origin.epoch - 1)) * stepsPerEpoch + min(rest, stepsPerEpoch)
  }
}
