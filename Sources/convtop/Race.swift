// Several runs at once, and which of them is ahead.

import ArgumentParser
import Dispatch
import Experiments
import Foundation
import Telemetry
import Training
import Workers

/// Several runs that share a queue and its threads.
final class Race {
  struct Finisher {
    let name: String
    let folder: String
    let status: RunStatus
    var state: String { status.divergedAt != nil ? "diverged" : status.phase.rawValue }
    /// The winner against it; nil for the winner, and for one that cannot be compared.
    var test: PairedTest?
  }
  struct Result {
    /// The winner first.
    let runs: [Finisher]
    let verdicts: [String]
  }

  let folder: String
  /// Whether the disk has taken all of it.
  private(set) var isWhole = false
  private let runners: [(name: String, trainer: Trainer, folder: RunFolder)]

  /// - Throws: `ConfigurationError`, `DatasetError` or `RunError`.
  init(_ entries: [(name: String, configuration: Experiments.Configuration)], folder: String?) throws {
    let first = entries[0].configuration
    let queue = DispatchQueue(label: "convtop.race", qos: .userInitiated)
    let pool = WorkerPool(threads: first.threadCount)
    // One that is refused leaves no folders: all are made before.
    let trainers = try entries.map { entry in
      try Trainer(entry.configuration, dataset: entry.configuration.loadDataset(), pool: pool, queue: queue)
    }
    let root = folder ?? RunFolder.freshPath("\(first.name)-race")
    self.folder = root
    runners = try entries.indices.map { index in
      let name = entries[index].name
      let plain = String(name.map { $0.isLetter || $0.isNumber || "._-=+".contains($0) ? $0 : "_" }.prefix(80))
      let path = "\(root)/\(index + 1)-\(plain)"
      let folder = try RunFolder(entries[index].configuration, path: path)
      trainers[index].record(in: folder)
      return (name, trainers[index], folder)
    }
  }

  /// Trains all to their ends, or until a signal comes, and compares them.
  func run(_ say: @escaping @Sendable (String) -> Void) throws -> Result {
    let news = DispatchSemaphore(value: 0)
    let caught = Locked<Int32?>(nil)
    let sources = [SIGINT, SIGTERM, SIGHUP].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        caught.withLock { $0 = $0 ?? number }
        news.signal()
      }
      source.resume()
      return source
    }
    defer { for source in sources { source.cancel() } }
    let watchers = runners.map { $0.trainer.addWatcher { news.signal() } }
    for runner in runners { runner.trainer.send(.run) }
    var told = runners.map { _ in 0 }
    while caught.withLock({ $0 }) == nil {
      for (index, runner) in runners.enumerated() {
        let status = runner.trainer.status
        guard let record = status.lastEpoch, record.epoch > told[index] else { continue }
        told[index] = record.epoch
        say(
          "\(runner.name): epoch \(record.epoch)/\(status.epochs)  validation loss \(fixed(record.validationLoss, 4))  "
            + "accuracy \(percent(record.validationAccuracy, 2))")
      }
      if runners.allSatisfy({ Race.isOver($0.trainer.status) }) { break }
      _ = news.wait(timeout: .now() + .milliseconds(200))
    }
    for (runner, watcher) in zip(runners, watchers) {
      runner.trainer.sendAndWait(.stop)
      runner.trainer.settle()
      runner.trainer.removeWatcher(watcher)
    }
    isWhole = true
    for runner in runners {
      guard let fault = runner.trainer.status.storageFault else { continue }
      complain(unsaved(fault, runner.trainer.status))
      isWhole = false
    }
    if let number = caught.withLock({ $0 }) { throw ExitCode(128 + number) }
    return compare()
  }

  private static func isOver(_ status: RunStatus) -> Bool {
    [.finished, .failed].contains(status.phase) || status.divergedAt != nil || status.stop != nil
  }

  /// The best last accuracy first, and each of the others against it.
  private func compare() -> Result {
    let order = runners.sorted { a, b in
      func key(_ trainer: Trainer) -> Double {
        let status = trainer.status
        return status.divergedAt != nil ? -1 : status.lastEpoch?.validationAccuracy ?? -1
      }
      return key(a.trainer) > key(b.trainer)
    }
    let right = order.map { $0.trainer.rightImages() }
    var verdicts: [String] = []
    let finishers = order.enumerated().map { index, runner in
      var finisher = Finisher(name: runner.name, folder: runner.folder.path, status: runner.trainer.status)
      let isSame =
        runner.trainer.description.dataset == order[0].trainer.description.dataset
        && runner.trainer.validationImages == order[0].trainer.validationImages
      if index > 0 && !isSame {
        verdicts.append(
          "\(order[0].name) and \(runner.name) were measured on other images: nothing can be said of a lead")
      } else if index > 0 {
        let test = PairedTest(right[0], right[index])
        finisher.test = test
        verdicts.append(test.verdict(order[0].name, runner.name))
      }
      return finisher
    }
    return Result(runs: finishers, verdicts: verdicts)
  }
}
