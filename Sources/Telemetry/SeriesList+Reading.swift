// The series of a run from its `metrics.jsonl`: the same as the run itself has them.

import Foundation

/// What a line of `metrics.jsonl` says.
public enum MetricsLine: Hashable, Sendable {
  /// Without the number of images, which is not in it.
  case step(StepRecord)
  /// Without times.
  case epoch(EpochRecord)
  case measured(MeasureRecord)

  /// Reads a line; nil when it says nothing of a step, an epoch or a measurement. Null stands for a number that is not finite.
  public init?(_ line: Data) {
    guard let fields = try? JSONDecoder().decode([String: Double?].self, from: line),
      let step = MetricsLine.whole(fields["step"])
    else { return nil }
    func values<Record>(_ scalars: [Scalar<Record>]) -> [String: Double]? {
      var found: [String: Double] = [:]
      for scalar in scalars {
        guard let value = fields[scalar.key] else { return nil }
        found[scalar.key] = scalar.read(value ?? .nan)
      }
      return found
    }
    let epoch = MetricsLine.whole(fields["epoch"]) ?? 0
    if let values = values(StepRecord.scalars) {
      self = .step(
        StepRecord(
          step: step, epoch: epoch, loss: values["loss"] ?? .nan, accuracy: values["accuracy"] ?? .nan,
          learningRate: Float(values["learning_rate"] ?? .nan), images: 0))
    } else if let values = values(EpochRecord.scalars) {
      self = .epoch(
        EpochRecord(
          epoch: epoch, step: step, trainLoss: values["train_loss"] ?? .nan,
          trainAccuracy: values["train_accuracy"] ?? .nan, validationLoss: values["validation_loss"] ?? .nan,
          validationAccuracy: values["validation_accuracy"] ?? .nan))
    } else {
      let measured = fields.filter { MeasureRecord.isName($0.key) }
      guard !measured.isEmpty else { return nil }
      self = .measured(
        MeasureRecord(step: step, epoch: epoch, values: measured.map { .init($0.key, $0.value ?? .nan) }))
    }
  }

  private static func whole(_ number: Double??) -> Int? { (number ?? nil).flatMap { Int(exactly: $0) } }
}

extension SeriesList {
  /// Takes the lines of a `metrics.jsonl`, whole ones only: the last may still be being written.
  ///
  /// - Parameter body: is shown each line.
  /// - Returns: how many lines were taken.
  /// - Throws: `MetricsError` naming the line that is neither a step's nor an epoch's nor a measurement's.
  @discardableResult
  public mutating func append(lines text: Data, _ body: (MetricsLine) -> Void = { _ in }) throws -> Int {
    var taken = 0
    var rest = text[...]
    while let end = rest.firstIndex(of: 0x0a) {
      taken += 1
      guard let line = MetricsLine(rest[..<end]) else { throw MetricsError(line: taken) }
      rest = rest[rest.index(after: end)...]
      switch line {
      case .step(let record): append(record)
      case .epoch(let record): append(record)
      case .measured(let record): append(record)
      }
      body(line)
    }
    return taken
  }
}

/// A line of `metrics.jsonl` that says nothing of a step, an epoch or a measurement.
public struct MetricsError: Error, CustomStringConvertible, Equatable {
  /// Counted from 1.
  public let line: Int

  public init(line: Int) { self.line = line }

  public var description: String { "line \(line): expected a JSON object with the figures of a step or of an epoch" }
}
