// `convtop race`: several runs at once that differ in one thing or a few, and which of them wins.

import ArgumentParser
import Dispatch
import Experiments
import Foundation
import Telemetry
import Training
import Workers

struct RaceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "race", abstract: "Train a configuration with several values of something at once, and compare them.",
    discussion: "The runs take turns, step by step, on the same threads. A table at the end says who won, and whether "
      + "that is more than the noise of the validation images.")

  @Argument(help: "A configuration file; LeNet-5 on Fashion-MNIST when left out.")
  var config: String?

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "What differs: training.optimizer.learning_rate=0.1,0.01; given often, each goes with each.",
      valueName: "key=a,b,…"))
  var vary: [String]

  @Option(name: .customLong("run"), help: "The folder of the runs' folders; runs/<name>-race-<date> by default.")
  var folder: String?

  @Flag(help: "One JSON object a line.")
  var json = false

  @OptionGroup var options: ConfigurationOptions

  private static let most = 16

  func validate() throws {
    guard !vary.isEmpty else {
      throw ValidationError("expected what differs, such as --vary training.batch_size=16,64")
    }
  }

  func run() throws {
    try reportingFailures {
      let entries = try RaceCommand.combinations(vary)
      guard (2...RaceCommand.most).contains(entries.count) else {
        throw ValidationError("--vary makes \(entries.count) runs, expected 2 to \(RaceCommand.most)")
      }
      let configurations = try entries.map { entry in
        var options = options
        options.overrides += entry.overrides
        let configuration = try options.readWorkload(config)
        try configuration.requireTraining("race")
        return configuration
      }
      let race = try Race(zip(entries.map(\.name), configurations).map { ($0, $1) }, folder: folder)
      if !json { say("\(entries.count) runs below \(shown(race.folder)), taking turns") }
      let result = try race.run { line in if !json { say(line) } }
      try tell(result)
      guard race.isWhole else { throw ExitCode.output }
    }
  }

  /// Every combination of the values: what each is called, and the overrides that make it.
  static func combinations(_ vary: [String]) throws -> [(name: String, overrides: [String])] {
    var all: [(name: String, overrides: [String])] = [("", [])]
    for text in vary {
      guard let sign = text.firstIndex(of: "=") else {
        throw ValidationError("--vary \(text): expected a key, =, and values with commas between them")
      }
      let key = String(text[..<sign])
      let values = values(text[text.index(after: sign)...])
      guard !key.isEmpty, !values.contains("") else {
        throw ValidationError("--vary \(text): expected a value on each side of a comma")
      }
      let word = key.split(separator: ".").last.map(String.init) ?? key
      all = all.flatMap { before in
        values.map { value in
          (before.name + (before.name.isEmpty ? "" : " ") + "\(word)=\(value)", before.overrides + ["\(key)=\(value)"])
        }
      }
    }
    return all
  }

  /// Between commas; those inside of brackets belong to a value, which may be JSON.
  private static func values(_ text: Substring) -> [String] {
    var (values, depth) = ([""], 0)
    for character in text {
      if "[{".contains(character) { depth += 1 }
      if "]}".contains(character) { depth -= 1 }
      if character == "," && depth == 0 { values.append("") } else { values[values.count - 1].append(character) }
    }
    return values
  }

  private func tell(_ result: Race.Result) throws {
    guard json else {
      let width = max(4, result.runs.map(\.name.count).max() ?? 0)
      say("\(padRight("run", width))   steps  best accuracy  last accuracy  last loss  state")
      for run in result.runs {
        let figures = [run.status.bestEpoch, run.status.lastEpoch].map {
          $0.map { percent($0.validationAccuracy, 2) } ?? "–"
        }
        let loss = run.status.lastEpoch.map { fixed($0.validationLoss, 4) } ?? "–"
        say(
          "\(padRight(run.name, width))\(padLeft(grouped(run.status.step), 8))\(padLeft(figures[0], 15))\(padLeft(figures[1], 15))"
            + "\(padLeft(loss, 11))  \(run.state)")
      }
      for verdict in result.verdicts { say(verdict) }
      return
    }
    for run in result.runs {
      var line = JSONLine()
      try line.add("event", "run")
      try line.add("name", run.name)
      try line.add("run", run.folder)
      try line.add("state", run.state)
      line.add("step", run.status.step)
      if let best = run.status.bestEpoch { line.add("best_validation_accuracy", best.validationAccuracy) }
      if let last = run.status.lastEpoch {
        line.add("validation_accuracy", last.validationAccuracy)
        line.add("validation_loss", last.validationLoss)
      }
      if let test = run.test {
        line.add("only_winner_right", test.onlyFirst)
        line.add("only_this_right", test.onlySecond)
        line.add("p", test.p)
      }
      say(line.text)
    }
  }
}

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
