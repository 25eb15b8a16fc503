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
    let loop = try TrainingLoop(
      configuration, dataset: configuration.loadDataset(), pool: WorkerPool(threads: configuration.threadCount))
    var journal = try RunFolder.journal(of: run)
    let path = "\(run)/\(RunFolder.metricsName)"
    let text = try readFile(path)
    let files = CheckpointFiles(run: run)
    var (known, place) = (files.steps, 0)
    if let last {
      let end = try Verification.lastStep(in: text, path)
      // With none that is old enough, from the beginning.
      if let start = known.first(where: { $0 <= end - last }) {
        let checkpoint = try files.read(files.path(step: start))
        let metrics = try RecordedMetrics(path, bytes: checkpoint.metricsBytes)
        do { try loop.restore(checkpoint, series: metrics.series) } catch let error as RunError {
          throw RunError("\(files.path(step: start)): \(error)")
        }
        journal.move(toDone: checkpoint.interventions)
        place = checkpoint.metricsBytes
        firstStep = start
      }
    }
    known.removeAll { $0 < loop.step }
    let expected = wholeLines(of: text.dropFirst(place))
    try replay(loop, &journal, expected, files, known, path, progress)
  }

  private mutating func replay(
    _ loop: TrainingLoop, _ journal: inout Journal, _ expected: [Data], _ files: CheckpointFiles, _ known: [Int],
    _ path: String, _ progress: (Int, Int) -> Void
  ) throws {
    let wanted = try known.map { try files.read(files.path(step: $0)) }
    guard let newest = wanted.first else {
      throw RunError("\(files.folder): holds no checkpoint, so the run's last state cannot be compared")
    }
    guard newest.interventions <= journal.interventions.count else {
      throw RunError(
        "the journal has \(journal.interventions.count) changes, and the checkpoint of step \(newest.state.position.step) "
          + "knows \(newest.interventions): some are lost, so the run cannot be done again")
    }
    func checkpoint(_ loop: TrainingLoop) throws -> String? {
      guard let checkpoint = wanted.first(where: { $0.unit == loop.unit }) else { return nil }
      checkpoints += 1
      if checkpoint.unit == wanted.first?.unit { hasFinalState = true }
      // What the next unit brings about by the journal may be in it already.
      for change in journal.interventions.prefix(checkpoint.interventions).dropFirst(journal.done) {
        loop.apply(change.change)
      }
      journal.move(toDone: max(journal.done, checkpoint.interventions))
      guard Checkpoint(loop, metricsBytes: 0, interventions: 0, configuration: [:]).state != checkpoint.state else {
        return nil
      }
      return "\(files.path(step: loop.step)): the state after step \(loop.step) is another"
    }
    difference = try checkpoint(loop)
    while difference == nil && lines < expected.count {
      for change in journal.takeDue(at: loop.unit) { loop.apply(change) }
      var found: [JSONLine] = []
      func add(_ addFields: (inout JSONLine) -> Void) {
        var line = JSONLine()
        addFields(&line)
        found.append(line)
      }
      switch loop.advance() {
      case .step(let record):
        steps += 1
        lastStep = record.step
        add { record.add(to: &$0) }
        if let measured = loop.measured { add { measured.add(to: &$0) } }
        progress(record.step, loop.totalSteps)
      case .epoch(let record):
        if let measured = loop.measured { add { measured.add(to: &$0) } }
        add { record.add(to: &$0) }
      case .validating: break
      case .finished:
        difference = "\(path): goes on for \(expected.count - lines) lines after the run's last epoch"
        return
      }
      for line in found where difference == nil && lines < expected.count {
        if Data(line.text.utf8) != expected[lines] {
          difference = "\(path): the line of step \(loop.step), epoch \(loop.epoch), should be \(line.text)"
        }
        lines += 1
      }
      if difference == nil { difference = try checkpoint(loop) }
    }
    if difference == nil, !hasFinalState {
      difference =
        "\(path): ends at step \(loop.step), and there is a checkpoint of step \(newest.state.position.step)"
    }
  }

  private static func lastStep(in text: Data, _ path: String) throws -> Int {
    for line in wholeLines(of: text).reversed() {
      if case .step(let record)? = MetricsLine(line) { return record.step }
    }
    throw RunError("\(path): has no step in it")
  }
}
