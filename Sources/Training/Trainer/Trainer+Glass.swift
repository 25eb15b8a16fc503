// A trainer's steps under the glass: looked at while the run rests, and at no cost to it.

import Telemetry

extension Trainer {
  /// How long a piece of an examination holds up commands and pictures.
  private static let pieceOfExamination = Duration.milliseconds(15)
  /// How often those who wait are told how far it is.
  private static let examinationNews = Duration.milliseconds(100)

  /// What can be looked at where the run stands: its last step, or the next one where it has stopped before that or was begun
  /// here; nil where no step comes any more.
  private var examinedPlace: ExaminedPlace? {
    if let tried = loop.triedStep { return ExaminedPlace(step: tried.step, isTried: true) }
    if loop.step > firstStep - 1 { return ExaminedPlace(step: loop.step, isTried: false) }
    return loop.isFinished || loop.isValidating ? nil : ExaminedPlace(step: loop.step + 1, isTried: true)
  }

  /// The first step that can be made again.
  private var firstStep: Int { loop.step(atUnit: history.keyframes[0].unit) + 1 }

  /// Adds what a request asks of a step from within, as far as it is known.
  func examine(_ request: PictureRequest, into snapshot: inout Snapshot) {
    guard request.glass != nil || request.causes != nil else { return }
    guard !status.phase.isUnderWay else {
      snapshot.examination = .needsRest
      return
    }
    guard let place = examinedPlace else {
      snapshot.examination = .impossible("there is no step to look at")
      return
    }
    let examiner: Examiner
    do { examiner = try madeExaminer() } catch {
      snapshot.examination = .impossible("\(error)")
      return
    }
    snapshot.glass = request.glass.flatMap { examiner.pictures($0, at: place) }
    var isDone = request.glass == nil || snapshot.glass != nil
    var complaint = examiner.fault
    if let causes = request.causes {
      if let question = question(causes, request.layer, place) {
        snapshot.causes = examiner.pictures(question, layer: request.layer, at: place)
        isDone = isDone && snapshot.causes != nil
      } else {
        complaint = complaint ?? "\(description.layers[request.layer].name) has no weights that are trained"
      }
    }
    if isDone || examiner.fault != nil {
      snapshot.examination = complaint.map { .impossible($0) } ?? .done
    } else {
      snapshot.examination = .underWay(examined)
      isExamining = true
    }
  }

  private func madeExaminer() throws -> Examiner {
    if let examiner { return examiner }
    // Where there was too little memory once, there is too little.
    if let examinerRefusal { throw examinerRefusal }
    do {
      let microscope = try Microscope(loop.configuration, dataset: dataset, pool: loop.classifier.pool) { [weak self] in
        self?.knownLoss(unlike: $0)
      }
      let made = Examiner(microscope)
      examiner = made
      return made
    } catch let error as RunError {
      examinerRefusal = error
      throw error
    }
  }

  /// What the run's loss was in a step, where it is known and another.
  private func knownLoss(unlike record: StepRecord) -> Double? {
    guard let tried = loop.triedStep, tried.step == record.step else { return history.recordedLoss(unlike: record) }
    return tried.loss == record.loss || tried.loss.isNaN && record.loss.isNaN ? nil : tried.loss
  }

  /// The question as it can be answered: with steps that there are.
  private func question(_ request: CauseRequest, _ layer: Int, _ place: ExaminedPlace) -> CauseRequest? {
    let inspected = loop.classifier.inspected[layer]
    guard let filters = inspected.filters, inspected.layer.picturedWeight?.isTrainable == true else { return nil }
    var request = request
    request.filter = min(max(0, request.filter), filters.count - 1)
    request.steps = max(1, min(request.steps, CauseRequest.mostSteps, place.step - firstStep + 1))
    request.most = min(max(0, request.most), CauseRequest.mostImages)
    return request
  }

  /// A place from which a step is come to.
  private func start(before step: Int) -> Start {
    let unit = loop.unit(beforeStep: step)
    let keyframe = loop.unit == unit ? Keyframe(loop) : history.keyframe(atOrBefore: unit)
    return Start(keyframe: keyframe, journal: loop.journal)
  }

  /// Goes on with what somebody waits for.
  func goOnExamining() {
    guard isExamining, !status.phase.isUnderWay, let place = examinedPlace else {
      isExamining = false
      return
    }
    let waiting = mailbox.withLock { mailbox in
      mailbox.slots.compactMap { watcher, slot in
        slot.snapshot.flatMap { snapshot in
          if case .underWay = snapshot.examination { (watcher, snapshot.request) } else { nil }
        }
      }.sorted { $0.0.number < $1.0.number }
    }
    guard let request = waiting.first?.1, let examiner = try? madeExaminer() else {
      isExamining = false
      return
    }
    let deadline = clock.now + Trainer.pieceOfExamination
    var left: Double?
    if let glass = request.glass, examiner.pictures(glass, at: place) == nil {
      left = examiner.goOn(to: place, from: start(before: place.step), until: deadline)
    } else if let causes = request.causes, let question = question(causes, request.layer, place),
      examiner.pictures(question, layer: request.layer, at: place) == nil
    {
      left = examiner.goOn(
        with: question, layer: request.layer, steps: place.step - question.steps + 1...place.step,
        from: { start(before: place.step - question.steps + 1) }, until: deadline)
    }
    examined = left ?? 0
    guard left == nil || clock.now - lastExaminationNews > Trainer.examinationNews else { return }
    lastExaminationNews = clock.now
    isExamining = false
    for (watcher, request) in waiting { serve(request, for: watcher) }
  }
}
