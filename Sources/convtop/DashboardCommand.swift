// `convtop` and `convtop dashboard`: training on the screen.

import ArgumentParser
import Dashboard
import Datasets
import Experiments
import Foundation
import Telemetry
import Terminal
import Training

struct DashboardCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dashboard", abstract: "Train on the screen: curves, filters and feature maps, live.")

  @Argument(help: "A configuration file; LeNet-5 on Fashion-MNIST when left out.")
  var config: String?

  @OptionGroup var place: RunOptions

  @Flag(help: "Open paused, before the first batch.")
  var paused = false

  @Flag(help: "Go on without a screen when the terminal is gone, as when SSH drops; otherwise save and end.")
  var keepRunning = false

  @OptionGroup var options: ConfigurationOptions

  func run() throws {
    guard isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1 else {
      complain("the dashboard needs a terminal; without one, run: convtop train \(config ?? "CONFIG")")
      throw ExitCode.failure
    }
    try reportingFailures {
      var notice: String?
      let opened = try place.open(config, options) {
        let (configuration, missing) = try options.readWorkload(config).onAvailableData()
        notice = missing
        if place.folder != nil { try configuration.requireTraining("write to --run") }
        return configuration
      }
      try show(place.withBreakpoints(opened.configuration), opened.record, notice: notice)
    }
  }

  /// Shows a run until its screen is left.
  ///
  /// - Parameter record: has the trainer write to the run's folder.
  private func show(
    _ configuration: Experiments.Configuration, _ record: (Trainer) throws -> RunFolder, notice: String?
  ) throws {
    let trainer = try Trainer(configuration)
    let branches = Branches(trainer)
    let loop = try DashboardLoop(trainer, configuration.dashboard)
    // Nothing is written down where nothing trains; and a run that is refused leaves no folder.
    if !configuration.training.trainsNothing {
      do {
        let (folder, complaint) = try branches.record(record)
        loop.know(folder: folder, settings: try ForkPlan.settings(configuration))
        if let complaint { loop.say(complaint) }
      } catch {
        loop.close()
        throw error
      }
      loop.lanes.verdict = branches.verdict
      loop.prepareToDetach = branches.prepareToDetach
      loop.fork = { [lanes = loop.lanes] overrides, frozen in
        try branches.fork(lanes.current, overrides: overrides, frozen: frozen)
      }
    }
    if let notice { loop.say(notice, isError: false) }
    let ending = loop.run(startsPaused: paused)
    switch ending {
    case .detached: return try branches.detach()
    case .hangup where !configuration.training.trainsNothing && (keepRunning || configuration.training.keepRunning):
      discardStandardStreams()
      return try branches.goOnWithoutScreen()
    case .quit, .hangup, .signal: break
    }
    branches.finish()
    switch ending {
    case .quit, .detached: return
    case .hangup: throw ExitCode(128 + SIGHUP)
    case .signal(let number): throw ExitCode(128 + number)
    }
  }
}
