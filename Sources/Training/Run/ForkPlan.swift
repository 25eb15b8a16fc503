// What a fork is to be other than the run that it comes from, and what its folder says of that.

import Experiments
import Fields
import Foundation
import Telemetry

/// Where a run was forked from: the `fork.json` in its folder.
public struct ForkOrigin: Hashable, Sendable, Codable {
  /// The other run's folder, as it was named then.
  public let run: String
  public let step: Int
  public let epoch: Int
  /// What differs, by the configuration's keys: the other run's value and this one's; a frozen layer by its name.
  public let changes: [String: [String]]

  /// What differs, in words: `training.optimizer.learning_rate 0.001 → 0.0001`.
  public var words: [String] {
    changes.keys.sorted().map { key in "\(key) \(changes[key]?.joined(separator: " → ") ?? "")" }
  }

  /// - Returns: nil for a run that is no fork.
  /// - Throws: `RunError` when its file is damaged.
  public init?(of run: String) throws {
    let path = "\(run)/\(RunFolder.forkName)"
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    guard let read = try? TelemetryCoding.decode(ForkOrigin.self, from: readFile(path)) else {
      throw RunError("\(path): does not say what the run was forked from", isDamage: true)
    }
    self = read
  }

  init(run: String, step: Int, epoch: Int, changes: [String: [String]]) {
    (self.run, self.step, self.epoch, self.changes) = (run, step, epoch, changes)
  }
}

/// What a fork is to be other than the run that it comes from.
public struct ForkPlan {
  let parent: Configuration
  public let configuration: Configuration
  let frozen: [String]
  let changes: [String: [String]]
  /// The keys that somebody has named: they hold, also where the other run was begun with that value.
  let named: Set<String>

  /// - Parameters:
  ///   - overrides: `key.path=value` each.
  ///   - frozen: the names of layers that are left as they are from there on.
  /// - Throws: `ConfigurationError` naming a key that a fork cannot change.
  public init(_ parent: Configuration, overrides: [String], frozen: [String] = []) throws {
    (self.parent, self.frozen) = (parent, frozen)
    named = Set(overrides.compactMap { $0.split(separator: "=").first.map(String.init) })
    configuration = try Configuration(parent.resolvedText(), file: parent.file, overrides: overrides)
    try configuration.requireTraining("fork")
    var changes: [String: [String]] = [:]
    for (key, new, old) in try configuration.differences(from: parent) {
      guard ForkPlan.canChange(key) else {
        throw ConfigurationError(
          file: parent.file, keyPath: key,
          message: "found \(new ?? "nothing") instead of \(old ?? "nothing"); a fork keeps the model and its data set")
      }
      changes[key] = [old ?? "none", new ?? "none"]
    }
    if changes["seed"] != nil, case .holdOut = configuration.dataset.validation {
      throw ConfigurationError(
        file: parent.file, keyPath: "seed",
        message: "also says which images are held out, and a fork keeps its data set")
    }
    for name in frozen { changes["frozen"] = (changes["frozen"] ?? []) + [name] }
    self.changes = changes
  }

  /// What a fork may have other than a run, what matters most first.
  public static func settings(_ configuration: Configuration) throws -> [Setting] {
    guard !configuration.training.trainsNothing else { return [] }
    let order = [
      "training.optimizer.learning_rate", "training.optimizer.type", "training.optimizer", "training.batch_size",
      "training.epochs", "training.schedule", "training.loss", "training.clip", "model", "seed",
    ]
    func rank(_ key: String) -> Int { order.firstIndex { key.hasPrefix($0) } ?? order.count }
    return try Resumption.resultLeaves(configuration).filter { canChange($0.key) }.map { key, value in
      let isText = value.hasPrefix("\"") && value.hasSuffix("\"") && value.count > 1
      return Setting(key: key, value: isText ? String(value.dropFirst().dropLast()) : value)
    }.sorted { (rank($0.key), $0.key) < (rank($1.key), $1.key) }
  }

  /// Whether a key leaves the model's numbers and the images what they are.
  private static func canChange(_ key: String) -> Bool {
    if key.hasPrefix("model.") { return key.hasSuffix(".p") }
    return !key.hasPrefix("dataset.")
  }
}
