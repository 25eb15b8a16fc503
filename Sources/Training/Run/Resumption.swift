// Going on with a run that was interrupted, or that is to be longer.

import Experiments
import Fields
import Foundation
import Telemetry

/// A run's folder, opened to go on with it, and what is to be other than it was.
public struct Resumption {
  public let folder: RunFolder
  /// What the run was begun with, but for what changes no result: threads, checkpoints, the screen.
  public let configuration: Configuration
  /// What the run is to have from now on.
  let changes: [Change]

  /// Opens a run's folder.
  ///
  /// - Parameters:
  ///   - given: what the run should have from now on; nil to leave everything.
  ///   - named: the keys that somebody has named: they hold, also where the run was begun with that value.
  /// - Throws: `RunError` when the folder is no run's, or somebody else's at the moment; `ConfigurationError` naming the key that
  ///   cannot be changed any more.
  public init(run: String, given: Configuration? = nil, named: Set<String> = []) throws {
    folder = try RunFolder(existing: run)
    var configuration = folder.configuration
    try configuration.requireTraining("go on with")
    var changes: [Change] = []
    if let given {
      let differences = try given.differences(from: configuration)
      let differing = Set(differences.map(\.key))
      func isWanted(_ key: String) -> Bool { differing.contains(key) || named.contains(key) }
      let refused = differences.filter {
        !Resumption.canChange.contains($0.key) && !Resumption.changesNoResult($0.key)
      }
      // Another type brings other keys with it: it is what to name.
      if let (key, new, old) = refused.first(where: { $0.key.hasSuffix(".type") }) ?? refused.first {
        throw ConfigurationError(
          file: given.file, keyPath: key,
          message:
            "found \(new ?? "nothing"), but the run in \(run) was begun with \(old ?? "nothing"), which cannot change "
            + "any more; expected the same, or another run's folder")
      }
      if isWanted(Resumption.epochs) { changes.append(.epochs(given.training.epochs)) }
      if isWanted(Resumption.learningRate) {
        let rate = Double(given.training.optimizer.learningRate)
        if case .oneCycle = configuration.training.schedule.choice {
          // Its rates do not come from this one, but can be multiplied as this one is.
          changes.append(.learningRateFactor(rate / Double(configuration.training.optimizer.learningRate)))
        } else {
          changes.append(.learningRate(rate))
        }
      }
      configuration.dashboard = given.dashboard
      configuration.training.threads = given.training.threads
      configuration.training.checkpoint = given.training.checkpoint
      configuration.training.keepRunning = given.training.keepRunning
      configuration.training.breakpoints = given.training.breakpoints
    }
    (self.configuration, self.changes) = (configuration, changes)
  }

  static let epochs = "training.epochs"
  static let learningRate = "training.optimizer.learning_rate"
  private static let canChange = [epochs, learningRate]

  /// All values of a configuration that results depend on.
  static func resultLeaves(_ configuration: Configuration) throws -> [String: String] {
    try configuration.leaves().filter { !changesNoResult($0.key) }
  }

  private static func changesNoResult(_ key: String) -> Bool {
    ["name", "dashboard.", "training.threads", "training.checkpoint.", "training.keep_running", "training.breakpoints"]
      .contains {
        key.hasPrefix($0)
      }
  }
}
