// `convtop` and `convtop dashboard`: training on the screen.

import ArgumentParser
import Dashboard
import Datasets
import Foundation
import Terminal
import Training

struct DashboardCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dashboard", abstract: "Train on the screen: curves, filters and feature maps, live.")

  @Argument(help: "A configuration file; LeNet-5 on Fashion-MNIST when left out.")
  var config: String?

  @Option(name: .customLong("run"), help: "The run's folder; runs/<name>-<date> by default.")
  var folder: String?

  @Flag(help: "Open paused, before the first batch.")
  var paused = false

  @OptionGroup var options: ConfigurationOptions

  func run() throws {
    guard isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1 else {
      complain("the dashboard needs a terminal; without one, run: convtop train \(config ?? "CONFIG")")
      throw ExitCode.failure
    }
    try reportingFailures {
      let (configuration, notice) = try options.read(config).onAvailableData()
      let setup = try TrainingSetup(configuration)
      if folder != nil { try configuration.requireTraining("write to --run") }
      let status = try DashboardLoop(setup, folder: folder, notice: notice, startsPaused: paused).run()
      if status != 0 { throw ExitCode(status) }
    }
  }
}
