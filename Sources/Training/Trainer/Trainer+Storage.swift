// Where a trainer writes its run, and how it comes back to what it wrote.

import Dispatch
import Telemetry

extension Trainer {
  /// Writes metrics and checkpoints to a folder from now on. A folder is best made once all else is known to work: a run that
  /// is refused then leaves none.
  public func record(in folder: RunFolder) { queue.sync { open(folder) } }

  private func open(_ folder: RunFolder) {
    recorder = RunRecorder(folder, loop.configuration.training.checkpoint) { [weak self] in
      // Beside the training: what became of a checkpoint is taken in between two units.
      guard let self else { return }
      queue.async { self.checkStorage() }
    }
  }

  /// Makes the folder of a fork that begins where the run stands, be it in its past.
  ///
  /// - Parameters:
  ///   - overrides: what differs, `key.path=value` each.
  ///   - frozen: the names of layers that are left as they are from there on.
  ///   - path: nil for one beside the run's.
  /// - Throws: `RunError` or `ConfigurationError`.
  public func fork(
    overrides: [String], frozen: [String], path: String? = nil
  ) throws -> (folder: String, origin: ForkOrigin) {
    try queue.sync {
      guard let recorder else { throw RunError("this run is written nowhere, so nothing can be forked from it") }
      guard destination == nil else {
        throw RunError("the run is on its way to another step: a moment, and it is there")
      }
      let plan = try ForkPlan(recorder.folder.configuration, overrides: overrides, frozen: frozen)
      if isInPast {
        // A fork begins behind a validation; the run itself stays where it is.
        let here = Keyframe(loop)
        defer {
          jump(to: here)
          loop.isReplaying = true
        }
        try loop.replay(toStep: loop.step)
        return try fork(plan, recorder, path)
      }
      guard !loop.isValidating else { throw RunError("the validation is under way: a fork begins behind it") }
      guard loop.isFinite else { throw RunError("numbers that are not finite are no beginning: b goes a step back") }
      return try fork(plan, recorder, path)
    }
  }

  private func fork(
    _ plan: ForkPlan, _ recorder: RunRecorder, _ path: String?
  ) throws -> (folder: String, origin: ForkOrigin) {
    try recorder.folder.metrics.flush()
    let lines = try Fork.lines(of: recorder.folder.metrics.path, until: loop)
    return try Fork.write(loop, of: recorder.folder.path, lines, plan, dataset: dataset, path)
  }

  /// Writes nothing any more, and lets another process have the folder.
  public func releaseFolder() {
    queue.sync {
      recorder?.wait()
      recorder?.folder.release()
      recorder = nil
    }
  }

  /// Goes on with a run from its last whole checkpoint; what was written behind that is taken back, to be written again.
  ///
  /// - Throws: `RunError` when there is no checkpoint to go on from, or the run cannot have what it is to have; the folder is as it was
  ///   then.
  public func resume(_ resumption: Resumption) throws {
    try queue.sync {
      let journal = try resumption.folder.journal()
      if let base = try resumption.folder.checkpoints.base() {
        let state = try restorable(base, .none, resumption.folder.checkpoints.basePath)
        history.begin(with: Keyframe(unit: base.unit, changes: 0, state: state))
      } else if let origin = try ForkOrigin(of: resumption.folder.path) {
        throw RunError(
          "\(resumption.folder.checkpoints.basePath): is not there, and the run is a fork of \(origin.run); fork it again"
        )
      }
      loop.journal = journal
      open(resumption.folder)
      do {
        if try !goToLastCheckpoint(resumption.changes) { try begin(resumption.folder) }
      } catch {
        (recorder, loop.journal) = (nil, Journal())
        throw error
      }
      takeDueChanges()
      let place =
        loop.step > 0 ? "goes on after step \(grouped(loop.step)) of \(grouped(loop.totalSteps))" : "begins at step 0"
      tell("the run \(place)")
      for change in resumption.changes where loop.isChange(change) {
        tell(sentence(change))
        intervene(change)
      }
      loop.debugger.forget(stoppedBefore: loop.step + 1)
      mailbox.withLock { $0.status.phase = loop.isFinished ? .finished : .paused }
    }
  }

  /// Becomes a recorded run before its first step: what it does then is what that run did, change by change, and it stops behind
  /// the last step that was recorded. Nothing is written.
  ///
  /// - Throws: `RunError`.
  public func replay(_ run: String) throws {
    try queue.sync {
      loop.journal = try RunFolder.journal(of: run)
      let files = CheckpointFiles(run: run)
      if let base = try files.base() {
        let metrics = try RecordedMetrics("\(run)/\(RunFolder.metricsName)", bytes: base.metricsBytes)
        let state = try restorable(base, metrics.series, files.basePath)
        history.begin(with: Keyframe(unit: base.unit, changes: 0, state: state))
        loop.restore(state)
        show(metrics)
      }
      let last = try RecordedRunFigures(run)
      if !last.isFinished {
        loop.debugger.add(.comparison(.quantity(.step, layer: nil), .above, .number(Double(last.step))))
      }
      takeDueChanges()
      mailbox.withLock { $0.status.breakpoints = loop.debugger.breakpoints }
    }
  }

  private func sentence(_ change: Change) -> String {
    switch change {
    case .epochs(let epochs): "training.epochs is \(epochs) from now on; it was \(loop.epochs)"
    case .learningRate(let rate):
      "training.optimizer.learning_rate is \(Float(rate)) from now on; it was \(Float(loop.progress.schedule.baseRate))"
    case .learningRateFactor(let factor):
      "the schedule's learning rates are multiplied by \(Float(factor)) from now on; it was \(Float(loop.progress.schedule.factor))"
    case .frozen(let layer, let isFrozen): "\(layer) is \(isFrozen ? "frozen" : "trained") from now on"
    }
  }

  /// A run that was killed before its first checkpoint begins again: nothing is lost by that.
  private func begin(_ folder: RunFolder) throws {
    let metrics = try RecordedMetrics(folder.metrics.path, bytes: folder.metrics.wholeLines())
    guard metrics.lastEpoch == nil else {
      throw RunError(
        "\(folder.checkpoints.folder): holds no checkpoint, though \(metrics.lastEpoch?.epoch ?? 0) epochs were trained; "
          + "put one back, or begin another run in another folder")
    }
    try recorder?.move(to: nil)
    loop.journal.move(toDone: 0)
  }

  /// The newest checkpoint that is whole; those that are damaged are set aside, and said.
  ///
  /// - Parameter changes: what is to be made of the run there.
  /// - Returns: false when there is none at all.
  private func goToLastCheckpoint(_ changes: [Change] = []) throws -> Bool {
    guard let recorder else { return false }
    // One that is on its way is the newest.
    recorder.wait()
    let files = recorder.folder.checkpoints
    var damaged: [(step: Int?, error: RunError)] = []
    // A fork goes on from its beginning if there is no other.
    for step in files.steps.map(Optional.some) + [nil] {
      do {
        let read = try step.map { try files.read(files.path(step: $0)) } ?? files.base()
        guard let checkpoint = read else { continue }
        try check(checkpoint, recorder.folder, changes)
        let metrics = try RecordedMetrics(recorder.folder.metrics.path, bytes: checkpoint.metricsBytes)
        let state = try restorable(checkpoint, metrics.series, step.map(files.path) ?? files.basePath)
        try recorder.move(to: checkpoint)
        loop.journal.move(toDone: checkpoint.interventions)
        loop.restore(state)
        history.cut(after: loop.unit, step: loop.step, losses: metrics.losses)
        history.keep(Keyframe(loop))
        keepPast(files, before: loop.step, recorder.folder)
        examiner?.forget()
        answers.withLock { [epoch = loop.epoch] in $0 = $0.filter { $0.key < epoch } }
        for (step, error) in damaged {
          if let step { files.setAside(step: step) }
          tell("\(error); the run goes on from the checkpoint before it, of step \(loop.step)")
        }
        tellWhatIsMissing(checkpoint, metrics)
        show(metrics)
        return true
      } catch let error as RunError where error.isDamage { damaged.append((step, error)) }
    }
    guard let first = damaged.first else { return false }
    let others = damaged.count > 1 ? " and those before it are damaged too" : ""
    throw RunError("\(first.error);\(others) there is no checkpoint to go on from")
  }

  /// More take longer to read than they save.
  private static let mostReadBack = 16

  /// Earlier checkpoints lead into the run's past, which is else done again from its beginning.
  private func keepPast(_ files: CheckpointFiles, before step: Int, _ folder: RunFolder) {
    for earlier in files.steps.filter({ $0 < step }).prefix(Trainer.mostReadBack) {
      do {
        let checkpoint = try files.read(files.path(step: earlier))
        try check(checkpoint, folder, [])
        let state = try restorable(checkpoint, .none, files.path(step: earlier))
        history.keep(Keyframe(unit: loop.unit(of: state), changes: checkpoint.interventions, state: state))
      } catch { tell("\(error); going back from here takes longer without it") }
    }
  }

  private func restorable(_ checkpoint: Checkpoint, _ series: SeriesList, _ path: String) throws -> RunState {
    do { return try loop.state(checkpoint, series: series) } catch let error as RunError {
      throw RunError("\(path): \(error)", isDamage: true)
    }
  }

  /// Whether the configuration is still what the checkpoint's run was begun with, and there are to be no fewer epochs than there have
  /// been.
  private func check(_ checkpoint: Checkpoint, _ folder: RunFolder, _ changes: [Change]) throws {
    let keys = Set(checkpoint.configuration.keys).union(folder.leaves.keys).sorted()
    if let key = keys.first(where: { checkpoint.configuration[$0] != folder.leaves[$0] }) {
      throw RunError(
        "\(folder.path)/\(RunFolder.configurationName): \(key) is \(folder.leaves[key] ?? "not there"), but the run was begun with "
          + "\(checkpoint.configuration[key] ?? "none"); put that back")
    }
    let done = checkpoint.state.position.epoch - 1
    for case .epochs(let epochs) in changes where epochs < done {
      throw RunError(
        "training.epochs: found \(epochs), but the run in \(folder.path) has done \(done); expected no fewer")
    }
  }

  private func tellWhatIsMissing(_ checkpoint: Checkpoint, _ metrics: RecordedMetrics) {
    guard let recorder else { return }
    let found = loop.journal.interventions.count
    if found < checkpoint.interventions {
      tell(
        "\(recorder.folder.path): the journal has \(found) of the \(checkpoint.interventions) changes that were made; the run goes on, but "
          + "cannot be verified any more")
    }
    if let best = metrics.bestEpoch,
      (try? recorder.folder.checkpoints.read(.best))?.checkpoint.state.position.step != best.step
    {
      tell("the best checkpoint, of epoch \(best.epoch), is not there any more; the next better one will be")
    }
  }

  /// Has the status show where the run has come to.
  private func show(_ metrics: RecordedMetrics) {
    diagnosis.forget()
    loop.debugger.lastEpoch = metrics.lastEpoch
    (estimates, timings) = (Estimates(), .none)
    showChanges()
    let savedStep = recorder?.savedStep
    mailbox.withLock {
      ($0.status.step, $0.status.epoch, $0.status.savedStep) = (loop.step, min(loop.epoch, loop.epochs), savedStep)
      ($0.status.lastStep, $0.status.lastEpoch) = (metrics.lastStep, metrics.lastEpoch)
      $0.status.bestEpoch = metrics.bestEpoch
      $0.status.validation = loop.isValidating ? 0 : nil
      ($0.status.divergedAt, $0.status.divergedLayer, $0.status.warning) = (nil, nil, nil)
      ($0.status.stop, $0.status.replayFault) = (nil, nil)
      $0.status.baseLearningRate = loop.baseLearningRate
      $0.status.units += 1
    }
  }

  /// Back to the last checkpoint with so many times the learning rate.
  func goBack(_ factor: Double) {
    do {
      guard try goToLastCheckpoint() else { return tell("there is no checkpoint to go back to") }
    } catch { return tell("\(error)") }
    setPhase(.paused)
    // What was changed right there, by an earlier return too, holds.
    takeDueChanges()
    intervene(.learningRateFactor(loop.progress.schedule.factor * factor))
    tell("back at step \(grouped(loop.step)), with learning rate \(loop.optimizer.learningRate)")
  }

  /// Whether so many lines wait for the disk that the run has to.
  var waitsForDisk: Bool { recorder?.isFull == true }

  /// Tells what the disk does not take, and sees to it that it is tried again.
  func checkStorage() {
    guard let recorder else { return }
    recorder.collect()
    let (fault, step) = (recorder.fault, recorder.savedStep)
    let isNews = mailbox.withLock { mailbox in
      // While it trains, the next frame shows where the newest checkpoint is.
      let isSaved = mailbox.status.savedStep != step && !mailbox.status.phase.isUnderWay
      let isNews = isSaved || (mailbox.status.storageFault == nil) != (fault == nil)
      (mailbox.status.savedStep, mailbox.status.storageFault) = (step, fault)
      return isNews
    }
    if isNews { tellAll() }
    guard fault != nil, !isRetryComing else { return }
    isRetryComing = true
    queue.asyncAfter(deadline: .now() + .milliseconds(Int(recorder.pause.inSeconds * 1000))) { [weak self] in
      guard let self else { return }
      isRetryComing = false
      self.recorder?.retry(loop, canSave: !isInPast)
      if self.recorder?.takeIsRestored() == true {
        tell(
          "the run's folder was removed, and is there again with all its lines; of the checkpoints, only the last one")
      }
      checkStorage()
    }
  }
}
