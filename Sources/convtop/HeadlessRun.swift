// A run without a screen, from its start to its end or to a signal.

import ArgumentParser
import Dispatch
import Foundation
import Telemetry
import Training
import Workers

/// Trains until the run is finished, its numbers go wrong, or a signal ends it; who watches it may pause it meanwhile.
final class HeadlessRun {
  private let trainer: Trainer
  private let folder: RunFolder
  private let report: any TrainingReport

  init(_ trainer: Trainer, _ folder: RunFolder, _ report: any TrainingReport) {
    (self.trainer, self.folder, self.report) = (trainer, folder, report)
  }

  /// Returns when the run is over.
  ///
  /// - Throws: `Failure`, or the exit status of a run that was interrupted or has diverged.
  func run() throws {
    let over = DispatchSemaphore(value: 0)
    let watcher = trainer.addWatcher { [trainer] in
      let status = trainer.status
      if [.finished, .failed].contains(status.phase) || status.divergedAt != nil { over.signal() }
    }
    defer { trainer.removeWatcher(watcher) }
    report.begin(trainer.description, trainer.status, threads: trainer.threads, folder.path)
    let interrupted = Locked<Int32?>(nil)
    let interrupts = [SIGINT, SIGTERM, SIGHUP].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { [trainer] in
        interrupted.withLock { $0 = number }
        trainer.send(.stop) { over.signal() }
      }
      source.resume()
      return source
    }
    // A signal that came before leaves nothing to wait for.
    interrupted.withLock { if $0 == nil && trainer.status.phase != .finished { trainer.send(.run) } }
    if trainer.status.phase != .finished { over.wait() }
    for source in interrupts { source.cancel() }
    trainer.settle()
    let status = trainer.status
    let caught = interrupted.withLock { $0 }
    let outcome =
      status.divergedAt != nil ? "diverged" : caught == nil ? status.phase.rawValue : "interrupted"
    report.end(status, outcome, folder.path)
    if let failure = status.failure { throw Failure(description: failure, status: .output) }
    if let step = status.divergedAt { throw Failure(description: divergence(step, status), status: .diverged) }
    if let fault = status.storageFault {
      throw Failure(description: "\(fault), so the run's folder lacks the last of it", status: .output)
    }
    if let caught { throw ExitCode(128 + caught) }
  }

  private func divergence(_ step: Int, _ status: RunStatus) -> String {
    let layer = status.divergedLayer.map { ", first in layer \($0)" } ?? ""
    let saved = status.savedStep.map { "; the checkpoint of step \($0) is the last good one" } ?? ""
    return
      "at step \(step) numbers were not finite any more\(layer)\(saved). To go on from there with half the learning rate: "
      + "convtop train --resume --run \(folder.path) --set training.optimizer.learning_rate=\(trainer.baseLearningRate / 2)"
  }
}
