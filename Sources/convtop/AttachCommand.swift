// `convtop attach` and `convtop runs`: runs that other processes train.

import ArgumentParser
import Attachment
import Dashboard
import Experiments
import Foundation
import Telemetry
import Training

struct AttachCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "attach", abstract: "Bring a run that another process trains to this screen.")

  @Argument(help: ArgumentHelp("The run's folder; the only living one below runs when left out.", valueName: "run"))
  var folder: String?

  @Flag(help: "Look on only: no key changes the run.")
  var readOnly = false

  func run() throws {
    guard isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1 else {
      complain("a screen needs a terminal; without one, convtop runs lists the runs")
      throw ExitCode.failure
    }
    try reportingFailures {
      let folder = try self.folder ?? theOnlyOne()
      let configuration = try RunFolder.configuration(of: folder)
      guard RunFolder.isAlive(folder) else {
        throw Failure(
          description: "\(folder): nobody trains this run now; open it: convtop --resume --run \(quoted(folder))",
          status: .output)
      }
      let source = try RemoteRun(folder: folder, name: RunFolder.socketName, isReadOnly: readOnly)
      let loop = try DashboardLoop(
        source, configuration.dashboard, notice: nil, access: readOnly ? .readOnly : .attached)
      loop.folder = folder
      switch loop.run(startsPaused: true) {
      case .quit, .detached: break
      case .hangup: throw ExitCode(128 + SIGHUP)
      case .signal(let number): throw ExitCode(128 + number)
      }
      if let failure = source.status.failure { complain(failure) }
    }
  }

  private func theOnlyOne() throws -> String {
    let living = RunSummary.below("runs").filter(\.isAlive)
    guard living.count == 1 else {
      let names = living.map { "\n  convtop attach \($0.folder)" }.joined()
      throw Failure(
        description: living.isEmpty
          ? "no run below runs is being trained now; convtop runs lists them"
          : "\(living.count) runs are being trained; name one:\(names)", status: .output)
    }
    return living[0].folder
  }
}

struct RunsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "runs", abstract: "List the runs below a folder: state, epoch, accuracy, living or not.")

  @Argument(help: "The folder.")
  var folder = "runs"

  @Flag(help: "One JSON object a line.")
  var json = false

  func run() throws {
    try reportingFailures {
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else {
        throw Failure(description: "\(folder): is no folder; expected one with runs in it", status: .output)
      }
      let runs = RunSummary.below(folder)
      if json {
        for run in runs { say(try run.line().text) }
        return
      }
      guard !runs.isEmpty else { return say("there are no runs below \(folder)") }
      let width = min(60, max(4, runs.map { shown($0.folder).count }.max() ?? 0))
      say("\(padRight("run", width))  state        epoch      step  accuracy")
      for run in runs {
        let accuracy = run.accuracy.map { percent($0, 2) } ?? "–"
        say(
          "\(padRight(shown(run.folder), max(width, shown(run.folder).count)))  \(padRight(run.state, 11))\(padLeft("\(run.epoch)/\(run.epochs)", 7))"
            + "\(padLeft(grouped(run.step), 10))\(padLeft(accuracy, 10))")
      }
    }
  }
}

/// What can be said of a run in a line.
struct RunSummary {
  let folder: String
  let isAlive: Bool
  /// What the process that trains it does, or else `finished`, `stopped` or `damaged`.
  let state: String
  let epoch: Int
  let epochs: Int
  let step: Int
  /// Of the last validation.
  let accuracy: Double?
  let process: Int32?

  /// A folder, if it is a run's.
  init?(_ folder: String) {
    guard FileManager.default.fileExists(atPath: "\(folder)/config.json"),
      FileManager.default.fileExists(atPath: "\(folder)/metrics.jsonl")
    else { return nil }
    self.folder = folder
    isAlive = RunFolder.isAlive(folder)
    if isAlive, let remote = try? RemoteRun(folder: folder, name: RunFolder.socketName, isReadOnly: true, patience: 1) {
      let status = remote.status
      (epoch, epochs, step, process) = (status.epoch, status.epochs, status.step, remote.process)
      accuracy = status.lastEpoch?.validationAccuracy
      state = status.divergedAt != nil ? "diverged" : status.phase.rawValue
      return
    }
    process = nil
    do {
      let record = try RecordedRunFigures(folder)
      (epoch, epochs, step, accuracy) = (record.epoch, record.epochs, record.step, record.accuracy)
      // Alive, but it does not say so: stopped, or just starting.
      state =
        isAlive
        ? "silent" : record.isFinished ? "finished" : record.isDiverged ? "diverged" : "stopped"
    } catch {
      (epoch, epochs, step, accuracy, state) = (0, 0, 0, nil, "damaged")
    }
  }

  /// All runs in a folder and in the folders in it, in the order of their names; links are not followed.
  static func below(_ folder: String, depth: Int = 3) -> [RunSummary] {
    if let run = RunSummary(folder) { return [run] }
    guard depth > 0 else { return [] }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.sorted().flatMap { name -> [RunSummary] in
      let path = "\(folder)/\(name)"
      var status = stat()
      guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return [] }
      return below(path, depth: depth - 1)
    }
  }

  func line() throws -> JSONLine {
    var line = JSONLine()
    try line.add("run", folder)
    try line.add("state", state)
    try line.add("living", isAlive)
    line.add("epoch", epoch)
    line.add("epochs", epochs)
    line.add("step", step)
    if let accuracy { line.add("accuracy", accuracy) }
    if let process { line.add("process", Int(process)) }
    return line
  }
}
