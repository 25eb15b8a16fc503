// `convtop runs`: the runs below a folder.

import ArgumentParser
import Foundation
import Telemetry
import Training

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
