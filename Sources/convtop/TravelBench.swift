// How long it takes to go back in a run, and what it costs to be able to.

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
    /// The time of a run that keeps its past over that of one that does not, sorted.
    var cost: [Double] = []
    /// Jumps that did not come to the state of the straight run.
    var differences = 0
  }

  let jumps: Int
  /// How often each is trained for an epoch, to compare.
  let pairs: Int

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

    let sizes = [configuration.dashboard.historyMegabytes, 0]
    for pair in 0..<pairs {
      var seconds: [Int: Double] = [:]
      for megabytes in pair % 2 == 0 ? sizes : sizes.reversed() {
        var configuration = configuration
        configuration.training.epochs = 1
        configuration.dashboard.historyMegabytes = megabytes
        let run = TimedRun(try Trainer(configuration, dataset: dataset, pool: pool))
        run.look()
        seconds[megabytes] = run.time(.run)
      }
      if let with = seconds[sizes[0]], let without = seconds[sizes[1]] { figures.cost.append(with / without) }
    }
    for path in [\Figures.oneBack, \.anywhere, \.cost, \.glass, \.causes] { figures[keyPath: path].sort() }
    return figures
  }
}

extension TravelBench {
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
