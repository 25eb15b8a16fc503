// What a trainer does when it is told to.

import Telemetry

extension Trainer {
  /// Between two units of work, on the queue.
  func obey(_ command: RunCommand) {
    let phase = status.phase
    let isOver = phase == .finished || phase == .failed
    switch command {
    case .run where !isOver: begin(.none)
    case .step(let count) where !isOver: begin(.steps(max(1, count)))
    case .finishEpoch(let count) where !isOver: begin(.epochs(max(1, count)))
    case .pause where !isOver, .stop where !isOver:
      if phase != .idle { setPhase(.paused) }
      attempt {
        if command == .stop { try recorder?.save(loop) }
        try recorder?.flush()
      }
    case .pace(let pace):
      mailbox.withLock {
        $0.status.pace = pace
        $0.status.secondsLeft = estimates.secondsLeft(loop, pace)
      }
    case .learningRateFactor(let factor) where factor.isFinite && factor >= 0 && phase != .failed:
      loop.setLearningRateFactor(factor)
      note("learning_rate_factor", factor)
    case .learningRate(let rate) where rate.isFinite && rate >= 0 && phase != .failed:
      loop.setLearningRate(rate)
      note("learning_rate_factor", loop.progress.schedule.factor)
    case .addEpochs(let count) where count > 0 && phase != .failed:
      loop.addEpochs(count)
      if phase == .finished { setPhase(.paused) }
      note("epochs", Double(loop.epochs))
    case .run, .step, .finishEpoch, .pause, .stop, .learningRateFactor, .learningRate, .addEpochs: break
    }
  }

  /// Writes down what changed the run, and tells those who look at it.
  private func note(_ kind: String, _ value: Double) {
    attempt { try recorder?.note(Intervention(loop, kind: kind, value: value)) }
    mailbox.withLock {
      $0.status.learningRate = loop.optimizer.learningRate
      $0.status.learningRateFactor = loop.progress.schedule.factor
      $0.status.epochs = loop.epochs
      $0.status.steps = loop.totalSteps
      $0.status.secondsLeft = estimates.secondsLeft(loop, $0.status.pace)
    }
  }
}
