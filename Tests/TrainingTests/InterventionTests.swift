// What a person can change while a run goes on, and what never changes it.

import Foundation
import Telemetry
import Testing
import Training

@Suite struct InterventionTests {
  @Test func theLearningRateChangesFromTheNextStepOnAndIsWrittenDown() throws {
    let folder = TemporaryFolder()
    let configuration = try smallConfiguration()
    let harness = try Harness(configuration, folder: RunFolder(configuration, path: folder.path))
    let rate = harness.trainer.status.learningRate
    _ = harness.send(.step(2), until: [.paused])
    _ = harness.send(.learningRateFactor(0.5), until: [.paused])
    #expect(harness.trainer.status.learningRate == rate / 2 && harness.trainer.status.learningRateFactor == 0.5)
    _ = harness.send(.step(1), until: [.paused])
    #expect(harness.records.map(\.learningRate) == [rate, rate, rate / 2])
    #expect(
      folder.text("journal.jsonl") == "{\"unit\":2,\"step\":2,\"epoch\":1,\"learning_rate_factor\":0.5}\n")
    // A rate by itself, also behind none at all.
    _ = harness.send(.learningRate(0), until: [.paused])
    #expect(harness.trainer.status.learningRate == 0)
    _ = harness.send(.learningRate(0.25), until: [.paused])
    #expect(harness.trainer.status.learningRate == 0.25)
    _ = harness.send(.learningRateFactor(0.5), until: [.paused])
    // What is no factor is ignored.
    for wrong in [-1, Double.nan, .infinity] { _ = harness.send(.learningRateFactor(wrong), until: [.paused]) }
    #expect(harness.trainer.status.learningRateFactor == 0.5)
  }

  @Test func aFinishedRunGoesOnForMoreEpochs() throws {
    let harness = try Harness(smallConfiguration())
    let finished = harness.send(.run, until: [.finished])
    let (epochs, steps) = (finished.epochs, finished.steps)
    let more = harness.send(.addEpochs(2), until: [.paused])
    #expect(more.epochs == epochs + 2 && more.steps == steps / epochs * (epochs + 2))
    #expect(harness.send(.run, until: [.finished]).step == more.steps)
    // As if they had been planned.
    let planned = try Harness(smallConfiguration(epochs: epochs + 2))
    _ = planned.send(.run, until: [.finished])
    #expect(planned.records == harness.records)
  }

  @Test func thePaceChangesNoResultAndAPauseComesAtOnce() throws {
    let slow = try Harness(smallConfiguration())
    _ = slow.send(.pace(Pace.all[1]), until: [.idle])
    #expect(slow.trainer.status.pace == Pace.all[1])
    _ = slow.send(.run, until: [.finished])
    let fast = try Harness(smallConfiguration())
    _ = fast.send(.run, until: [.finished])
    #expect(slow.records == fast.records && slow.trainer.state() == fast.trainer.state())
    // A step every three seconds: the second one is not waited for.
    let slowest = try Harness(smallConfiguration())
    _ = slowest.send(.pace(Pace.all[6]), until: [.idle])
    _ = slowest.send(.run, until: [.running])
    while slowest.trainer.status.step == 0 { usleep(500) }
    #expect(slowest.send(.pause, until: [.paused]).step == 1)
  }

  @Test func atANumberThatIsNotFiniteTheRunStopsAndCanGoBack() throws {
    let folder = TemporaryFolder()
    let overrides = ["training.optimizer={\"type\":\"sgd\",\"learning_rate\":3e38}"]
    let configuration = try smallConfiguration(overrides: overrides)
    let harness = try Harness(configuration, folder: RunFolder(configuration, path: folder.path))
    let status = harness.send(.run, until: [.paused])
    let step = try #require(status.divergedAt)
    #expect(status.divergedLayer == "conv" && status.step == step && step < 9)
    // There it stays.
    for command in [RunCommand.run, .step(3), .finishEpoch(1)] {
      #expect(harness.send(command, until: [.paused]).step == step)
    }
    // What is saved is good.
    _ = harness.send(.save, until: [.paused])
    harness.trainer.settle()
    #expect(harness.trainer.status.savedStep == 0)
    let back = harness.send(.goBack(1e-40), until: [.paused])
    #expect(
      back.divergedAt == nil && back.step == 0 && back.notices.last?.hasPrefix("back at step 0, with learning") == true)
    #expect(folder.text("metrics.jsonl") == "")
    #expect(harness.send(.run, until: [.finished]).step == 9)
    #expect(folder.text("journal.jsonl") == "{\"unit\":0,\"step\":0,\"epoch\":1,\"learning_rate_factor\":1e-40}\n")
  }

  @Test func withoutACheckpointThereIsNoWayBackAndThatIsSaid() throws {
    let overrides = ["training.optimizer={\"type\":\"sgd\",\"learning_rate\":3e38}"]
    let harness = try Harness(smallConfiguration(overrides: overrides))
    let status = harness.send(.run, until: [.paused])
    #expect(status.divergedAt != nil)
    let same = harness.send(.goBack(0.5), until: [.paused])
    #expect(same.step == status.step && same.notices.last == "there is no checkpoint to go back to")
  }

  @Test func aFrozenLayerStaysAsItIs() throws {
    let harness = try Harness(smallConfiguration())
    _ = harness.send(.step(2), until: [.paused])
    let request = PictureRequest(layer: 0, filters: 0..<3, probe: 0)
    let before = harness.picture(request).filters?.tiles
    #expect(harness.send(.freeze(layer: 0, true), until: [.paused]).frozen == [0])
    _ = harness.send(.step(2), until: [.paused])
    #expect(harness.picture(request).filters?.tiles == before)
    #expect(harness.send(.freeze(layer: 0, false), until: [.paused]).frozen == [])
    _ = harness.send(.step(1), until: [.paused])
    #expect(harness.picture(request).filters?.tiles != before)
    // A layer without weights cannot be.
    #expect(harness.send(.freeze(layer: 2, true), until: [.paused]).notices.last == "relu1 has nothing to train")
  }
}
