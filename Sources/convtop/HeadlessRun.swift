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
  private let startsRunning: Bool
  private let over = DispatchSemaphore(value: 0)
  /// The signals that have come, in their order.
  private let caught = Locked<[Int32]>([])

  /// - Parameters:
  ///   - ignored: signals that are to change nothing.
  ///   - startsRunning: whether it is to run now; else it stays as it is, until a watcher has it go on.
  init(_ served: ServedRun, _ report: any TrainingReport, ignoring ignored: [Int32] = [], startsRunning: Bool = true) {
    (self.served, self.report, self.ignored, self.startsRunning) = (served, report, ignored, startsRunning)
  }

  /// Returns when the run is over.
  ///
  /// - Throws: `Failure`, or the exit status of a run that was interrupted or has diverged.
  func run() throws {
    // Whoever reads along may leave; that is seen where it is written.
    for number in ignored + [SIGPIPE] { signal(number, SIG_IGN) }
    let watcher = watch()
    defer { trainer.removeWatcher(watcher) }
    report.begin(trainer.description, trainer.status, threads: trainer.threads, folder.path)
    let sources = catchSignals()
    let isFinished = trainer.status.phase == .finished
    // A signal that came before leaves nothing to wait for.
    caught.withLock { if $0.isEmpty && !isFinished && startsRunning { trainer.send(.run) } }
    if !isFinished { over.wait() }
    if trainer.status.stop != nil && trainer.status.newest == nil { trainer.sendAndWait(.stop) }
    trainer.settle()
    waitForDisk()
    for source in sources { source.cancel() }
    served.stopServing()
    try conclude()
  }

  private func watch() -> Watcher {
    // Where nobody reads what is said, whoever attaches is to see what went wrong, and can go back.
    let isAlone = ignored.isEmpty
    return trainer.addWatcher { [trainer, over] in
      let status = trainer.status
      // What a watcher looks at in the past is no end of the run.
      let isStopped = (status.divergedAt != nil || status.stop != nil) && status.newest == nil
      if [.finished, .failed].contains(status.phase) || isStopped && isAlone { over.signal() }
    }
  }

  private func catchSignals() -> [any DispatchSourceSignal] {
    [SIGINT, SIGTERM, SIGHUP].filter { !ignored.contains($0) }.map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { [trainer, over, caught] in
        caught.withLock { $0.append(number) }
        trainer.send(.stop) { over.signal() }
      }
      source.resume()
      return source
    }
  }

  /// Says how the run has ended.
  private func conclude() throws {
    let (status, caught) = (trainer.status, caught.withLock { $0.first })
    let isStopped = caught == nil && status.stop != nil
    let outcome =
      status.divergedAt != nil
      ? "diverged" : isStopped ? "stopped" : caught == nil ? status.phase.rawValue : "interrupted"
    report.end(status, outcome, folder.path)
    if let failure = status.failure { throw Failure(description: failure, status: .output) }
    if let step = status.divergedAt { throw Failure(description: divergence(step, status), status: .diverged) }
    if let fault = status.storageFault { throw Failure(description: unsaved(fault, status), status: .output) }
    if isStopped, let stop = status.stop {
      throw Failure(
        description: "\(stop.sentence). To go on: convtop train --resume --run \(quoted(folder.path))",
        status: .breakpoint)
    }
    if let caught { throw ExitCode(128 + caught) }
  }

  /// What a full disk has not taken is tried again: for ten minutes, or until a signal, or a second one, says that it is enough.
  private func waitForDisk() {
    guard trainer.status.storageFault != nil else { return }
    let before = caught.withLock { $0.count }
    complain(
      "the run is over, and waits up to ten minutes for the disk to take the rest of it; "
        + "\(before > 0 ? "another signal" : "a signal") ends that")
    let end = ContinuousClock.now + .seconds(600)
    while trainer.status.storageFault != nil, caught.withLock({ $0.count }) == before, ContinuousClock.now < end {
      usleep(100_000)
    }
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
