// `convtop` and `convtop dashboard`: training on the screen.

import ArgumentParser
import Dashboard
import Datasets
import Experiments
import Foundation
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
      let trainer = try Trainer(opened.configuration)
      let loop = try DashboardLoop(trainer, opened.configuration.dashboard, notice: notice)
      // Nothing is written down where nothing trains; and a run that is refused leaves no folder.
      var written: RunFolder?
      if !opened.configuration.training.trainsNothing {
        do {
          let folder = try opened.record(trainer)
          written = folder
          loop.folder = folder.path
        } catch {
          loop.close()
          throw error
        }
      }
      let status = loop.run(startsPaused: paused)
      finish(trainer, written)
      if status != 0 { throw ExitCode(status) }
    }
  }

  /// Saves what has been learned, and says where.
  private func finish(_ trainer: Trainer, _ folder: RunFolder?) {
    let saved = DispatchSemaphore(value: 0)
    trainer.send(.stop) { saved.signal() }
    saved.wait()
    let status = trainer.status
    if let failure = status.failure { complain(failure) }
    if let folder, status.step == 0, folder.discardIfUnused() {
      say("\(trainer.description.name): nothing was trained, so no run was kept")
    } else if let folder {
      say("\(trainer.description.name): \(status.step) of \(status.steps) steps, run \(folder.path)")
    }
  }
}
