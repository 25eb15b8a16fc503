// Where a trainer writes its run, and how it comes back to what it wrote.

import Dispatch
import Telemetry

extension Trainer {
  /// Writes metrics and checkpoints to a folder from now on. A folder is best made once all else is known to work: a run that
  /// is refused then leaves none.
  public func record(in folder: RunFolder) { queue.sync { open(folder, Journal()) } }

  private func open(_ folder: RunFolder, _ journal: Journal) {
    recorder = RunRecorder(folder, journal, loop.configuration.training.checkpoint) { [weak self] in
      // Beside the training: what became of a checkpoint is taken in between two units.
      guard let self else { return }
      queue.async { self.checkStorage() }
    }
  }

  /// Goes on with a run from its last whole checkpoint; what was written behind that is taken back, to be written again.
  ///
  /// - Throws: `RunError` when there are checkpoints and none can be gone on from; the folder is as it was then.
  public func resume(_ resumption: Resumption) throws {
    try queue.sync {
      let journal = try resumption.folder.journal()
      open(resumption.folder, journal)
      do {
        try goToLastCheckpoint()
        takeDueChanges()
        try checkEpochs(resumption)
      } catch {
        recorder = nil
        throw error
      }
      let done =
        loop.step > 0 ? "goes on after step \(grouped(loop.step)) of \(grouped(loop.totalSteps))" : "begins at step 0"
      tell("the run \(done)")
      for change in resumption.changes where loop.isChange(change) {
        switch change {
        case .epochs(let epochs): tell("training.epochs is \(epochs) from now on; it was \(loop.epochs)")
        case .learningRate(let rate):
          let before = Float(loop.progress.schedule.baseRate)
          tell("training.optimizer.learning_rate is \(Float(rate)) from now on; it was \(before)")
        case .learningRateFactor, .frozen: break
        }
        intervene(change)
      }
      mailbox.withLock { $0.status.phase = loop.isFinished ? .finished : .paused }
    }
  }

  private func checkEpochs(_ resumption: Resumption) throws {
    for case .epochs(let epochs) in resumption.changes where epochs < loop.epoch - 1 {
      throw RunError(
        "training.epochs: found \(epochs), but the run in \(resumption.folder.path) has done \(loop.epoch - 1); expected no fewer"
      )
    }
  }

  /// The newest checkpoint that is whole, or else the run's beginning; those that are damaged are set aside, and said.
  private func goToLastCheckpoint() throws {
    guard let recorder else { return }
    let files = recorder.folder.checkpoints
    var damaged: [(step: Int, why: String)] = []
    for step in files.steps {
      do {
        let checkpoint = try files.read(files.path(step: step))
        try checkConfiguration(checkpoint, recorder.folder)
        let metrics = try RecordedMetrics(recorder.folder.metrics.path, bytes: checkpoint.metricsBytes)
        do { try loop.restore(checkpoint, series: metrics.series) } catch let error as RunError {
          throw RunError("\(files.path(step: step)): \(error)")
        }
        try recorder.move(to: checkpoint)
        for (step, why) in damaged {
          files.setAside(step: step)
          tell("\(why); the run goes on from the checkpoint before it, of step \(checkpoint.state.position.step)")
        }
        if recorder.journal.interventions.count < checkpoint.interventions {
          tell(
            "\(recorder.folder.path): the journal has \(recorder.journal.interventions.count) changes of the "
              + "\(checkpoint.interventions) that were made; the run goes on, but cannot be verified any more")
        }
        if let best = metrics.bestEpoch, (try? files.read(.best))?.checkpoint.state.position.step != best.step {
          tell("the best checkpoint, of epoch \(best.epoch), is not there any more; the next better one will be")
        }
        return show(metrics)
      } catch let error as RunError { damaged.append((step, error.description)) }
    }
    guard damaged.isEmpty else {
      throw RunError(
        "\(damaged[0].why); \(damaged.count == 1 ? "there is no other checkpoint" : "nor can the run go on from any of the \(damaged.count - 1) before it")"
      )
    }
    // Killed before the first one was written: nothing is lost by beginning again.
    try recorder.move(to: nil)
  }

  /// Whether the configuration is still what the checkpoint's run was begun with.
  private func checkConfiguration(_ checkpoint: Checkpoint, _ folder: RunFolder) throws {
    let keys = Set(checkpoint.configuration.keys).union(folder.leaves.keys).sorted()
    guard let key = keys.first(where: { checkpoint.configuration[$0] != folder.leaves[$0] }) else { return }
    throw RunError(
      "\(folder.path)/\(RunFolder.configurationName): \(key) is \(folder.leaves[key] ?? "not there"), but the run was begun with "
        + "\(checkpoint.configuration[key] ?? "none")")
  }

  /// Has the status show where the run has come to.
  private func show(_ metrics: RecordedMetrics) {
    diagnosis.forget()
    showChanges()
    let savedStep = recorder?.savedStep
    mailbox.withLock {
      let epoch = min(loop.epoch, loop.epochs)
      ($0.status.step, $0.status.epoch, $0.status.savedStep) = (loop.step, epoch, savedStep)
      ($0.status.lastStep, $0.status.lastEpoch) = (metrics.lastStep, metrics.lastEpoch)
      $0.status.bestEpoch = metrics.bestEpoch
      $0.status.validation = loop.isValidating ? 0 : nil
      ($0.status.divergedAt, $0.status.divergedLayer, $0.status.warning) = (nil, nil, nil)
      $0.status.units += 1
    }
  }

  /// Back to the last checkpoint with so many times the learning rate.
  func goBack(_ factor: Double) {
    guard let recorder, !recorder.folder.checkpoints.steps.isEmpty || recorder.savedStep != nil else {
      return tell("there is no checkpoint to go back to")
    }
    do {
      try goToLastCheckpoint()
    } catch { return tell("\(error)") }
    setPhase(.paused)
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
      let isNews = mailbox.status.savedStep != step || (mailbox.status.storageFault == nil) != (fault == nil)
      (mailbox.status.savedStep, mailbox.status.storageFault) = (step, fault)
      return isNews
    }
    if isNews { tellAll() }
    guard fault != nil, !isRetryComing else { return }
    isRetryComing = true
    queue.asyncAfter(deadline: .now() + .milliseconds(Int(recorder.pause.inSeconds * 1000))) { [weak self] in
      guard let self else { return }
      isRetryComing = false
      self.recorder?.retry(loop)
      if self.recorder?.takeIsRestored() == true {
        tell("the run's folder was removed, and is there again with all its lines; of the checkpoints, the last one")
      }
      checkStorage()
    }
  }
}
