// How long it takes to go back in a run, and what it costs to be able to.

import Datasets
import Experiments
import Foundation
import Telemetry
import Training
import Workers

/// Trains a configuration to its end, jumps about in its past, and compares where it comes to with a run that is never left.
struct TravelBench {
  struct Figures {
    var steps = 0
    /// Seconds, sorted.
    var oneBack: [Double] = []
    var anywhere: [Double] = []
    /// Until the last step is seen from within, and until it is known what moved a filter of the first layer in it.
    var glass: [Double] = []
    var causes: [Double] = []
    /// The time of a run that keeps its past over that of one that does not: the median of parts of the run, and all of it.
    var cost = (median: 0.0, whole: 0.0)
    /// Jumps that did not come to the state of the straight run.
    var differences = 0
  }

  let jumps: Int

  func measure(_ configuration: Experiments.Configuration) throws -> Figures {
    let dataset = try configuration.loadDataset()
    let pool = WorkerPool(threads: configuration.threadCount)
    var figures = Figures()

    let loop = try TrainingLoop(configuration, dataset: dataset, pool: pool)
    var straight = [loop.state().digest]
    training: while true {
      switch loop.advance() {
      case .step: straight.append(loop.state().digest)
      case .finished: break training
      case .validating, .epoch, .stopped: break
      }
    }

    let run = TimedRun(try Trainer(configuration, dataset: dataset, pool: pool))
    run.look()
    figures.steps = run.trainer.status.steps
    var random = SystemRandomNumberGenerator()
    func jump(_ command: RunCommand) -> Double {
      let seconds = run.time(command)
      if run.trainer.state().digest != straight[run.trainer.status.step] { figures.differences += 1 }
      return seconds
    }
    // From the newest step, where nobody has been before, all through the last quarter of the run.
    run.time(.step(figures.steps * 3 / 4))
    let pauses = min(jumps / 4, figures.steps / 4)
    for pause in 0..<pauses {
      if pause % (pauses / TravelBench.looks + 1) == 0 {
        figures.glass.append(run.time(TravelBench.glass))
        // Where that takes long, once is enough.
        if figures.causes.first ?? 0 < 1 { figures.causes.append(run.time(TravelBench.causes)) }
        run.look()
      }
      run.time(.step(Int.random(in: 1...max(1, figures.steps / 4 / pauses), using: &random)))
      figures.oneBack.append(jump(.back(1)))
      run.time(.goTo(step: .max))
    }
    run.time(.run)
    for _ in 0..<jumps {
      figures.anywhere.append(jump(.goTo(step: Int.random(in: 0..<max(1, figures.steps), using: &random))))
    }
    run.time(.goTo(step: .max))
    if run.trainer.state() != loop.state() { figures.differences += 1 }

    figures.cost = try cost(configuration, dataset, pool)
    for path in [\Figures.oneBack, \.anywhere, \.glass, \.causes] { figures[keyPath: path].sort() }
    return figures
  }

  /// The time of a run that keeps its past over that of one that does not, both from their beginning to their end.
  ///
  /// They go on in turn, a hundredth each, because what else the machine does changes from second to second. The median of the parts'
  /// ratios tells least of that, but nothing of states that are further apart than a part is long; the whole tells of both.
  private func cost(
    _ configuration: Experiments.Configuration, _ dataset: Dataset, _ pool: WorkerPool
  ) throws -> (median: Double, whole: Double) {
    let runs = try [configuration.dashboard.historyMegabytes, 0].map { megabytes in
      var configuration = configuration
      configuration.dashboard.historyMegabytes = megabytes
      let run = TimedRun(try Trainer(configuration, dataset: dataset, pool: pool))
      run.look()
      return run
    }
    let steps = runs[0].trainer.status.steps
    let slice = max(1, steps / TravelBench.slices)
    var sums = [0.0, 0.0]
    let ratios = stride(from: 0, to: steps, by: slice).map { first in
      var seconds = [0.0, 0.0]
      for run in first / slice % 2 == 0 ? [0, 1] : [1, 0] { seconds[run] = runs[run].time(.step(slice)) }
      for run in sums.indices { sums[run] += seconds[run] }
      return seconds[0] / seconds[1]
    }
    return (ratios.sorted()[ratios.count / 2], sums[0] / sums[1])
  }
}

extension TravelBench {
  private static let slices = 100

  /// How often the present step is looked at from within.
  private static let looks = 10

  private static let glass: PictureRequest = {
    var request = PictureRequest(layer: 0, probe: 0)
    request.glass = GlassRequest(stage: .forward, layer: 0, image: 0, images: 0..<16, tiles: 0..<16)
    return request
  }()

  private static let causes: PictureRequest = {
    var request = PictureRequest(layer: 0, probe: 0)
    request.causes = CauseRequest(filter: 0, steps: 1)
    return request
  }()
}

/// A trainer whose commands are timed until it rests again.
private final class TimedRun {
  let trainer: Trainer
  private let watcher: Watcher
  private let news = DispatchSemaphore(value: 0)
  private var asked = 0

  init(_ trainer: Trainer) {
    self.trainer = trainer
    let news = news
    watcher = trainer.addWatcher { news.signal() }
  }

  deinit { trainer.removeWatcher(watcher) }

  /// As a screen does; only then is a past kept.
  func look() {
    trainer.request(PictureRequest(layer: 0, probe: 0), for: watcher)
    while trainer.snapshot(for: watcher) == nil { news.wait() }
  }

  /// Until what takes the step again is answered; a question that has no answer takes no time.
  func time(_ request: PictureRequest) -> Double {
    asked += 1
    var request = request
    request.number = asked
    let start = ContinuousClock.now
    trainer.request(request, for: watcher)
    while true {
      if let snapshot = trainer.snapshot(for: watcher), snapshot.request.number == asked {
        switch snapshot.examination {
        case .done: return (ContinuousClock.now - start).inSeconds
        case .impossible, .needsRest, nil: return 0
        case .underWay: break
        }
      }
      news.wait()
    }
  }

  @discardableResult
  func time(_ command: RunCommand) -> Double {
    let start = ContinuousClock.now
    trainer.sendAndWait(command)
    while trainer.status.phase.isUnderWay { news.wait() }
    return (ContinuousClock.now - start).inSeconds
  }
}
