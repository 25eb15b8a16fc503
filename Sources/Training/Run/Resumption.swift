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
  /// In what the run will differ from now on.
  let changes: [Change]
  /// The same in a sentence each.
  public let sentences: [String]

  /// Opens a run's folder.
  ///
  /// - Parameter given: what the run should have from now on; nil to leave everything.
  /// - Throws: `RunError` when the folder is no run's, or somebody else's at the moment; `ConfigurationError` naming the key that
  ///   cannot be changed any more.
  public init(run: String, given: Configuration? = nil) throws {
    folder = try RunFolder(existing: run)
    var configuration = folder.configuration
    try configuration.requireTraining("go on with")
    var (changes, sentences): ([Change], [String]) = ([], [])
    if let given {
      for (key, new, old) in try given.differences(from: configuration) where key != "name" {
        switch key {
        case "training.epochs": changes.append(.epochs(given.training.epochs))
        case "training.optimizer.learning_rate":
          changes.append(.learningRate(Double(given.training.optimizer.learningRate)))
        case _ where Resumption.changesNoResult(key): break
        default:
          throw ConfigurationError(
            file: given.file, keyPath: key,
            message:
              "found \(new ?? "nothing"), but the run in \(run) was begun with \(old ?? "nothing"), which cannot change "
              + "any more; expected the same, or another run's folder")
        }
        sentences.append("\(key) is \(new ?? "nothing") from now on; it was \(old ?? "nothing")")
      }
      configuration.dashboard = given.dashboard
      configuration.training.threads = given.training.threads
      configuration.training.checkpoint = given.training.checkpoint
      configuration.training.keepRunning = given.training.keepRunning
    }
    (self.configuration, self.changes, self.sentences) = (configuration, changes, sentences)
  }

  private static func changesNoResult(_ key: String) -> Bool {
    ["dashboard.", "training.threads", "training.checkpoint.", "training.keep_running"].contains { key.hasPrefix($0) }
  }
}

/// What the lines of a run's `metrics.jsonl` amount to, up to one of its states.
struct RecordedMetrics {
  private(set) var series = SeriesList()
  private(set) var lastStep: StepRecord?
  private(set) var lastEpoch: EpochRecord?
  private(set) var bestEpoch: EpochRecord?

  init() {}

  /// - Throws: `RunError` when there are fewer bytes, or some line is none.
  init(_ path: String, bytes: Int) throws {
    guard bytes > 0 else { return }
    guard let file = try? FileHandle(forReadingFrom: URL(fileURLWithPath: path)),
      let text = try? file.read(upToCount: bytes), text.count == bytes
    else { throw RunError("\(path): has fewer than the \(bytes) bytes that belong to the checkpoint") }
    guard text.last == 0x0a else { throw RunError("\(path): has no end of a line after \(bytes) bytes") }
    var (step, epoch, best): (StepRecord?, EpochRecord?, EpochRecord?)
    do {
      try series.append(lines: text) { line in
        switch line {
        case .step(let record): step = record
        case .epoch(let record):
          epoch = record
          if record.validationAccuracy > best?.validationAccuracy ?? -1 { best = record }
        case .measured: break
        }
      }
    } catch { throw RunError("\(path): \(error)") }
    (lastStep, lastEpoch, bestEpoch) = (step, epoch, best)
  }
}
