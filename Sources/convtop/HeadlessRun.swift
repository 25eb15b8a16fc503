// A run without a screen, from its start to its end or to a signal.

import ArgumentParser
import Dispatch
import Foundation
import Telemetry
import Training
import Workers

/// Trains until the run is finished, its numbers go wrong, or a signal ends it; who watches it may pause it meanwhile.
final class HeadlessRun {
  private let served: ServedRun
  private var trainer: Trainer { served.trainer }
  private var folder: RunFolder { served.folder }
  private let report: any TrainingReport
  private let ignored: [Int32]
  private let startsPaused: Bool

  /// - Parameters:
  ///   - ignored: signals that are to change nothing.
  ///   - startsPaused: whether a watcher has to have it go on.
  init(_ served: ServedRun, _ report: any TrainingReport, ignoring ignored: [Int32] = [], startsPaused: Bool = false) {
    (self.served, self.report, self.ignored, self.startsPaused) = (served, report, ignored, startsPaused)
  }

  /// Returns when the run is over.
  ///
  /// - Throws: `Failure`, or the exit status of a run that was interrupted or has diverged.
  func run() throws {
    let trainer = self.trainer
    for number in ignored { signal(number, SIG_IGN) }
    let over = DispatchSemaphore(value: 0)
    // Where nobody reads what is said, whoever attaches is to see what went wrong, and can go back.
    let isAlone = ignored.isEmpty
    let watcher = trainer.addWatcher {
      let status = trainer.status
      if [.finished, .failed].contains(status.phase) || status.divergedAt != nil && isAlone { over.signal() }
    }
    defer { trainer.removeWatcher(watcher) }
    report.begin(trainer.description, trainer.status, threads: trainer.threads, folder.path)
    let interrupted = Locked<Int32?>(nil)
    let interrupts = [SIGINT, SIGTERM, SIGHUP].filter { !ignored.contains($0) }.map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        interrupted.withLock { $0 = number }
        trainer.send(.stop) { over.signal() }
      }
      source.resume()
      return source
    }
    // A signal that came before leaves nothing to wait for.
    let isFinished = trainer.status.phase == .finished
    interrupted.withLock { if $0 == nil && !isFinished && !startsPaused { trainer.send(.run) } }
    if !isFinished { over.wait() }
    trainer.settle()
    waitForDisk { interrupted.withLock { $0 != nil } }
    for source in interrupts { source.cancel() }
    served.stopServing()
    let status = trainer.status
    let caught = interrupted.withLock { $0 }
    let outcome =
      status.divergedAt != nil ? "diverged" : caught == nil ? status.phase.rawValue : "interrupted"
    report.end(status, outcome, folder.path)
    if let failure = status.failure { throw Failure(description: failure, status: .output) }
    if let step = status.divergedAt { throw Failure(description: divergence(step, status), status: .diverged) }
    if let fault = status.storageFault {
      throw Failure(description: unsaved(fault, status), status: .output)
    }
    if let caught { throw ExitCode(128 + caught) }
  }

  /// What a full disk has not taken is tried again meanwhile: for ten minutes, or until somebody has enough of it.
  private func waitForDisk(until isEnough: () -> Bool) {
    guard trainer.status.storageFault != nil else { return }
    complain("the run is over, and waits for the disk to take the rest of it")
    let end = ContinuousClock.now + .seconds(600)
    while trainer.status.storageFault != nil, !isEnough(), ContinuousClock.now < end { usleep(100_000) }
    if trainer.status.storageFault == nil { complain("the disk has everything") }
  }

  private func divergence(_ step: Int, _ status: RunStatus) -> String {
    let layer = status.divergedLayer.map { ", first in layer \($0)" } ?? ""
    let saved = status.savedStep.map { "; the checkpoint of step \($0) is the last good one" } ?? ""
    return
      "at step \(step) numbers were not finite any more\(layer)\(saved). To go on from there with half the learning rate: "
      + "convtop train --resume --run \(quoted(folder.path)) --set training.optimizer.learning_rate=\(Float(trainer.baseLearningRate / 2))"
  }
}

/// What is lost when a run ends whose disk has not taken all.
func unsaved(_ fault: String, _ status: RunStatus) -> String {
  let kept = status.savedStep.map { "the folder has the run up to step \($0) of \(status.step)" }
  return "\(fault); \(kept ?? "no state of the run is in the folder")"
}
