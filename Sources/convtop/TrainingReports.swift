// How training without a screen tells its progress.

import Foundation
import Telemetry
import Training
import Workers

/// How progress is told.
protocol TrainingReport: Sendable {
  /// The trainer that is reported on.
  var trainer: ReportedTrainer { get }
  func begin(_ run: RunDescription, _ status: RunStatus, threads: Int, _ folder: String)
  func handle(_ event: Trainer.Event, _ status: RunStatus)
  /// - Parameter outcome: `finished`, `failed`, `diverged`, `stopped` or `interrupted`.
  func end(_ status: RunStatus, _ outcome: String, _ folder: String)
}

/// A trainer that is told later, and what of it has been said.
final class ReportedTrainer: Sendable {
  private struct Said {
    weak var trainer: Trainer?
    var notices = 0
    var fault: String?
    var warning: String?
    /// Nobody takes what is said any more.
    var isMute = false
  }
  private let said = Locked(Said())

  func watch(_ trainer: Trainer) { said.withLock { $0.trainer = trainer } }

  var status: RunStatus? { said.withLock { $0.trainer }?.status }

  /// Writes to standard output. When that is full the run goes on without a word; when its reader is gone it ends, as it does when a
  /// terminal is gone.
  func say(_ text: String, terminator: String = "\n") {
    guard !said.withLock({ $0.isMute }) else { return }
    do { try FileHandle.standardOutput.write(contentsOf: Data((text + terminator).utf8)) } catch {
      let reason = errno
      said.withLock { $0.isMute = true }
      complain(
        "standard output cannot be written: \(String(cString: strerror(reason))); the run \(reason == EPIPE ? "ends" : "goes on")"
      )
      if reason == EPIPE { kill(getpid(), SIGHUP) }
    }
  }

  /// What has come up since the last time, in sentences.
  func news(_ status: RunStatus) -> [String] {
    said.withLock { said in
      var news: [String] = []
      news += status.notices(since: said.notices)
      if let fault = status.storageFault, fault != said.fault { news.append("\(fault); it is tried again") }
      if status.storageFault == nil, said.fault != nil { news.append("the disk has everything again") }
      if let warning = status.warning, said.warning == nil { news.append(warning) }
      (said.notices, said.fault, said.warning) = (status.noticeCount, status.storageFault, status.warning)
      return news
    }
  }
}

extension TrainingReport {
  func watch(_ trainer: Trainer) { self.trainer.watch(trainer) }

  func say(_ text: String, terminator: String = "\n") { trainer.say(text, terminator: terminator) }

  /// Tells of an event, and what else has come up.
  func handle(_ event: Trainer.Event) {
    guard let status = trainer.status else { return }
    for sentence in trainer.news(status) { complain(sentence) }
    handle(event, status)
  }
}

/// One JSON object a line, each written out at once.
struct JSONReport: TrainingReport {
  let trainer = ReportedTrainer()

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
  let trainer = ReportedTrainer()
  /// Between epochs a line is said so often, so that somebody who reads along knows that it goes on.
  private static let interval = Duration.seconds(10)
  private var lastLine = ContinuousClock.now

  func begin(_ run: RunDescription, _ status: RunStatus, threads: Int, _ folder: String) {
    say(
      "\(run.name) on \(run.dataset): \(run.trainImages) training images, \(run.parameters) parameters, "
        + "\(threads) threads, run \(shown(folder))")
  }

  func handle(_ event: Trainer.Event, _ status: RunStatus) {
    switch event {
    case .epoch(let record): say(epochLine(record, of: status.epochs))
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
    if outcome == "interrupted" && status.step > 0 { say("next: convtop train --resume --run \(quoted(folder))") }
    if status.lastEpoch != nil && outcome == "finished" && status.storageFault == nil {
      say("next: convtop evaluate \(quoted(folder))")
    }
  }
}

private func epochLine(_ record: EpochRecord, of epochs: Int) -> String {
  "epoch \(record.epoch)/\(epochs)  loss \(fixed(record.trainLoss, 4))  accuracy \(percent(record.trainAccuracy, 2))  "
    + "validation loss \(fixed(record.validationLoss, 4))  accuracy \(percent(record.validationAccuracy, 2))  "
    + "\(fixed(record.imagesPerSecond, 0)) images/s  \(fixed(record.seconds, 1)) s"
}

/// A progress bar that is redrawn ten times a second, with a line above it for each finished epoch.
final class BarReport: TrainingReport, @unchecked Sendable {
  private let lines = LineReport()
  var trainer: ReportedTrainer { lines.trainer }
  private var lastDraw = ContinuousClock.now - .seconds(1)

  func begin(_ run: RunDescription, _ status: RunStatus, threads: Int, _ folder: String) {
    lines.begin(run, status, threads: threads, folder)
  }

  /// Only the trainer's queue calls this, so the time of the last drawing needs no lock.
  func handle(_ event: Trainer.Event, _ status: RunStatus) {
    switch event {
    case .epoch(let record): say("\r\u{1b}[K\(epochLine(record, of: status.epochs))")
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
    lines.end(status, outcome, folder)
  }
}
