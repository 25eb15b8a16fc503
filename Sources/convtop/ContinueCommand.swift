// What a detached run is: a process that goes on with a run and has no screen.

import ArgumentParser
import Experiments
import Foundation
import Telemetry
import Training

/// Goes on with a run without a screen; people need not know of it.
struct ContinueCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "continue", abstract: "Go on with a run without a screen.", shouldDisplay: false)

  @Argument var folder: String
  @Option var pace = 0
  @Flag var paused = false
  @Option(name: .customLong("break"), parsing: .singleValue) var breakpoints: [String] = []

  func run() throws {
    try reportingFailures {
      let resumption = try Resumption(run: folder)
      let report = SilentReport()
      var configuration = resumption.configuration
      configuration.training.breakpoints += try breakpoints.map(Condition.init)
      let trainer = try Trainer(configuration) { event in report.handle(event) }
      report.watch(trainer)
      try trainer.resume(resumption)
      if Pace.all.indices.contains(pace) { trainer.send(.pace(Pace.all[pace])) }
      let run = ServedRun(trainer, resumption.folder)
      if let complaint = run.complaint { throw Failure(description: complaint, status: .output) }
      try HeadlessRun(run, report, ignoring: [SIGHUP], startsRunning: !paused).run()
    }
  }
}

/// Nobody is there to be told; what comes up goes to standard error all the same, which is a detached run's log.
struct SilentReport: TrainingReport {
  let trainer = ReportedTrainer()

  func begin(_ run: RunDescription, _ status: RunStatus, threads: Int, _ folder: String) {}
  func handle(_ event: Trainer.Event, _ status: RunStatus) {}
  func end(_ status: RunStatus, _ outcome: String, _ folder: String) {}
}
