// `convtop train`: training without a screen.

import ArgumentParser
import Dispatch
import Experiments
import Fields
import Foundation
import Telemetry
import Training
import Workers

struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train", abstract: "Train without a screen: a progress bar on a terminal, a line an epoch otherwise.")

  @Argument(help: "A configuration file.")
  var config: String

  @Option(name: .customLong("run"), help: "The run's folder; runs/<name>-<date> by default.")
  var folder: String?

  @Flag(help: "One JSON object a line.")
  var json = false

  @OptionGroup var options: ConfigurationOptions

  func run() throws {
    try reportingFailures {
      let configuration = try options.read(config)
      try configuration.requireTraining("train")
      try train(configuration)
    }
  }

  private func train(_ configuration: Configuration) throws {
    let isTerminal = isatty(STDOUT_FILENO) == 1
    let epochs = configuration.training.epochs
    let report: any TrainingReport =
      if json { JSONReport() } else if isTerminal { BarReport(epochs: epochs) } else { LineReport(epochs: epochs) }
    let done = DispatchSemaphore(value: 0)
    let reference = Locked<Trainer?>(nil)
    let diverged = Locked(false)
    let trainer = try Trainer(configuration) { event in
      guard let trainer = reference.withLock({ $0 }) else { return }
      let status = trainer.status
      if case .step(let record) = event, !record.loss.isFinite,
        diverged.withLock({ was in
          defer { was = true }
          return !was
        })
      {
        complain("the loss is not a finite number from step \(record.step) on: a lower learning rate may help")
      }
      report.handle(event, status)
      if case .changed = event, [.finished, .failed, .paused].contains(status.phase) { done.signal() }
    }
    let folder = try RunFolder(configuration, path: folder)
    trainer.record(in: folder)
    reference.withLock { $0 = trainer }
    defer { reference.withLock { $0 = nil } }
    report.begin(trainer.description, trainer.status, threads: configuration.threadCount, folder.path)
    let interrupted = Locked<Int32?>(nil)
    let interrupts = [SIGINT, SIGTERM, SIGHUP].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        interrupted.withLock {
          $0 = number
          trainer.send(.stop)
        }
      }
      source.resume()
      return source
    }
    // A signal that came before leaves nothing to wait for.
    let isRunning = interrupted.withLock { caught in
      if caught == nil { trainer.send(.run) }
      return caught == nil
    }
    if isRunning { done.wait() }
    for source in interrupts { source.cancel() }
    let status = trainer.status
    let caught = interrupted.withLock { $0 }
    report.end(status, caught == nil ? status.phase.rawValue : "interrupted", folder.path)
    if let failure = status.failure { throw Failure(description: failure, status: .output) }
    if let caught { throw ExitCode(128 + caught) }
  }
}

/// How progress is told.
protocol TrainingReport: Sendable {
  func begin(_ run: RunDescription, _ status: RunStatus, threads: Int, _ folder: String)
  func handle(_ event: Trainer.Event, _ status: RunStatus)
  /// - Parameter outcome: `finished`, `failed` or `interrupted`.
  func end(_ status: RunStatus, _ outcome: String, _ folder: String)
}

/// One JSON object a line, each written out at once.
struct JSONReport: TrainingReport {
  func begin(_ run: RunDescription, _ status: RunStatus, threads: Int, _ folder: String) {
    emit {
      var line = JSONLine()
      try line.add("event", "start")
      try line.add("name", run.name)
      try line.add("run", folder)
      try line.add("dataset", run.dataset)
      line.add("train_images", run.trainImages)
      line.add("validation_images", run.probes)
      line.add("parameters", run.parameters)
      line.add("steps", status.steps)
      line.add("threads", threads)
      return line
    }
  }

  func handle(_ event: Trainer.Event, _ status: RunStatus) {
    if case .epoch(let record) = event { emit { try record.event() } }
  }

  func end(_ status: RunStatus, _ outcome: String, _ folder: String) {
    emit {
      var line = JSONLine()
      try line.add("event", outcome)
      line.add("step", status.step)
      if let failure = status.failure { try line.add("error", failure) }
      try line.add("run", folder)
      return line
    }
  }

  private func emit(_ make: () throws -> JSONLine) {
    do {
      say(try make().text)
    } catch {
      complain("a line of JSON could not be made: \(error)")
    }
  }
}

/// A line an epoch, for logs.
final class LineReport: TrainingReport, @unchecked Sendable {
  private let epochs: Int
  /// Between epochs a line is said so often, so that somebody who reads along knows that it goes on.
  private static let interval = Duration.seconds(10)
  private var lastLine = ContinuousClock.now

  init(epochs: Int) { self.epochs = epochs }

  func begin(_ run: RunDescription, _ status: RunStatus, threads: Int, _ folder: String) {
    say(
      "\(run.name) on \(run.dataset): \(run.trainImages) training images, \(run.parameters) parameters, "
        + "\(threads) threads, run \(folder)")
  }

  func handle(_ event: Trainer.Event, _ status: RunStatus) {
    switch event {
    case .epoch(let record): say(epochLine(record, of: epochs))
    case .step(let record):
      guard ContinuousClock.now - lastLine > LineReport.interval else { return }
      say(
        "step \(record.step)/\(status.steps)  loss \(fixed(record.loss, 4))  accuracy \(percent(record.accuracy, 1))"
          + (status.secondsLeft.map { "  \(formatDuration($0)) left" } ?? ""))
    case .changed: return
    }
    lastLine = .now
  }

  func end(_ status: RunStatus, _ outcome: String, _ folder: String) {
    let best = status.bestEpoch.map {
      "; best epoch \($0.epoch) with \(percent($0.validationAccuracy, 2)) validation accuracy"
    }
    say("\(outcome) after step \(status.step)\(best ?? "")")
    if status.lastEpoch != nil { say("next: convtop evaluate \(folder)") }
  }
}

private func epochLine(_ record: EpochRecord, of epochs: Int) -> String {
  "epoch \(record.epoch)/\(epochs)  loss \(fixed(record.trainLoss, 4))  accuracy \(percent(record.trainAccuracy, 2))  "
    + "validation loss \(fixed(record.validationLoss, 4))  accuracy \(percent(record.validationAccuracy, 2))  "
    + "\(fixed(record.imagesPerSecond, 0)) images/s  \(fixed(record.seconds, 1)) s"
}

/// A progress bar that is redrawn ten times a second, with a line above it for each finished epoch.
final class BarReport: TrainingReport, @unchecked Sendable {
  private let epochs: Int
  private var lastDraw = ContinuousClock.now - .seconds(1)

  init(epochs: Int) { self.epochs = epochs }

  func begin(_ run: RunDescription, _ status: RunStatus, threads: Int, _ folder: String) {
    LineReport(epochs: epochs).begin(run, status, threads: threads, folder)
  }

  /// Only the trainer's queue calls this, so the time of the last drawing needs no lock.
  func handle(_ event: Trainer.Event, _ status: RunStatus) {
    switch event {
    case .epoch(let record): say("\r\u{1b}[K\(epochLine(record, of: epochs))")
    case .step:
      guard ContinuousClock.now - lastDraw > .milliseconds(100) else { return }
    case .changed: return
    }
    lastDraw = .now
    draw(status)
  }

  private func draw(_ status: RunStatus) {
    var size = winsize()
    let columns = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
    let loss = status.lastStep.map { fixed($0.loss, 4) } ?? "–"
    let accuracy = status.lastStep.map { percent($0.accuracy, 1) } ?? "–"
    let left = status.secondsLeft.map { "\(formatDuration($0)) left" } ?? ""
    // On a narrow terminal the least goes first, so that the bar stays.
    var parts = [
      "\(status.step)/\(status.steps)", "loss \(loss)", left, "accuracy \(accuracy)",
      "\(Int(status.imagesPerSecond)) images/s",
    ]
    while parts.count > 1, parts.reduce(0, { $0 + $1.count + 2 }) + 13 > columns { parts.removeLast() }
    let text = " " + parts.filter { !$0.isEmpty }.joined(separator: "  ")
    let width = min(30, columns - text.count - 3)
    var bar = ""
    if width >= 5 {
      let full = status.steps > 0 ? width * status.step / status.steps : 0
      bar = "[" + String(repeating: "#", count: full) + String(repeating: ".", count: width - full) + "]"
    }
    say("\r\u{1b}[K\((bar + text).prefix(max(0, columns - 1)))", terminator: "")
  }

  func end(_ status: RunStatus, _ outcome: String, _ folder: String) {
    say("\r\u{1b}[K", terminator: "")
    LineReport(epochs: epochs).end(status, outcome, folder)
  }
}
