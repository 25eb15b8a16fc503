// A run's curves and last figures from its `metrics.jsonl`.

import Foundation
import Telemetry

/// What the lines of a run's `metrics.jsonl` amount to, up to one of its states.
struct RecordedMetrics {
  private(set) var series = SeriesList()
  private(set) var lastStep: StepRecord?
  private(set) var lastEpoch: EpochRecord?
  private(set) var bestEpoch: EpochRecord?
  /// Of each step.
  private(set) var losses: [Double] = []

  /// - Throws: `RunError` when there are fewer bytes, or some line is none.
  init(_ path: String, bytes: Int) throws {
    guard bytes > 0 else { return }
    guard let file = try? FileHandle(forReadingFrom: URL(fileURLWithPath: path)),
      let text = try? file.read(upToCount: bytes), text.count == bytes
    else { throw RunError("\(path): has fewer than the \(bytes) bytes that belong to the checkpoint", isDamage: true) }
    guard text.last == 0x0a else {
      throw RunError("\(path): has no end of a line after \(bytes) bytes", isDamage: true)
    }
    var (step, epoch, best): (StepRecord?, EpochRecord?, EpochRecord?)
    var losses: [Double] = []
    do {
      try series.append(lines: text) { line in
        switch line {
        case .step(let record):
          step = record
          losses.append(record.loss)
        case .epoch(let record):
          epoch = record
          if record.validationAccuracy > best?.validationAccuracy ?? -1 { best = record }
        case .measured: break
        }
      }
    } catch { throw RunError("\(path): \(error)", isDamage: true) }
    (lastStep, lastEpoch, bestEpoch, self.losses) = (step, epoch, best, losses)
  }
}
