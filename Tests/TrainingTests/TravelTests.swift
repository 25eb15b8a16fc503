// The past of a run: every state of it is had again, to the last bit, and the newest one goes on as if nothing had been.

import Datasets
import Experiments
import Foundation
import Telemetry
import Testing
import Workers

@testable import Training

@Suite struct TravelTests {
  /// The states of a run that is never looked back into, by step: each as it is right after the step.
  private static func straightStates(_ configuration: Configuration) throws -> [RunNumbers] {
    let loop = try TrainingLoop(configuration, dataset: configuration.loadDataset(), pool: WorkerPool(threads: 2))
    var states = [loop.state().numbers]
    while true {
      switch loop.advance() {
      case .step: states.append(loop.state().numbers)
      case .finished: return states
      default: break
      }
    }
  }

  private func go(_ harness: Harness, _ command: RunCommand) -> RunStatus {
    harness.send(command, until: [.paused, .finished])
  }

  /// With every state kept, with few, and with none but the first.
  @Test(arguments: [256, 1, 0])
  func anyStepIsHadAgainToTheLastBit(megabytes: Int) throws {
    for number in 0..<6 {
      let configuration = try StateTests.anyConfiguration(
        number, overrides: ["dashboard.history_megabytes=\(megabytes)"])
      let straight = try TravelTests.straightStates(configuration)
      let harness = try Harness(configuration)
      _ = harness.picture(PictureRequest(layer: 0, probe: 0))
      let end = harness.send(.run, until: [.finished])
      let newest = harness.trainer.state()
      var random = UInt64(number + 1)
      for _ in 0..<20 {
        random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let step = Int(random >> 33) % end.steps
        let status = go(harness, .goTo(step: step))
        #expect(status.step == step && status.newest?.step == end.step && status.phase == .paused)
        #expect(harness.trainer.state().numbers == straight[step], "\(number), step \(step)")
      }
      // A batch, an epoch and all the way back.
      let here = go(harness, .goTo(step: 5)).step
      #expect(go(harness, .back(2)).step == here - 2)
      #expect(go(harness, .back(99)).step == 0)
      #expect(go(harness, .goTo(step: 5)).epoch == 2)
      #expect(go(harness, .backToEpoch).step == 3)
      #expect(go(harness, .backToEpoch).step == 0)
      #expect(harness.trainer.state().numbers == straight[0])
      // Forward again step by step, then at once, the same as if nobody had gone back.
      #expect(go(harness, .step(4)).step == 4)
      #expect(harness.trainer.state().numbers == straight[4])
      let back = go(harness, .goTo(step: .max))
      #expect(back.phase == .finished && back.newest == nil && back.replayFault == nil && back.step == end.step)
      #expect(harness.trainer.state() == newest)
    }
  }

  @Test func forwardItReplaysToTheNewestStepAndThenTrainsOn() throws {
    let folder = TemporaryFolder()
    let configuration = try smallConfiguration()
    let harness = try Harness(configuration, folder: RunFolder(configuration, path: folder.path))
    _ = harness.picture(PictureRequest(layer: 0, probe: 0))
    _ = go(harness, .step(4))
    _ = go(harness, .learningRateFactor(0.5))
    _ = go(harness, .step(1))
    let (status, written) = (harness.trainer.status, folder.text("metrics.jsonl"))
    let past = go(harness, .goTo(step: 1))
    #expect(past.learningRate == status.learningRate * 2, "the past has its own learning rate")
    #expect(harness.records.count == 5)
    #expect(harness.send(.run, until: [.finished]).step == 9)
    // Each record once, nothing written twice.
    #expect(harness.records.map(\.step) == Array(1...9))
    #expect(folder.text("metrics.jsonl").hasPrefix(written))
    let straight = TemporaryFolder()
    let other = try Harness(configuration, folder: RunFolder(configuration, path: straight.path))
    _ = go(other, .step(4))
    _ = go(other, .learningRateFactor(0.5))
    _ = other.send(.run, until: [.finished])
    #expect(folder.text("metrics.jsonl") == straight.text("metrics.jsonl"))
    #expect(folder.text("journal.jsonl") == straight.text("journal.jsonl"))
    #expect(harness.trainer.state() == other.trainer.state())
  }

  /// Whatever is asked for before the run has got to where it was sent.
  @Test func aJourneyThatIsBrokenOffLeavesTheRunWhole() throws {
    let straight = try Harness(smallConfiguration())
    _ = straight.send(.run, until: [.finished])
    for second: RunCommand in [.run, .pause, .step(1), .finishEpoch(1), .goTo(step: .max), .back(1), .stop] {
      let folder = TemporaryFolder()
      let configuration = try smallConfiguration()
      let harness = try Harness(configuration, folder: RunFolder(configuration, path: folder.path))
      _ = go(harness, .step(5))
      // Both are found by the same block.
      harness.trainer.queue.suspend()
      harness.trainer.send(.back(2))
      harness.trainer.send(second)
      harness.trainer.queue.resume()
      _ = go(harness, .pace(.full))
      #expect(harness.send(.run, until: [.finished]).replayFault == nil, "\(second)")
      #expect(harness.trainer.state() == straight.trainer.state() && harness.records == straight.records, "\(second)")
      harness.trainer.releaseFolder()
      #expect(try Verification(run: folder.path).difference == nil, "\(second)")
    }
  }

  @Test func thePastCannotBeChangedAndIsNeverSaved() throws {
    let folder = TemporaryFolder()
    let configuration = try smallConfiguration()
    let harness = try Harness(configuration, folder: RunFolder(configuration, path: folder.path))
    _ = go(harness, .step(5))
    let newest = harness.trainer.state()
    _ = go(harness, .goTo(step: 2))
    for command: RunCommand in [
      .learningRate(0.1), .learningRateFactor(2), .addEpochs(1), .freeze(layer: 0, true), .save,
    ] {
      #expect(go(harness, command).notices.last == "the past cannot be changed: $ goes to the newest step")
    }
    // What is left is the newest state.
    let status = go(harness, .stop)
    #expect(status.step == 5 && status.newest == nil && status.savedStep == 5)
    #expect(harness.trainer.state() == newest)
    #expect(try Verification(run: folder.path).difference == nil)
  }

  @Test func aResumedRunHasItsWholePast() throws {
    let folder = TemporaryFolder()
    let configuration = try smallConfiguration()
    let straight = try TravelTests.straightStates(configuration)
    let first = try Harness(configuration, folder: RunFolder(configuration, path: folder.path))
    _ = go(first, .step(7))
    _ = go(first, .stop)
    first.trainer.releaseFolder()
    let harness = try Harness(configuration)
    try harness.trainer.resume(Resumption(run: folder.path))
    // From the beginning, and from each checkpoint that is there: none of the steps between is done yet.
    let saved = CheckpointFiles(run: folder.path).steps
    let steps = harness.trainer.queue.sync {
      harness.trainer.history.keyframes.map { harness.trainer.loop.step(atUnit: $0.unit) }
    }
    #expect(saved.count == 2 && steps == [0] + saved.reversed())
    for step in [5, 0, 6] {
      #expect(go(harness, .goTo(step: step)).step == step)
      #expect(harness.trainer.state().numbers == straight[step])
    }
    #expect(harness.send(.run, until: [.finished]).replayFault == nil)
    #expect(harness.trainer.state().numbers == straight[9])
  }

  @Test func beforeADivergenceAllIsFiniteAndBehindItNothingGoesOn() throws {
    let overrides = ["training.optimizer={\"type\":\"sgd\",\"learning_rate\":3e38}"]
    let harness = try Harness(smallConfiguration(overrides: overrides))
    let step = try #require(harness.send(.run, until: [.paused]).divergedAt)
    let before = go(harness, .back(1))
    #expect(before.step == step - 1 && before.phase == .paused)
    #expect(go(harness, .step(1)).step == step)
    #expect(harness.trainer.status.newest == nil && harness.trainer.status.divergedAt == step)
    #expect(go(harness, .run).step == step)
  }

  @Test func aStepThatComesOutOtherwiseIsSaid() throws {
    let harness = try Harness(smallConfiguration())
    _ = go(harness, .step(5))
    harness.trainer.queue.sync {
      harness.trainer.history.cut(after: 0, step: 5, losses: [1, 2, 3, 4, 5])
    }
    let newest = harness.trainer.state()
    let status = go(harness, .goTo(step: 3))
    #expect(status.replayFault?.hasPrefix("step 1 had a loss of 1.0, and has 2.") == true)
    #expect(status.step == 5 && status.newest == nil)
    #expect(harness.trainer.state() == newest)
  }

  /// Just behind the newest unit there are always two that pass, in the same memory, close to each other.
  @Test func twoStatesPassOnWithTheRunInMemoryOfTheirOwn() throws {
    let configuration = try smallConfiguration(epochs: 40)
    let loop = try TrainingLoop(configuration, dataset: configuration.loadDataset(), pool: WorkerPool(threads: 1))
    var history = History(limit: 1 << 28, start: Keyframe(loop))
    history.spacing = 1_000
    var (places, passed): (Set<Int>, [Int]) = ([], [])
    while loop.advance() != .finished {
      guard let kept = history.keepNewest(loop), kept.isPassing else { continue }
      #expect(
        kept.state
          == {
            var state = loop.state()
            state.series = .none
            return state
          }())
      passed.append(kept.unit)
      places.insert(kept.state.numbers.values.withUnsafeBytes { Int(bitPattern: $0.baseAddress) })
      #expect(history.keyframes.filter(\.isPassing).map(\.unit) == passed.suffix(2))
    }
    #expect(passed.count > 60 && places.count == 2)
  }

  @Test func memoryIsBoundedAndAnyUnitIsNearAState() throws {
    let loop = try TrainingLoop(
      smallConfiguration(), dataset: smallConfiguration().loadDataset(), pool: WorkerPool(threads: 1))
    let state = loop.state()
    let bytes = Keyframe(loop).bytes
    var history = History(limit: 100 * bytes, start: Keyframe(loop))
    history.spacing = 16
    for unit in stride(from: 16, through: 100_000, by: 16) {
      history.keep(Keyframe(unit: unit, changes: 0, state: state))
    }
    let units = history.keyframes.map(\.unit)
    #expect(units.count == 100 && units.first == 0 && units.last == 100_000)
    let gaps = zip(units, units.dropFirst()).map { $1 - $0 }
    #expect(gaps.max() ?? 0 < 4 * 100_000 / 100, "no gap is much longer than if all were equal")
    #expect(gaps.suffix(3).allSatisfy { $0 <= 64 }, "\(gaps.suffix(8))")
    for unit in [0, 1, 15, 50_000, 99_999, 200_000] {
      #expect(history.keyframe(atOrBefore: unit).unit == units.last { $0 <= unit })
    }
  }
}
