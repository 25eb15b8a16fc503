// `convtop play`: a recorded run again, on the screen.

import ArgumentParser
import Foundation
import Training

struct PlayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "play", abstract: "Show a recorded run again, step by step, at any pace; nothing is written.")

  @Argument(help: ArgumentHelp("A run's folder.", valueName: "run"))
  var folder: String

  @Flag(help: "Open paused, before the first batch.")
  var paused = false

  func run() throws {
    guard isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1 else {
      complain("a run is played on a terminal; without one, run: convtop record \(quoted(folder)) FILE.cast")
      throw ExitCode.failure
    }
    try reportingFailures {
      let trainer = try recordedTrainer(folder)
      let loop = try DashboardLoop(trainer, RunFolder.configuration(of: folder).dashboard)
      loop.say("\(folder) again, as it was: - and + set the pace, b goes back, nothing is written", isError: false)
      switch loop.run(startsPaused: paused) {
      case .quit, .detached: break
      case .hangup: throw ExitCode(128 + SIGHUP)
      case .signal(let number): throw ExitCode(128 + number)
      }
    }
  }
}

/// A trainer that does a recorded run again.
func recordedTrainer(_ run: String) throws -> Trainer {
  var configuration = try RunFolder.configuration(of: run)
  try configuration.requireTraining("play")
  configuration.training.breakpoints = []
  let trainer = try Trainer(configuration)
  try trainer.replay(run)
  return trainer
}
