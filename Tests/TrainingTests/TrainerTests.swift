// The trainer as a state machine, and its run folder.

import Dispatch
import Experiments
import Fields
import Foundation
import Synchronization
import Telemetry
import Tensors
import Testing
import Training

@Suite struct TrainerTests {
  private let request = PictureRequest(
    layer: 0, filters: 0..<9, maps: 0..<2, probe: 1, quantities: ["loss"], curvePoints: 50)

  @Test func nothingHappensBeforeACommand() throws {
    let harness = try Harness(smallConfiguration())
    #expect(harness.trainer.status.phase == .idle)
    #expect(harness.picture(request).step == 0)
    #expect(harness.trainer.status.step == 0)
    #expect(harness.trainer.status.steps == 9)
  }

  @Test func aStepIsExactlyOneBatchAndAPauseLeavesTheWeightsAlone() throws {
    let harness = try Harness(smallConfiguration())
    for expected in 1...2 {
      #expect(harness.send(.step(1), until: [.paused]).step == expected)
      #expect(harness.records.count == expected)
    }
    let state = harness.trainer.state()
    for probe in 0..<5 {
      var other = request
      other.probe = probe
      _ = harness.picture(other)
    }
    #expect(harness.trainer.state() == state)
    #expect(harness.send(.step(1), until: [.paused]).step == 3)
    #expect(harness.trainer.state() != state)
  }

  @Test func aCountOfStepsCrossesEpochsAndValidatesAtTheirEnds() throws {
    let harness = try Harness(smallConfiguration())
    let status = harness.send(.step(4), until: [.paused])
    #expect(status.step == 4 && status.epoch == 2)
    #expect(status.lastEpoch?.epoch == 1 && status.lastEpoch?.step == 3)
  }

  @Test func theLastBatchOfAnEpochBringsItsValidation() throws {
    let harness = try Harness(smallConfiguration())
    let status = harness.send(.step(3), until: [.paused])
    #expect(status.step == 3)
    #expect(status.lastEpoch?.epoch == 1)
  }

  @Test func finishingAnEpochPausesAtItsEnd() throws {
    let harness = try Harness(smallConfiguration())
    _ = harness.send(.step(1), until: [.paused])
    #expect(harness.send(.finishEpoch(1), until: [.paused]).step == 3)
    #expect(harness.send(.finishEpoch(1), until: [.paused]).step == 6)
    let end = harness.send(.finishEpoch(5), until: [.finished, .paused])
    #expect(end.step == 9 && end.phase == .finished)
  }

  @Test func aFinishedRunStaysFinishedButCanBeInspected() throws {
    let harness = try Harness(smallConfiguration(epochs: 1))
    #expect(harness.send(.run, until: [.finished]).step == 3)
    for command: RunCommand in [.run, .step(1), .pause] {
      #expect(harness.send(command, until: [.finished]).step == 3)
    }
    let snapshot = harness.picture(request)
    #expect(snapshot.step == 3)
    #expect(snapshot.filters?.tiles.count == 3)
    #expect(snapshot.maps?.tiles.count == 2)
    #expect(abs((snapshot.probe.prediction?.values ?? []).reduce(0, +) - 1) < 1e-5)
    #expect(snapshot.curves(of: "loss").map(\.buckets.count) == [3, 1])
    #expect(snapshot.curves(of: "accuracy").isEmpty)
  }

  @Test func pausingARunningTrainerStopsItBetweenBatches() throws {
    let harness = try Harness(smallConfiguration(epochs: 100_000))
    _ = harness.send(.run, until: [.running])
    while harness.records.count < 5 { usleep(500) }
    let status = harness.send(.pause, until: [.paused])
    let after = harness.trainer.status
    #expect(status.step == after.step)
    #expect(harness.records.count == after.step)
    #expect(harness.records.map(\.step) == Array(1...after.step))
  }

  @Test func metricsAreTheSameWhateverTheThreadsAndWhoeverLooks() throws {
    func metrics(threads: Int, looking: Bool, stepwise: Bool) throws -> (String, RunState) {
      let folder = TemporaryFolder()
      let configuration = try smallConfiguration(threads: threads)
      let harness = try Harness(configuration, folder: RunFolder(configuration, path: folder.path))
      if stepwise {
        for _ in 0..<9 {
          _ = harness.send(.step(1), until: [.paused, .finished])
          if looking { _ = harness.picture(request) }
        }
      } else {
        harness.trainer.send(.run)
        while harness.trainer.status.phase != .finished { if looking { _ = harness.picture(request) } }
      }
      return (folder.text("metrics.jsonl"), harness.trainer.state())
    }
    let (alone, state) = try metrics(threads: 1, looking: false, stepwise: false)
    #expect(alone.split(separator: "\n").count == 9 + 3 + 4 + 3)
    for (threads, looking, stepwise) in [(2, false, false), (2, true, false), (3, true, true), (7, false, true)] {
      let (text, end) = try metrics(threads: threads, looking: looking, stepwise: stepwise)
      #expect(text == alone)
      #expect(end == state)
    }
  }

  @Test func aRunLeavesItsConfigurationMetricsAndACheckpointThatEvaluates() throws {
    let folder = TemporaryFolder()
    let configuration = try smallConfiguration(epochs: 2)
    let harness = try Harness(configuration, folder: RunFolder(configuration, path: folder.path))
    let status = harness.send(.run, until: [.finished])
    let evaluation = try Evaluation(run: folder.path)
    #expect(evaluation.accuracy == status.lastEpoch?.validationAccuracy)
    #expect(evaluation.loss == status.lastEpoch?.validationLoss)
    #expect(evaluation.images == 40 && evaluation.step == 6)
    #expect(folder.text("config.json") == String(decoding: try configuration.resolvedText(), as: UTF8.self))
    let lines = folder.text("metrics.jsonl").split(separator: "\n")
    #expect(lines[0].hasPrefix(#"{"step":1,"epoch":1,"loss":"#) && lines[0].hasSuffix(#","learning_rate":0.001}"#))
    // After steps 1 and 2 something is measured.
    #expect(lines[1].hasPrefix(#"{"step":1,"epoch":1,"gradient_norm":"#))
    #expect(lines.contains { $0.hasPrefix(#"{"epoch":1,"step":3,"train_loss":"#) })
  }

  @Test func stoppingInTheMiddleSavesWhatWasLearned() throws {
    let folder = TemporaryFolder()
    let configuration = try smallConfiguration()
    let harness = try Harness(configuration, folder: RunFolder(configuration, path: folder.path))
    _ = harness.send(.step(2), until: [.paused])
    _ = harness.send(.stop, until: [.paused])
    #expect(try Evaluation(run: folder.path).step == 2)
  }

  @Test func aFolderThatHoldsARunIsNotOverwritten() throws {
    let folder = TemporaryFolder()
    let configuration = try smallConfiguration()
    _ = try RunFolder(configuration, path: folder.path)
    let message = "\(folder.path): already holds a run; go on with it by --resume, or name another folder with --run"
    #expect(throws: RunError(message)) { try RunFolder(configuration, path: folder.path) }
  }

  @Test func aDamagedCheckpointIsNamed() throws {
    let folder = TemporaryFolder()
    let configuration = try smallConfiguration(epochs: 1)
    let harness = try Harness(configuration, folder: RunFolder(configuration, path: folder.path))
    _ = harness.send(.run, until: [.finished])
    let path = "\(folder.path)/checkpoints/step-3.safetensors"
    let data = try #require(FileManager.default.contents(atPath: path))
    try data.dropLast(8).write(to: URL(fileURLWithPath: path))
    #expect(throws: RunError("\(path): is damaged: its checksum is another")) { try Evaluation(run: folder.path) }
    let missing = #expect(throws: RunError.self) { try Evaluation(run: folder.path, .step(2)) }
    let words = "\(folder.path)/checkpoints/step-2.safetensors: is not there; there are those of steps: "
    #expect(missing?.description.hasPrefix(words) == true)
    #expect(throws: RunError("\(folder.path)x: is not a run's folder: it has no readable config.json")) {
      try Evaluation(run: folder.path + "x")
    }
  }

  @Test func heldOutImagesAreNotTrainedOn() throws {
    let harness = try Harness(smallConfiguration(overrides: ["dataset.validation=30"]))
    #expect(harness.trainer.description.trainImages == 50 && harness.trainer.description.probes == 30)
    #expect(harness.trainer.status.steps == 6)
    let message = "holds out 80 of 80 training images; some must be left to train on"
    #expect(throws: ConfigurationError(file: "test.json", keyPath: "dataset.validation", message: message)) {
      try Harness(smallConfiguration(overrides: ["dataset.validation=80"]))
    }
  }

  @Test func aBatchThatCannotFitTheMachineIsRefused() throws {
    #expect(throws: ConfigurationError.self) {
      try Harness(
        smallConfiguration(overrides: [
          "training.batch_size=65536", "model.layers[0].out_channels=65536", "model.layers[0].stride=1",
        ]))
    }
  }

  @Test func aDataSetThatIsNotInstalledIsReplacedAloudUnlessAFolderWasNamed() throws {
    let model = #""model":{"layers":[{"type":"flatten"},{"type":"linear","out_features":10}]}"#
    let missing = try Configuration(Data(#"{"dataset":{"name":"mnist"},\#(model)}"#.utf8), file: "x.json")
    let (replaced, notice) = missing.onAvailableData()
    #expect(replaced.dataset.name == "glyphs")
    #expect(notice?.contains("mnist is not installed") == true)
    let named = try Configuration(
      Data(#"{"dataset":{"name":"mnist","path":"/nowhere"},\#(model)}"#.utf8), file: "x.json")
    #expect(named.onAvailableData().notice == nil)
    #expect(throws: (any Error).self) { try named.loadDataset() }
  }
}
