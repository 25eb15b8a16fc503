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
      var next = try show(
        place.withBreakpoints(opened.configuration), opened.record, notice: notice, startsPaused: paused)
      // A fork is a run like any other, that was left where it begins.
      while let fork = next {
        let resumption = try Resumption(run: fork.folder)
        next = try show(
          place.withBreakpoints(resumption.configuration),
          { trainer in
            try trainer.resume(resumption)
            return resumption.folder
          }, notice: fork.notice, startsPaused: true)
      }
    }
  }

  /// A fork that the screen goes on with, and what is to be said of it.
  private struct Next {
    let folder: String
    let notice: String
  }

  /// Shows a run until its screen is left.
  ///
  /// - Parameter record: has the trainer write to the run's folder.
  /// - Returns: the fork that somebody goes on with; nil when that is all.
  private func show(
    _ configuration: Experiments.Configuration, _ record: (Trainer) throws -> RunFolder, notice: String?,
    startsPaused: Bool
  ) throws -> Next? {
    let trainer = try Trainer(configuration)
    let loop = try DashboardLoop(trainer, configuration.dashboard)
    // Nothing is written down where nothing trains; and a run that is refused leaves no folder.
    var written: ServedRun?
    // How the run went when its screen was left.
    var before = trainer.status
    var forked: Next?
    if !configuration.training.trainsNothing {
      do {
        let served = ServedRun(trainer, try record(trainer))
        written = served
        loop.folder = served.folder.path
        if let complaint = served.complaint { loop.say(complaint) }
        loop.prepareToDetach = {
          before = trainer.status
          return served.prepareToLeave()
        }
        loop.fork = { overrides, frozen in
          let (folder, origin) = try trainer.fork(overrides: overrides, frozen: frozen)
          let changes = origin.words.isEmpty ? "nothing changed" : origin.words.joined(separator: ", ")
          let notice =
            "a fork of \(served.folder.path) at step \(grouped(origin.step)): \(changes); o in Charts compares them"
          forked = Next(folder: folder, notice: notice)
          return folder
        }
      } catch {
        loop.close()
        throw error
      }
    }
    if let notice { loop.say(notice, isError: false) }
    let ending = loop.run(startsPaused: startsPaused)
    if ending == .detached, let written {
      try DetachedRun.start(
        from: written, pace: before.pace, isPaused: !before.isTraining,
        breakpoints: before.breakpoints.filter(\.isOn).map(\.condition))
      return nil
    }
    try leave(ending, trainer, written, keepsRunning: keepRunning || configuration.training.keepRunning)
    return forked
  }

  /// What becomes of the run when its screen is left.
  private func leave(
    _ ending: DashboardLoop.Ending, _ trainer: Trainer, _ run: ServedRun?, keepsRunning: Bool
  ) throws {
    if ending == .hangup, let run, keepsRunning {
      discardStandardStreams()
      // Paused or not, it stays as it was.
      return try HeadlessRun(run, SilentReport(), ignoring: [SIGHUP], startsRunning: false).run()
    }
    finish(trainer, run)
    switch ending {
    case .quit, .detached, .forked: return
    case .hangup: throw ExitCode(128 + SIGHUP)
    case .signal(let number): throw ExitCode(128 + number)
    }
  }

  /// Saves what has been learned, and says where.
  private func finish(_ trainer: Trainer, _ run: ServedRun?) {
    trainer.sendAndWait(.stop)
    run?.stopServing()
    let status = trainer.status
    if let failure = status.failure { complain(failure) }
    if let fault = status.storageFault { complain(unsaved(fault, status)) }
    guard let folder = run?.folder else { return }
    if status.step == 0, folder.discardIfUnused() {
      say("\(trainer.description.name): nothing was trained, so no run was kept")
    } else {
      say("\(trainer.description.name): \(status.step) of \(status.steps) steps, run \(shown(folder.path))")
      if status.phase != .finished { say("next: convtop --resume --run \(quoted(folder.path))") }
    }
  }
}
