// The folder that a run leaves behind, and that other tools can follow while it is written.

import Experiments
import Foundation
import Interchange
import Telemetry

/// What could not be read or written, and why.
public struct RunError: Error, CustomStringConvertible, Equatable {
  public let description: String
  /// Whether a file was read whole and is not what it should be.
  let isDamage: Bool

  public init(_ description: String) { self.init(description, isDamage: false) }

  init(_ description: String, isDamage: Bool) { (self.description, self.isDamage) = (description, isDamage) }

  public static func == (a: RunError, b: RunError) -> Bool { a.description == b.description }
}

/// A run's folder, which one process at a time writes: `config.json` (resolved), `metrics.jsonl`, `checkpoints/`, and
/// `journal.jsonl` once somebody has changed something while the run went on.
///
/// Who writes it holds a lock on `metrics.jsonl`, which ends with the process.
public final class RunFolder {
  public let path: String
  /// What the run was begun with.
  public let configuration: Configuration
  let metrics: LineFile
  let checkpoints: CheckpointFiles
  /// Whether there was a run in it before.
  let isOld: Bool
  private let text: Data
  /// All values of the configuration that results depend on.
  let leaves: [String: String]

  static let configurationName = "config.json"
  static let metricsName = "metrics.jsonl"
  static let journalName = "journal.jsonl"
  static let forkName = "fork.json"

  /// Creates the folder and writes the configuration.
  ///
  /// - Parameter path: nil for `runs/<name>-<date>` below the current folder.
  /// - Throws: `RunError` when it cannot be created, or already holds a run.
  public init(_ configuration: Configuration, path: String?, date: Date = Date()) throws {
    guard path != "" else { throw RunError("--run \"\": names no folder; leave it out, or name one") }
    let path = path ?? RunFolder.freshPath(configuration.name, date)
    let manager = FileManager.default
    checkpoints = CheckpointFiles(run: path)
    let names = [RunFolder.journalName, RunFolder.configurationName]
    let metricsPath = "\(path)/\(RunFolder.metricsName)"
    // A process that was killed while it made the folder may have left an empty one.
    let hasLines = (try? manager.attributesOfItem(atPath: metricsPath)[.size] as? Int) ?? 0 > 0
    guard !hasLines, !names.contains(where: { manager.fileExists(atPath: "\(path)/\($0)") }),
      checkpoints.steps.isEmpty
    else {
      throw RunError("\(path): already holds a run; go on with it by --resume, or name another folder with --run")
    }
    (self.path, self.configuration, isOld) = (path, configuration, false)
    text = try configuration.resolvedText()
    leaves = try Resumption.resultLeaves(configuration)
    try RunFolder.makeFolders(checkpoints, path)
    metrics = try LineFile(metricsPath, isNew: !manager.fileExists(atPath: metricsPath))
    guard try metrics.lock() else { throw RunFolder.occupied(path) }
    try writeConfiguration()
  }

  /// Opens the folder of a run that is to go on.
  ///
  /// - Throws: `RunError` when it is no run's, or another process writes it; `ConfigurationError` when its configuration is
  ///   damaged.
  public init(existing path: String) throws {
    configuration = try RunFolder.configuration(of: path)
    (self.path, isOld) = (path, true)
    text = try configuration.resolvedText()
    leaves = try Resumption.resultLeaves(configuration)
    checkpoints = CheckpointFiles(run: path)
    let metricsPath = "\(path)/\(RunFolder.metricsName)"
    metrics = try LineFile(metricsPath, isNew: !FileManager.default.fileExists(atPath: metricsPath))
    guard try metrics.lock() else { throw RunFolder.occupied(path) }
    try RunFolder.makeFolders(checkpoints, path)
    checkpoints.removeUnfinished()
  }

  private static func occupied(_ path: String) -> RunError {
    RunError("\(path): another process trains this run; watch it with: convtop attach \(path)")
  }

  /// Whether a process trains the run now.
  public static func isAlive(_ run: String) -> Bool { LineFile.isLocked("\(run)/\(metricsName)") }

  /// `runs/<name>-<date>`, or with a number behind it where that is taken.
  public static func freshPath(_ name: String, _ date: Date = Date()) -> String {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.dateFormat = "yyyyMMdd-HHmmss"
    return free("runs/\(name)-\(formatter.string(from: date))")
  }

  /// A path, or the first one with a number behind it that nothing is at.
  static func free(_ base: String) -> String {
    var path = base
    var number = 2
    while FileManager.default.fileExists(atPath: path) {
      path = "\(base)-\(number)"
      number += 1
    }
    return path
  }

  private static func makeFolders(_ checkpoints: CheckpointFiles, _ path: String) throws {
    do {
      try FileManager.default.createDirectory(atPath: checkpoints.folder, withIntermediateDirectories: true)
    } catch {
      throw RunError("\(path): the run's folder cannot be written: \(reason(error)); name another with --run")
    }
  }

  private func writeConfiguration() throws {
    try text.withUnsafeBytes { try replaceFile("\(path)/\(RunFolder.configurationName)", [$0]) }
  }

  /// Makes again what somebody has removed while the run goes on.
  ///
  /// - Returns: whether its lines had to be written anew.
  func restore(_ journal: Journal) throws -> Bool {
    try RunFolder.makeFolders(checkpoints, path)
    let isRestored = try metrics.restore()
    if !FileManager.default.fileExists(atPath: "\(path)/\(RunFolder.configurationName)") { try writeConfiguration() }
    if !FileManager.default.fileExists(atPath: journalPath), !journal.interventions.isEmpty { try write(journal) }
    return isRestored
  }

  /// Removes the folder of a run that never made a step, unless there is more in it than was made at the start.
  ///
  /// - Returns: whether it is gone.
  public func discardIfUnused() -> Bool {
    let manager = FileManager.default
    let made = ["checkpoints", RunFolder.configurationName, RunFolder.metricsName, RunFolder.socketName]
    guard !isOld, let found = try? manager.contentsOfDirectory(atPath: path), Set(found).isSubset(of: made),
      let saved = try? manager.contentsOfDirectory(atPath: checkpoints.folder),
      saved.allSatisfy({ $0 == "step-0.safetensors" })
    else { return false }
    do {
      try manager.removeItem(atPath: path)
      return true
    } catch {
      return false
    }
  }

  /// Lets another process have the run; nothing must be written any more.
  public func release() { metrics.unlock() }

  /// Where watchers connect to whoever trains the run.
  public static let socketName = "socket"

  private var journalPath: String { "\(path)/\(RunFolder.journalName)" }

  /// Reads the journal; a torn last line is left out.
  func journal() throws -> Journal { try RunFolder.journal(of: path) }

  static func journal(of run: String) throws -> Journal {
    let path = "\(run)/\(journalName)"
    guard FileManager.default.fileExists(atPath: path) else { return Journal() }
    return try Journal(readFile(path), file: path)
  }

  /// Replaces the journal, all at once.
  func write(_ journal: Journal) throws {
    try journal.text().withUnsafeBytes { try replaceFile(journalPath, [$0]) }
  }

  /// Reads the configuration of a finished or running run.
  ///
  /// - Throws: `RunError` when the folder is not a run's; `ConfigurationError` when its configuration is damaged.
  public static func configuration(of run: String, overrides: [String] = []) throws -> Configuration {
    guard !run.isEmpty else { throw RunError("\"\" names no run's folder") }
    let path = "\(run)/\(configurationName)"
    guard let data = try? readFile(path) else {
      throw RunError("\(run): is not a run's folder: it has no readable \(configurationName)")
    }
    return try Configuration(data, file: path, overrides: overrides)
  }
}

/// The operating system's reason inside one of Foundation's errors.
func reason(_ error: any Error) -> String {
  if let inner = (error as? CocoaError)?.underlying as? POSIXError {
    return String(cString: strerror(inner.code.rawValue))
  }
  return error.localizedDescription
}
