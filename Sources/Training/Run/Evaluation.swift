// A run's last checkpoint, measured on the test images.

import Experiments
import Fields
import Foundation
import Interchange
import Telemetry
import Workers

/// A run's last checkpoint, measured on the test images.
public struct Evaluation: Sendable {
  public let run: String
  public let dataset: String
  public let classes: [String]
  public let images: Int
  public let loss: Double
  public let accuracy: Double
  public let report: ClassificationReport
  /// The step after which the checkpoint was taken.
  public let step: Int

  /// Loads a run and measures it.
  ///
  /// - Throws: `RunError`, `ConfigurationError` or `DatasetError`.
  public init(run: String, overrides: [String] = []) throws {
    let configuration = try RunFolder.configuration(of: run, overrides: overrides)
    try configuration.requireTraining("evaluate")
    let path = RunFolder.checkpointPath(run)
    guard let data = FileManager.default.contents(atPath: path) else {
      throw RunError("\(path): cannot be read; a run writes it at the end of its first epoch")
    }
    let checkpoint: Safetensors
    do { checkpoint = try Safetensors(data) } catch { throw RunError("\(path): \(error)") }
    guard let done = checkpoint.metadata["step"].flatMap({ Int($0) }), done >= 0 else {
      throw RunError("\(path): does not say after which step it was taken")
    }
    let dataset = try configuration.loadDataset()
    let loop = try TrainingLoop(
      configuration, dataset: dataset, pool: WorkerPool(threads: configuration.threadCount))
    try loop.restoreParameters(checkpoint, path: path)
    let indices = try dataset.indices(configuration.dataset.test, of: dataset.test, "test", configuration)
    images = indices.count
    var report = ClassificationReport(classes: dataset.classes.count, k: configuration.training.topK)
    (loss, accuracy) = loop.evaluate(dataset.test, indices, into: &report)
    self.report = report
    self.run = run
    self.dataset = dataset.name
    classes = dataset.classes
    step = done
  }

  /// The line of `convtop evaluate --json`.
  public func line() throws -> JSONLine {
    var line = JSONLine()
    try line.add("event", "evaluation")
    try line.add("run", run)
    try line.add("dataset", dataset)
    line.add("step", step)
    line.add("images", images)
    line.add("loss", loss)
    line.add("accuracy", accuracy)
    line.add("top_\(report.k)_accuracy", report.topKAccuracy)
    line.add("undecided", report.undecided)
    try line.add("classes", classes)
    line.add("precision", classes.indices.map(report.precision))
    line.add("recall", classes.indices.map(report.recall))
    let rows = classes.indices.map { label in
      "[" + classes.indices.map { String(report.count(of: label, takenFor: $0)) }.joined(separator: ",") + "]"
    }
    line.add("confusion", raw: rows)
    return line
  }
}
