// A run done again from its configuration and its journal, and compared with what it left, to the last bit.

import Experiments
import Foundation
import Telemetry
import Workers

/// A run done again, and compared with what it left: each line of `metrics.jsonl` and each checkpoint that comes on the way.
public struct Verification: Sendable {
  /// What is not the same, in a sentence: the first such thing.
  public private(set) var difference: String?
  /// How many steps were done again, and how many lines and checkpoints compared.
  public private(set) var steps = 0
  public private(set) var lines = 0
  public private(set) var checkpoints = 0
  /// The step that it began at, and the last one.
  public private(set) var firstStep = 0
  public private(set) var lastStep = 0
  /// Whether the run's last state is among what was compared.
  public private(set) var hasFinalState = false

  /// Does a run again.
  ///
  /// - Parameters:
  ///   - last: only so many steps and those before them up to a checkpoint, where there is one; nil for the whole run.
  ///   - progress: told now and then which of how many steps is done.
  /// - Throws: `RunError`, `ConfigurationError` or `DatasetError`.
  public init(
    run: String, last: Int? = nil, threads: Int? = nil, progress: (_ step: Int, _ of: Int) -> Void = { _, _ in }
  ) throws {
    var configuration = try RunFolder.configuration(of: run)
    try configuration.requireTraining("verify")
    if let threads { configuration.training.threads = threads }
    configuration.training.breakpoints = []
    let loop = try TrainingLoop(
      configuration, dataset: configuration.loadDataset(), pool: WorkerPool(threads: configuration.threadCount))
    loop.journal = try RunFolder.journal(of: run)
    let path = "\(run)/\(RunFolder.metricsName)"
    // Before the lines: of a run that goes on, each of these is older than what is read then.
    let files = CheckpointFiles(run: run)
    let known = files.steps
    let text = try readFile(path)
    guard let newest = known.first else {
      throw RunError("\(files.folder): holds no checkpoint, so the run's last state cannot be compared")
    }
    let final = try files.read(files.path(step: newest))
    guard final.interventions <= loop.journal.interventions.count else {
      throw RunError(
        "\(run): the journal has \(loop.journal.interventions.count) of the \(final.interventions) changes that the checkpoint of step "
          + "\(newest) knows: the run cannot be done again")
    }
    var place = 0
    func begin(with checkpoint: Checkpoint, _ path: String) throws {
      let metrics = try RecordedMetrics("\(run)/\(RunFolder.metricsName)", bytes: checkpoint.metricsBytes)
      do { loop.restore(try loop.state(checkpoint, series: metrics.series)) } catch let error as RunError {
        throw RunError("\(path): \(error)")
      }
      loop.journal.move(toDone: checkpoint.interventions)
      (place, firstStep) = (checkpoint.metricsBytes, loop.step)
    }
    if let base = try files.base() { try begin(with: base, files.basePath) }
    if let last {
      let end = try Verification.lastStep(in: text, path)
      // With none that is old enough, from the beginning.
      if let start = known.first(where: { $0 <= end - last }) {
        try begin(with: files.read(files.path(step: start)), files.path(step: start))
      }
    }
    // What it starts from is no finding.
    let wanted = known.filter { $0 > loop.step || $0 == 0 && place == 0 }
    try replay(loop, wholeLines(of: text.dropFirst(place)), files, wanted, path, until: final.unit, progress)
  }

  /// - Parameter lastUnit: the newest checkpoint's; it may lie in the middle of a validation, whose units make no lines.
  private mutating func replay(
    _ loop: TrainingLoop, _ expected: [Data], _ files: CheckpointFiles, _ wanted: [Int],
    _ path: String, until lastUnit: Int, _ progress: (Int, Int) -> Void
  ) throws {
    difference = try compare(loop, files, wanted)
    while difference == nil && (lines < expected.count || loop.unit < lastUnit) {
      loop.takeDueChanges()
      let end = loop.step
      let event = loop.advance()
      guard event != .finished else {
        difference = "\(path): goes on for \(expected.count - lines) lines after the run's last epoch"
        return
      }
      if case .step(let record) = event {
        steps += 1
        lastStep = record.step
        progress(record.step, loop.totalSteps)
      }
      for line in Verification.lines(event, loop.measured) where difference == nil {
        guard lines < expected.count else {
          if loop.unit <= lastUnit {
            difference = "\(path): ends at step \(end), and there is a checkpoint of step \(wanted.first ?? end)"
          }
          break
        }
        if Data(line.text.utf8) != expected[lines] {
          difference = "\(path): the line of step \(loop.step), epoch \(loop.epoch), should be \(line.text)"
        }
        lines += 1
      }
      if difference == nil { difference = try compare(loop, files, wanted) }
    }
  }

  /// The lines of `metrics.jsonl` that a unit of work makes.
  private static func lines(_ event: TrainingLoop.Event, _ measured: MeasureRecord?) -> [JSONLine] {
    func line(_ addFields: (inout JSONLine) -> Void) -> JSONLine {
      var line = JSONLine()
      addFields(&line)
      return line
    }
    let other = measured.map { measured in line { measured.add(to: &$0) } }
    switch event {
    case .step(let record): return [line { record.add(to: &$0) }] + [other].compactMap { $0 }
    case .epoch(let record): return [other].compactMap { $0 } + [line { record.add(to: &$0) }]
    case .validating, .stopped, .finished: return []
    }
  }

  /// Compares the state with the checkpoint of the same unit of work, if there is one; what differs, in a sentence.
  private mutating func compare(
    _ loop: TrainingLoop, _ files: CheckpointFiles, _ wanted: [Int]
  ) throws -> String? {
    let path = files.path(step: loop.step)
    // A run that goes on may have replaced it meanwhile.
    guard wanted.contains(loop.step), FileManager.default.fileExists(atPath: path) else { return nil }
    let checkpoint = try files.read(path)
    guard checkpoint.unit == loop.unit else { return nil }
    // What the journal has before the next unit may be in it already.
    let journal = loop.journal
    for change in journal.interventions.prefix(checkpoint.interventions).dropFirst(journal.done) {
      loop.apply(change.change)
    }
    loop.journal.move(toDone: max(journal.done, checkpoint.interventions))
    guard try checkpoint.hasState(of: loop) else { return "\(path): the state after step \(loop.step) is another" }
    checkpoints += 1
    if loop.step == wanted.first { hasFinalState = true }
    return nil
  }

  private static func lastStep(in text: Data, _ path: String) throws -> Int {
    for line in wholeLines(of: text).reversed() {
      if case .step(let record)? = MetricsLine(line) { return record.step }
    }
    throw RunError("\(path): the run has made no step yet")
  }
}
