// A run that begins where another one stood, under a changed configuration.

import Datasets
import Experiments
import Fields
import Foundation
import Telemetry
import Workers

extension TrainingLoop {
  /// What a state of another run is as the beginning of this one: the parameters, and whatever else still means something under
  /// this configuration.
  ///
  /// An optimiser of the same type goes on with its memory, another one begins anew. A learning rate or a schedule of its own
  /// holds as it is; else what the other run's schedule has come to. With another batch size the fork begins with an epoch.
  ///
  /// - Throws: `RunError` when it cannot begin there.
  func forked(_ state: RunState, of parent: TrainingLoop, _ plan: ForkPlan) throws -> RunState {
    precondition(parent.classifier.model.parameters.map(\.shape) == classifier.model.parameters.map(\.shape))
    var fork = self.state()
    let count = classifier.model.parameters.reduce(0) { $0 + $1.count }
    let keepsOptimizer =
      parent.configuration.training.optimizer.type == configuration.training.optimizer.type
      && stateLayout.map(\.name) == parent.stateLayout.map(\.name)
    let values = state.numbers.values
    fork.numbers = RunNumbers(keepsOptimizer ? values : Array(values[..<count]) + fork.numbers.values[count...])
    if keepsOptimizer { (fork.optimizerSteps, fork.optimizerScalars) = (state.optimizerSteps, state.optimizerScalars) }
    (fork.position, fork.forkOrigin) = (state.position, state.forkOrigin)
    (fork.trained, fork.validated, fork.series) = (state.trained, state.validated, state.series)
    let changed = plan.named.union(plan.changes.keys)
    fork.epochs = changed.contains("training.epochs") ? configuration.training.epochs : state.epochs
    guard fork.epochs >= state.position.epoch else {
      throw RunError(
        "training.epochs: found \(fork.epochs), but epoch \(state.position.epoch) begins there; expected no fewer")
    }
    if !changed.contains(where: { $0.hasPrefix("training.schedule") }) {
      if case .oneCycle = configuration.training.schedule.choice {
        // Its rates do not come from the optimiser's, but can be multiplied as that one is.
        let rates = [configuration, parent.configuration].map { Double($0.training.optimizer.learningRate) }
        fork.schedule = state.schedule
        fork.schedule.factor *= rates[0] / rates[1]
      } else if !changed.contains(Resumption.learningRate) {
        fork.schedule = state.schedule
      }
    }
    let orders: Set = ["training.batch_size", "training.drop_last", "training.shuffle", "seed"]
    guard state.position.stepInEpoch == 0 || changed.isDisjoint(with: orders) else {
      throw RunError(
        "another batch size or order begins with an epoch: fork at step \(state.position.step - state.position.stepInEpoch)"
      )
    }
    if stepsPerEpoch != parent.stepsPerEpoch {
      fork.forkOrigin = RunState.Origin(epoch: state.position.epoch, step: state.position.step)
    }
    let names = layerMeasures.map(\.name)
    for name in plan.frozen where !names.contains(name) {
      throw RunError("\(name) is no layer that can be frozen; there are \(names.joined(separator: ", "))")
    }
    fork.frozen = Set(state.frozen + plan.frozen).sorted()
    return fork
  }

  /// Goes on, as the run did, to right behind a step; behind the last one of an epoch, to the beginning of the next.
  func replay(toStep wanted: Int) throws {
    isReplaying = true
    defer { isReplaying = false }
    while step < wanted || isValidating {
      takeDueChanges()
      if advance() == .finished { throw RunError("the run ends at step \(step)") }
    }
    takeDueChanges()
  }
}

/// A run's folder that is made from a state of another one.
public enum Fork {
  /// Makes the folder of a fork.
  ///
  /// - Parameters:
  ///   - run: the folder of the run that it comes from, which may be going on.
  ///   - step: the state right after this step; nil for that of the newest checkpoint.
  ///   - path: nil for one beside the run's, `<run>-fork-<step>`.
  /// - Returns: the folder, to be gone on with as any run's is.
  /// - Throws: `RunError`, `ConfigurationError` or `DatasetError`.
  public static func make(
    from run: String, step: Int?, overrides: [String], frozen: [String] = [], path: String?
  ) throws -> (folder: String, origin: ForkOrigin) {
    let plan = try ForkPlan(RunFolder.configuration(of: run), overrides: overrides, frozen: frozen)
    var configuration = plan.parent
    configuration.training.breakpoints = []
    let dataset = try configuration.loadDataset()
    let pool = WorkerPool(threads: configuration.threadCount)
    let parent = try TrainingLoop(configuration, dataset: dataset, pool: pool)
    parent.journal = try RunFolder.journal(of: run)
    let files = CheckpointFiles(run: run)
    let start = files.steps.first { file in step.map { file <= $0 } ?? true }
    if let checkpoint = try start.map({ try files.read(files.path(step: $0)) }) ?? files.base() {
      do { parent.restore(try parent.state(checkpoint, series: SeriesList())) } catch let error as RunError {
        throw RunError("\(run): its checkpoint of step \(checkpoint.state.position.step) \(error)")
      }
      parent.journal.move(toDone: checkpoint.interventions)
    } else if step == nil {
      throw RunError("\(files.folder): holds no checkpoint to fork from; name a step: \(run)@0")
    }
    let newest = try RecordedRunFigures(run).step
    if let step, step > max(newest, parent.step) {
      throw RunError("\(run): has come to step \(newest), so it cannot be forked at step \(step)")
    }
    if let step, step < parent.step {
      throw RunError("\(run): begins at step \(parent.step), so it cannot be forked at step \(step)")
    }
    try parent.replay(toStep: step ?? parent.step)
    let lines = try lines(of: "\(run)/\(RunFolder.metricsName)", until: parent)
    return try write(parent, of: run, lines, plan, dataset: dataset, path)
  }

  /// Makes the folder from where a run stands, which must not be in the middle of a validation.
  ///
  /// - Parameter lines: what the run had written by then.
  static func write(
    _ parent: TrainingLoop, of run: String, _ lines: Data, _ plan: ForkPlan, dataset: Dataset, _ path: String?
  ) throws -> (folder: String, origin: ForkOrigin) {
    guard parent.isFinite else {
      throw RunError("numbers that are not finite are no beginning: fork at step \(parent.step - 1), or before")
    }
    let child = try TrainingLoop(plan.configuration, dataset: dataset, pool: parent.classifier.pool)
    child.restore(try child.forked(parent.state(), of: parent, plan))
    let folder = try RunFolder(plan.configuration, path: path ?? RunFolder.free("\(run)-fork-\(child.step)"))
    defer { folder.release() }
    let origin = ForkOrigin(run: run, step: child.step, epoch: child.epoch, changes: plan.changes)
    let originPath = "\(folder.path)/\(RunFolder.forkName)"
    do {
      // What is only half made says that it is a fork, and is none to go on with.
      try TelemetryCoding.encode(origin).withUnsafeBytes { try replaceFile(originPath, [$0]) }
      let checkpoint = Checkpoint(child, metricsBytes: lines.count, interventions: 0, configuration: folder.leaves)
      try checkpoint.withBytes { try replaceFile(folder.checkpoints.basePath, $0) }
      folder.metrics.append { $0 += lines }
      try folder.metrics.flush()
    } catch {
      unlink(originPath)
      unlink(folder.checkpoints.basePath)
      _ = folder.discardIfUnused()
      throw error
    }
    return (folder.path, origin)
  }

  /// The lines of a run up to where it stands.
  static func lines(of path: String, until loop: TrainingLoop) throws -> Data {
    let text = try readFile(path)
    var (end, epochs) = (0, 0)
    for line in wholeLines(of: text) {
      switch MetricsLine(line) {
      case .step(let record) where record.step <= loop.step: break
      case .measured(let record) where record.step <= loop.step: break
      case .epoch(let record) where record.step <= loop.step: epochs = record.epoch
      case nil: throw RunError("\(path): holds a line that is none")
      default: return try whole(text.prefix(end), epochs)
      }
      end += line.count + 1
    }
    return try whole(text.prefix(end), epochs)

    func whole(_ lines: Data, _ epochs: Int) throws -> Data {
      guard epochs == loop.epoch - 1 else {
        throw RunError("\(path): epoch \(loop.epoch - 1) is not validated yet; fork at step \(loop.step - 1), or later")
      }
      return lines
    }
  }
}
