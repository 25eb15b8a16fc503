// One of a run's checkpoints, measured on the test images.

import Experiments
import Fields
import Foundation
import Telemetry
import Workers

/// One of a run's checkpoints, measured on the test images.
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
  public init(run: String, _ choice: CheckpointChoice = .last, overrides: [String] = []) throws {
    let configuration = try RunFolder.configuration(of: run, overrides: overrides)
    try configuration.requireTraining("evaluate")
    let (checkpoint, path) = try CheckpointFiles(run: run).read(choice)
    let dataset = try configuration.loadDataset()
    let loop = try TrainingLoop(
      configuration, dataset: dataset, pool: WorkerPool(threads: configuration.threadCount))
    do { try loop.restoreParameters(checkpoint) } catch let error as RunError { throw RunError("\(path): \(error)") }
    let indices = try dataset.indices(configuration.dataset.test, of: dataset.test, "test", configuration)
    images = indices.count
    var report = ClassificationReport(classes: dataset.classes.count, k: configuration.training.topK)
    (loss, accuracy) = loop.evaluate(dataset.test, indices, into: &report)
    self.report = report
    self.run = run
    self.dataset = dataset.name
    classes = dataset.classes
    step = checkpoint.state.position.step
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
