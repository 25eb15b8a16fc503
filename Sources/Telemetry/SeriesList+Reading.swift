// The series of a run from its `metrics.jsonl`: the same as the run itself has them.

import Foundation

extension SeriesList {
  /// Takes the lines of a `metrics.jsonl`, whole ones only: the last may still be being written.
  ///
  /// - Returns: how many lines were taken.
  /// - Throws: `MetricsError` naming the line that is neither a step's nor an epoch's.
  @discardableResult
  public mutating func append(lines text: Data) throws -> Int {
    var taken = 0
    var rest = text[...]
    while let end = rest.firstIndex(of: 0x0a) {
      let line = rest[..<end]
      rest = rest[rest.index(after: end)...]
      taken += 1
      guard let fields = try? JSONDecoder().decode([String: Double?].self, from: line), append(fields) else {
        throw MetricsError(line: taken)
      }
    }
    return taken
  }

  /// A line whose keys are not all there is of no kind; null stands for a number that is not finite.
  private mutating func append(_ fields: [String: Double?]) -> Bool {
    guard let number = fields["step"], let number, let step = Int(exactly: number) else { return false }
    func values<Record>(_ scalars: [Scalar<Record>]) -> [(SeriesKey?, Double)]? {
      let found = scalars.map { fields[$0.key] }
      guard !found.contains(where: { $0 == nil }) else { return nil }
      return zip(scalars, found).map { ($0.series, $0.read(($1 ?? nil) ?? .nan)) }
    }
    guard let values = values(StepRecord.scalars) ?? values(EpochRecord.scalars) else {
      let measured = fields.filter { MeasureRecord.isName($0.key) }
      guard !measured.isEmpty else { return false }
      append(MeasureRecord(step: step, epoch: 0, values: measured.map { .init($0.key, $0.value ?? .nan) }))
      return true
    }
    for (key, value) in values { if let key { append(key, step: step, value) } }
    return true
  }
}

/// A line of `metrics.jsonl` that says nothing of a step, an epoch or a measurement.
public struct MetricsError: Error, CustomStringConvertible, Equatable {
  /// Counted from 1.
  public let line: Int

  public init(line: Int) { self.line = line }

  public var description: String { "line \(line): expected a JSON object with the figures of a step or of an epoch" }
}
