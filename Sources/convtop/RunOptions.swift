// Where a run is written, and whether it is a new one.

import ArgumentParser
import Experiments
import Foundation
import Training

/// The options of the commands that train.
struct RunOptions: ParsableArguments {
  @Option(name: .customLong("run"), help: "The run's folder; runs/<name>-<date> by default.")
  var folder: String?

  @Flag(
    help:
      "Go on with the run in --run from its last checkpoint; --set and CONFIG may change what a run can still change.")
  var resume = false

  @Option(
    name: .customLong("break"), parsing: .singleValue,
    help: ArgumentHelp(
      "Stop before a step at which a condition comes to hold, such as \"loss > 2\" or \"non-finite\"; it may be given often.",
      valueName: "condition"))
  var breakpoints: [String] = []

  /// A configuration that stops where it says and where the options say.
  func withBreakpoints(_ configuration: Experiments.Configuration) throws -> Experiments.Configuration {
    var configuration = configuration
    configuration.training.breakpoints += try breakpoints.map(Condition.init)
    return configuration
  }

  func validate() throws {
    for condition in breakpoints {
      do { _ = try Condition(condition) } catch { throw ValidationError("--break: \(error)") }
    }
    if resume && folder == nil { throw ValidationError("--resume needs --run with the run's folder") }
  }

  /// A run to be: its configuration, and its folder if it was there before.
  struct Opened {
    let configuration: Experiments.Configuration
    let resumption: Resumption?
    let path: String?

    /// Has a trainer write to the run's folder, from the beginning or from where it was left.
    func record(_ trainer: Trainer) throws -> RunFolder {
      if let resumption {
        try trainer.resume(resumption)
        return resumption.folder
      }
      let folder = try RunFolder(configuration, path: path)
      trainer.record(in: folder)
      return folder
    }
  }

  /// Opens a run that was there before, or takes a new configuration.
  ///
  /// - Throws: `RunError` or `ConfigurationError`.
  func open(
    _ config: String?, _ options: ConfigurationOptions, _ read: () throws -> Experiments.Configuration
  ) throws -> Opened {
    guard resume, let folder else { return Opened(configuration: try read(), resumption: nil, path: folder) }
    var given: Experiments.Configuration?
    if config != nil {
      given = try read()
    } else if !options.overrides.isEmpty {
      given = try RunFolder.configuration(of: folder, overrides: options.overrides)
    }
    let named = options.overrides.compactMap { $0.split(separator: "=").first.map(String.init) }
    let resumption = try Resumption(run: folder, given: given, named: Set(named))
    return Opened(configuration: resumption.configuration, resumption: resumption, path: folder)
  }
}
