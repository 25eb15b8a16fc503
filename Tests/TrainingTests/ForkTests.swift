// Forks: a run that begins where another one stood, byte for byte, and goes on as a run does.

import Experiments
import Fields
import Foundation
import Telemetry
import Testing

@testable import Training

@Suite struct ForkTests {
  /// A run that has come to a step, and its folder given back.
  private func parent(_ configuration: Configuration, _ folder: TemporaryFolder, steps: Int? = nil) throws -> RunState {
    let harness = try Harness(configuration, folder: RunFolder(configuration, path: folder.path))
    _ = harness.send(steps.map(RunCommand.step) ?? .run, until: [.paused, .finished])
    _ = harness.send(.stop, until: [.paused, .finished])
    harness.trainer.releaseFolder()
    return harness.trainer.state()
  }

  private func goOn(_ run: String) throws -> Harness {
    let resumption = try Resumption(run: run)
    let harness = try Harness(resumption.configuration)
    try harness.trainer.resume(resumption)
    return harness
  }

  @Test func withNothingChangedAForkIsTheRunItself() throws {
    for number in 0..<8 {
      let configuration = try StateTests.anyConfiguration(number, overrides: ["training.checkpoint.keep=2"])
      let folder = TemporaryFolder()
      let end = try parent(configuration, folder)
      for step in [0, 2, 3, 7] {
        let child = TemporaryFolder()
        let fork = try Fork.make(from: folder.path, step: step, overrides: [], path: child.path)
        #expect(fork.origin.step == step && fork.origin.changes.isEmpty)
        let harness = try goOn(child.path)
        #expect(harness.trainer.status.step == step)
        _ = harness.send(.run, until: [.finished])
        #expect(harness.trainer.state() == end, "\(number), step \(step)")
        harness.trainer.releaseFolder()
        #expect(child.text("metrics.jsonl") == folder.text("metrics.jsonl"))
        let verification = try Verification(run: child.path)
        #expect(verification.difference == nil && verification.hasFinalState && verification.firstStep == step)
      }
    }
  }

  @Test func anotherLearningRateIsWhatSettingItWouldHaveBeen() throws {
    let configuration = try smallConfiguration()
    let (folder, child, other) = (TemporaryFolder(), TemporaryFolder(), TemporaryFolder())
    _ = try parent(configuration, folder)
    let rate = ["training.optimizer.learning_rate=0.25"]
    let fork = try Fork.make(from: folder.path, step: 4, overrides: rate, path: child.path)
    #expect(fork.origin.words == ["training.optimizer.learning_rate 0.001 → 0.25"])
    #expect(try ForkOrigin(of: child.path) == fork.origin)
    let forked = try goOn(child.path)
    _ = forked.send(.run, until: [.finished])
    let set = try Harness(configuration, folder: RunFolder(configuration, path: other.path))
    _ = set.send(.step(4), until: [.paused])
    _ = set.send(.learningRate(0.25), until: [.paused])
    _ = set.send(.run, until: [.finished])
    #expect(forked.trainer.state().numbers == set.trainer.state().numbers)
    #expect(child.text("metrics.jsonl") == other.text("metrics.jsonl"))
  }

  @Test func whatTheRunHasComeToHoldsUnlessItIsNamed() throws {
    let configuration = try smallConfiguration(overrides: ["training.schedule={\"type\":\"one_cycle\",\"max_lr\":0.01}"]
    )
    let (folder, child, same) = (TemporaryFolder(), TemporaryFolder(), TemporaryFolder())
    let harness = try Harness(configuration, folder: RunFolder(configuration, path: folder.path))
    _ = harness.send(.step(4), until: [.paused])
    let rate = harness.trainer.status.learningRate
    _ = harness.send(.addEpochs(2), until: [.paused])
    // A cycle's rates are multiplied as the optimiser's is; the epochs are those that were added.
    _ = try harness.trainer.fork(
      overrides: ["training.optimizer.learning_rate=0.0005"], frozen: [], path: child.path)
    let half = try goOn(child.path)
    #expect(half.trainer.status.epochs == 5)
    #expect(abs(half.trainer.status.learningRate / harness.trainer.status.learningRate - 0.5) < 1e-6 && rate > 0)
    // Named, what the run was begun with holds.
    _ = try harness.trainer.fork(overrides: ["training.epochs=3"], frozen: [], path: same.path)
    #expect(try goOn(same.path).trainer.status.epochs == 3)
  }

  /// Each trains, is verified, is gone on with, and has its past from its beginning on.
  @Test(arguments: [
    ["training.batch_size=20", "training.epochs=4"], ["training.optimizer={\"type\":\"sgd\"}"], ["seed=9"],
    ["training.schedule={\"type\":\"plateau\",\"patience\":0}"], ["model.layers[4].p=0.5"],
    ["training.clip={\"norm\":0.1}"],
    ["training.loss={\"type\":\"cross_entropy\",\"label_smoothing\":0.1}"], ["training.shuffle=false"],
  ])
  func whateverKeepsTheModelMayDiffer(overrides: [String]) throws {
    let configuration = try smallConfiguration()
    let (folder, child) = (TemporaryFolder(), TemporaryFolder())
    let end = try parent(configuration, folder)
    _ = try Fork.make(from: folder.path, step: 6, overrides: overrides, frozen: ["fc"], path: child.path)
    let first = try goOn(child.path)
    let beginning = first.trainer.state()
    #expect(first.trainer.status.frozen == [6])
    _ = first.send(.step(2), until: [.paused])
    let middle = first.trainer.state()
    _ = first.send(.stop, until: [.paused])
    first.trainer.releaseFolder()
    let second = try goOn(child.path)
    #expect(second.trainer.state().numbers == middle.numbers)
    let status = second.send(.run, until: [.finished])
    #expect(status.step == status.steps && second.trainer.state().numbers != end.numbers)
    #expect(second.send(.goTo(step: 7), until: [.paused]).step == 7)
    #expect(second.send(.goTo(step: 8), until: [.paused]).step == 8)
    #expect(second.trainer.state().numbers == middle.numbers)
    // Before it began it was another run.
    #expect(second.send(.goTo(step: 0), until: [.paused]).step == 6)
    #expect(second.trainer.state().numbers == beginning.numbers)
    _ = second.send(.goTo(step: .max), until: [.finished])
    second.trainer.releaseFolder()
    let verification = try Verification(run: child.path)
    #expect(verification.difference == nil && verification.hasFinalState, "\(overrides)")
    // A fork of a fork is one too.
    let grandchild = TemporaryFolder()
    _ = try Fork.make(from: child.path, step: nil, overrides: ["training.epochs=6"], path: grandchild.path)
    let third = try goOn(grandchild.path)
    _ = third.send(.run, until: [.finished])
    #expect(third.trainer.status.epoch == 6)
    third.trainer.releaseFolder()
    #expect(try Verification(run: grandchild.path).difference == nil)
  }

  @Test func forkingInThePastLeavesTheRunWhereItIs() throws {
    let configuration = try smallConfiguration()
    let (folder, child) = (TemporaryFolder(), TemporaryFolder())
    let harness = try Harness(configuration, folder: RunFolder(configuration, path: folder.path))
    _ = harness.send(.step(5), until: [.paused])
    // Behind the last step of an epoch, before its validation.
    _ = harness.send(.goTo(step: 3), until: [.paused])
    let here = harness.trainer.state()
    let fork = try harness.trainer.fork(overrides: [], frozen: [], path: child.path)
    #expect(fork.origin.step == 3 && fork.origin.epoch == 2)
    #expect(harness.trainer.state() == here)
    #expect(throws: ConfigurationError.self) { try harness.trainer.fork(overrides: ["dataset.train=9"], frozen: []) }
    #expect(throws: RunError.self) { try harness.trainer.fork(overrides: [], frozen: ["x"]) }
    #expect(harness.trainer.state() == here && harness.trainer.status.newest?.step == 5)
    _ = harness.send(.run, until: [.finished])
    harness.trainer.releaseFolder()
    let forked = try goOn(child.path)
    _ = forked.send(.run, until: [.finished])
    #expect(forked.trainer.state() == harness.trainer.state())
    forked.trainer.releaseFolder()
    #expect(child.text("metrics.jsonl") == folder.text("metrics.jsonl"))
  }

  @Test func whatCannotBeForkedIsSaid() throws {
    let configuration = try smallConfiguration()
    let folder = TemporaryFolder()
    _ = try parent(configuration, folder, steps: 5)
    func refusal(_ step: Int?, _ overrides: [String] = [], frozen: [String] = []) -> String {
      let child = TemporaryFolder()
      do {
        _ = try Fork.make(from: folder.path, step: step, overrides: overrides, frozen: frozen, path: child.path)
        return "none"
      } catch {
        #expect(!FileManager.default.fileExists(atPath: child.path), "a refused fork leaves no folder")
        return "\(error)"
      }
    }
    #expect(refusal(nil) == "none" && refusal(5) == "none" && refusal(0) == "none")
    #expect(refusal(6).hasSuffix("has come to step 5, so it cannot be forked at step 6"))
    #expect(
      refusal(3, ["model.layers[0].out_channels=4"]).contains(
        "model.layers[0].out_channels: found 4 instead of 3; a fork keeps the model and its data set"))
    #expect(refusal(3, ["dataset.train=70"]).contains("dataset.train: found 70 instead of 80"))
    #expect(
      refusal(4, ["training.batch_size=16"]) == "another batch size or order begins with an epoch: fork at step 3")
    #expect(refusal(3, ["training.batch_size=16"]) == "none")
    #expect(refusal(3, frozen: ["relu1"]) == "relu1 is no layer that can be frozen; there are conv, batch_norm1, fc")
    #expect(refusal(5, ["training.epochs=1"]).hasPrefix("training.epochs: found 1, but epoch 2 begins there"))
    #expect(refusal(2, ["training.optimizer.learning_rate=x"]).contains("training.optimizer.learning_rate: found"))
    #expect(throws: RunError.self) { try Fork.make(from: "nowhere", step: 1, overrides: [], path: nil) }
  }
}
