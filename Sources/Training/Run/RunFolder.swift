// The folder that a run leaves behind, and that other tools can follow while it is written.

import Experiments
import Foundation
import Interchange
import Telemetry

/// What could not be read or written, and why.
public struct RunError: Error, CustomStringConvertible, Equatable {
  public let description: String
  public init(_ description: String) { self.description = description }
}

/// A run's folder: `config.json` (resolved), `metrics.jsonl`, `checkpoints/`, and `journal.jsonl` once somebody has changed
/// something while the run went on.
public final class RunFolder {
  public let path: String
  private var metrics: UnsafeMutablePointer<FILE>?
  /// Kept, so that a step need not allocate one.
  private var line = JSONLine()

  private static let configurationName = "config.json"
  private static let metricsName = "metrics.jsonl"
  private static let journalName = "journal.jsonl"

  /// Creates the folder and writes the configuration.
  ///
  /// - Parameter path: nil for `runs/<name>-<date>` below the current folder.
  /// - Throws: `RunError` when it cannot be created, or already holds a run.
  public init(_ configuration: Configuration, path: String?, date: Date = Date()) throws {
    guard path != "" else { throw RunError("--run \"\": names no folder; leave it out, or name one") }
    self.path = path ?? RunFolder.freshPath(configuration.name, date)
    let manager = FileManager.default
    guard !manager.fileExists(atPath: "\(self.path)/\(RunFolder.metricsName)") else {
      throw RunError("\(self.path): already holds a run; name another folder with --run")
    }
    do {
      try manager.createDirectory(atPath: "\(self.path)/checkpoints", withIntermediateDirectories: true)
      try configuration.resolvedText().write(to: URL(fileURLWithPath: "\(self.path)/\(RunFolder.configurationName)"))
    } catch {
      throw RunError("\(self.path): the run's folder cannot be written: \(reason(error)); name another with --run")
    }
    guard let file = fopen("\(self.path)/\(RunFolder.metricsName)", "wbx") else {
      throw RunError("\(self.path)/\(RunFolder.metricsName): cannot be created: \(String(cString: strerror(errno)))")
    }
    metrics = file
  }

  deinit {
    if let metrics { fclose(metrics) }
  }

  private static func freshPath(_ name: String, _ date: Date) -> String {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.dateFormat = "yyyyMMdd-HHmmss"
    let base = "runs/\(name)-\(formatter.string(from: date))"
    var path = base
    var number = 2
    while FileManager.default.fileExists(atPath: path) {
      path = "\(base)-\(number)"
      number += 1
    }
    return path
  }

  /// Removes the folder of a run that never made a step, unless there is more in it than was made at the start.
  ///
  /// - Returns: whether it is gone.
  public func discardIfUnused() -> Bool {
    let manager = FileManager.default
    let made = ["checkpoints", RunFolder.configurationName, RunFolder.metricsName]
    guard let found = try? manager.contentsOfDirectory(atPath: path), Set(found).isSubset(of: made),
      (try? manager.contentsOfDirectory(atPath: "\(path)/checkpoints"))?.isEmpty == true
    else { return false }
    do {
      try manager.removeItem(atPath: path)
      return true
    } catch {
      return false
    }
  }

  /// Appends a line to `metrics.jsonl`; it may wait in memory until `flush`.
  func write(_ record: StepRecord) throws { try write { record.add(to: &$0) } }
  func write(_ record: EpochRecord) throws { try write { record.add(to: &$0) } }
  func write(_ record: MeasureRecord) throws { try write { record.add(to: &$0) } }

  /// Appends a line to `journal.jsonl`, which is made by the first one, and hands it to other readers at once.
  func write(_ intervention: Intervention) throws {
    var line = JSONLine()
    try intervention.add(to: &line)
    let path = "\(path)/\(RunFolder.journalName)"
    let file = fopen(path, "ab")
    let isWritten = file.map { line.write(to: $0) } ?? false
    let isClosed = file.map { fclose($0) == 0 } ?? false
    guard isWritten, isClosed else {
      throw RunError("\(path): cannot be written: \(String(cString: strerror(errno)))")
    }
  }

  private func write(_ addFields: (inout JSONLine) -> Void) throws {
    line.clear()
    addFields(&line)
    guard let metrics, line.write(to: metrics) else { throw metricsError() }
  }

  /// Hands everything written so far to other readers.
  func flush() throws {
    guard let metrics, fflush(metrics) == 0 else { throw metricsError() }
  }

  private func metricsError() -> RunError {
    RunError("\(path)/\(RunFolder.metricsName): cannot be written: \(String(cString: strerror(errno)))")
  }

  /// Where the last checkpoint of a run is.
  static func checkpointPath(_ run: String) -> String { "\(run)/checkpoints/last.safetensors" }

  /// Replaces the last checkpoint, all at once: a reader sees the old one or the new one.
  func writeCheckpoint(_ checkpoint: Safetensors) throws {
    let path = RunFolder.checkpointPath(path)
    do {
      try checkpoint.encoded().write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw RunError("\(path): the checkpoint cannot be written: \(reason(error))")
    }
  }

  /// Reads the configuration of a finished or running run.
  ///
  /// - Throws: `RunError` when the folder is not a run's; `ConfigurationError` when its configuration is damaged.
  public static func configuration(of run: String, overrides: [String] = []) throws -> Configuration {
    guard !run.isEmpty else { throw RunError("\"\" names no run's folder") }
    let path = "\(run)/\(configurationName)"
    guard let data = FileManager.default.contents(atPath: path) else {
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
