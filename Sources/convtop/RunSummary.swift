// What can be said of a run in a line, whether a process trains it or not.

import Attachment
import Foundation
import Telemetry
import Training

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
    if isAlive, let remote = try? RemoteRun(folder: folder, name: RunFolder.socketName, isReadOnly: true, timeout: 1) {
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
