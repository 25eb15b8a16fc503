// Where a run stands by its files alone.

import Foundation
import Telemetry

/// Where a run stands by its files alone: the last lines of `metrics.jsonl` say it.
public struct RecordedRunFigures: Sendable {
  public let epoch: Int
  public let epochs: Int
  public let step: Int
  /// Of the last validation.
  public let accuracy: Double?
  public let isFinished: Bool
  /// Whether the last step's loss was not finite.
  public let isDiverged: Bool

  /// - Throws: `RunError` or `ConfigurationError`.
  public init(_ run: String) throws {
    let configuration = try RunFolder.configuration(of: run)
    var epochs = configuration.training.epochs
    for intervention in try RunFolder.journal(of: run).interventions {
      if case .epochs(let count) = intervention.change { epochs = count }
    }
    let path = "\(run)/\(RunFolder.metricsName)"
    let text = try readFile(path)
    var (step, epoch, accuracy): (Int?, Int?, Double?)
    var (isFinished, isDiverged) = (false, false)
    // From the end: a run may have a million lines.
    var rest = text[...]
    if let end = rest.lastIndex(of: 0x0a) { rest = rest[..<end] } else { rest = rest[..<rest.startIndex] }
    while !rest.isEmpty, step == nil || accuracy == nil {
      let start = rest.lastIndex(of: 0x0a).map { rest.index(after: $0) } ?? rest.startIndex
      guard let line = MetricsLine(rest[start...]) else { throw RunError("\(path): holds a line that is none") }
      switch line {
      case .step(let record):
        if step == nil { isDiverged = !record.loss.isFinite }
        (step, epoch) = (step ?? record.step, epoch ?? record.epoch)
      case .epoch(let record):
        (step, epoch) = (step ?? record.step, epoch ?? record.epoch)
        accuracy = record.validationAccuracy
        // The last line of a run is that of its last epoch.
        isFinished = step == record.step && record.epoch >= epochs
      case .measured: break
      }
      rest = start > rest.startIndex ? rest[..<rest.index(before: start)] : rest[..<rest.startIndex]
    }
    (self.step, self.epoch, self.epochs, self.accuracy) = (step ?? 0, epoch ?? 0, epochs, accuracy)
    (self.isFinished, self.isDiverged) = (isFinished, isDiverged)
  }
}
