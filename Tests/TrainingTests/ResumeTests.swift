// Checkpoints and what goes on from them: the same bytes as a run that was never interrupted.

import Experiments
import Fields
import Foundation
import Interchange
import Telemetry
import Tensors
import Testing
import Workers

@testable import Training

@Suite struct ResumeTests {
  /// A run in a folder, up to its end or so many steps, and then dropped as a killed process drops it.
  @discardableResult
  private func train(
    _ configuration: Experiments.Configuration, in folder: TemporaryFolder, steps: Int? = nil,
    _ then: (Harness) -> Void = { _ in }
  ) throws -> RunStatus {
    let harness = try Harness(configuration, folder: RunFolder(configuration, path: folder.path))
    let status = harness.send(steps.map { .step($0) } ?? .run, until: [.paused, .finished])
    then(harness)
    return status
  }

  private func resume(
    _ folder: TemporaryFolder, given: Experiments.Configuration? = nil
  ) throws -> Harness {
    let resumption = try Resumption(run: folder.path, given: given)
    let harness = try Harness(resumption.configuration)
    try harness.trainer.resume(resumption)
    return harness
  }

  private func expectSameRun(
    _ a: TemporaryFolder, _ b: TemporaryFolder, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    #expect(a.text("metrics.jsonl") == b.text("metrics.jsonl"), sourceLocation: sourceLocation)
    let states = try [a, b].map { try CheckpointFiles(run: $0.path).read(.last).checkpoint.state }
    #expect(states[0] == states[1], sourceLocation: sourceLocation)
  }

  @Test(arguments: [1, 2, 3, 4, 6, 8])
  func aRunThatWasStoppedGoesOnToTheSameBytes(steps: Int) throws {
    let (straight, broken) = (TemporaryFolder(), TemporaryFolder())
    try train(smallConfiguration(), in: straight)
    try train(smallConfiguration(), in: broken, steps: steps) { _ = $0.send(.stop, until: [.paused]) }
    let harness = try resume(broken)
    #expect(harness.trainer.status.step == steps && harness.trainer.status.savedStep == steps)
    #expect(harness.send(.run, until: [.finished]).step == 9)
    try expectSameRun(straight, broken)
  }

  @Test func withoutAStopItGoesOnFromTheLastCheckpointAndTakesLaterLinesBack() throws {
    let (straight, broken) = (TemporaryFolder(), TemporaryFolder())
    let configuration = try smallConfiguration(overrides: ["training.checkpoint.every_steps=2"])
    try train(configuration, in: straight)
    try train(configuration, in: broken, steps: 5) { $0.trainer.settle() }
    // A torn line, as a killed process leaves one.
    let metrics = try FileHandle(forWritingTo: URL(fileURLWithPath: "\(broken.path)/metrics.jsonl"))
    try metrics.seekToEnd()
    try metrics.write(contentsOf: Data("{\"step\":6,\"ep".utf8))
    let harness = try resume(broken)
    #expect(harness.trainer.status.step == 4)
    #expect(harness.trainer.status.lastEpoch?.epoch == 1)
    _ = harness.send(.run, until: [.finished])
    try expectSameRun(straight, broken)
  }

  /// In a fresh loop, restored from the file alone: the curves too.
  @Test func aCheckpointHoldsTheWholeState() throws {
    let folder = TemporaryFolder()
    let overrides = [
      "training.schedule={\"type\":\"plateau\",\"patience\":0}", "training.optimizer={\"type\":\"nadam\"}",
    ]
    let configuration = try smallConfiguration(overrides: overrides)
    var state: RunState?
    try train(configuration, in: folder, steps: 5) {
      _ = $0.send(.learningRateFactor(0.5), until: [.paused])
      _ = $0.send(.freeze(layer: 0, true), until: [.paused])
      _ = $0.send(.stop, until: [.paused])
      state = $0.trainer.state()
    }
    let again = try resume(folder)
    #expect(again.trainer.state() == state)
    #expect(again.trainer.status.frozen == [0] && again.trainer.status.learningRateFactor == 0.5)
  }

  @Test func whatIsDamagedIsNamedAndTheOneBeforeItTaken() throws {
    let (straight, broken) = (TemporaryFolder(), TemporaryFolder())
    let configuration = try smallConfiguration(overrides: ["training.checkpoint.every_steps=1"])
    try train(configuration, in: straight)
    try train(configuration, in: broken, steps: 5) {
      _ = $0.send(.stop, until: [.paused])
    }
    let files = CheckpointFiles(run: broken.path)
    try #require(files.steps.first == 5 && files.steps.count == 2)
    let before = files.steps[1]
    let path = files.path(step: 5)
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    // Every byte counts, wherever it is.
    for place in [0, 3, 9, 40, whole.count / 2, whole.count - 1] {
      var damaged = whole
      damaged[place] ^= 0x10
      #expect(throws: RunError.self) { try Checkpoint(damaged) }
    }
    for length in [0, 7, 8, 100, whole.count - 1] {
      #expect(throws: RunError.self) { try Checkpoint(whole.prefix(length)) }
    }
    var damaged = whole
    damaged[whole.count / 2] ^= 1
    try damaged.write(to: URL(fileURLWithPath: path))
    let harness = try resume(broken)
    #expect(harness.trainer.status.step == before)
    #expect(
      harness.trainer.status.notices.first
        == "\(path): is damaged: its checksum is another; the run goes on from the checkpoint before it, of step \(before)"
    )
    #expect(FileManager.default.fileExists(atPath: "\(path).damaged"))
    _ = harness.send(.run, until: [.finished])
    try expectSameRun(straight, broken)
  }

  @Test func withNoWholeCheckpointLeftNothingIsTouched() throws {
    let folder = TemporaryFolder()
    try train(smallConfiguration(), in: folder, steps: 4) { _ = $0.send(.stop, until: [.paused]) }
    let files = CheckpointFiles(run: folder.path)
    for step in files.steps { try Data("nothing".utf8).write(to: URL(fileURLWithPath: files.path(step: step))) }
    let metrics = folder.text("metrics.jsonl")
    let error = #expect(throws: RunError.self) { _ = try resume(folder) }
    #expect(error?.description.contains("is only 7 bytes long") == true, "\(error?.description ?? "")")
    #expect(folder.text("metrics.jsonl") == metrics && files.steps.count == 2)
  }

  @Test func aSecondReturnGoesOnFromTheFirst() throws {
    let folder = TemporaryFolder()
    let rate = "training.optimizer={\"type\":\"sgd\",\"learning_rate\":3e38}"
    let configuration = try smallConfiguration(overrides: [rate])
    let harness = try Harness(configuration, folder: RunFolder(configuration, path: folder.path))
    for times in 1...3 {
      #expect(harness.send(.run, until: [.paused]).divergedAt != nil)
      #expect(harness.send(.goBack(0.5), until: [.paused]).learningRateFactor == pow(0.5, Double(times)))
    }
    // Without a checkpoint nothing is touched.
    _ = harness.send(.run, until: [.paused])
    harness.trainer.settle()
    let (metrics, journal) = (folder.text("metrics.jsonl"), folder.text("journal.jsonl"))
    try FileManager.default.removeItem(atPath: "\(folder.path)/checkpoints")
    let stuck = harness.send(.goBack(0.5), until: [.paused])
    #expect(stuck.divergedAt != nil && stuck.notices.last == "there is no checkpoint to go back to")
    #expect(folder.text("metrics.jsonl") == metrics && folder.text("journal.jsonl") == journal && !metrics.isEmpty)
  }

  @Test func whatCannotBeGoneOnFromIsRefusedAndLeftAsItIs() throws {
    let folder = TemporaryFolder()
    try train(smallConfiguration(), in: folder)
    let metrics = folder.text("metrics.jsonl")
    func refusal(_ given: Experiments.Configuration? = nil) -> String {
      do {
        _ = try resume(folder, given: given)
        return "none"
      } catch { return "\(error)" }
    }
    #expect(
      refusal(try smallConfiguration(epochs: 1))
        == "training.epochs: found 1, but the run in \(folder.path) has done 3; expected no fewer")
    let config = folder.text("config.json")
    let path = URL(fileURLWithPath: "\(folder.path)/config.json")
    try Data(config.replacingOccurrences(of: "\"seed\" : 3", with: "\"seed\" : 4").utf8).write(to: path)
    #expect(refusal() == "\(path.path): seed is 4, but the run was begun with 3; put that back")
    try Data(config.utf8).write(to: path)
    try FileManager.default.removeItem(atPath: "\(folder.path)/checkpoints")
    #expect(refusal().contains("holds no checkpoint, though 3 epochs were trained"))
    #expect(folder.text("metrics.jsonl") == metrics)
  }

  /// Its rates do not come from the optimizer's, but can be multiplied.
  @Test func aOneCycleScheduleTakesAnotherLearningRateToo() throws {
    let folder = TemporaryFolder()
    let cycle = "training.schedule={\"type\":\"one_cycle\",\"max_lr\":0.01}"
    let configuration = try smallConfiguration(overrides: [cycle])
    var rate = Float(0)
    try train(configuration, in: folder, steps: 4) {
      rate = $0.trainer.status.learningRate
      _ = $0.send(.stop, until: [.paused])
    }
    let half = try smallConfiguration(overrides: [cycle, "training.optimizer.learning_rate=0.0005"])
    let harness = try resume(folder, given: half)
    #expect(harness.trainer.status.learningRateFactor == 0.5)
    #expect(harness.send(.step(1), until: [.paused]).learningRate < rate * 0.9)
  }

  @Test func twoFrozenLayersMakeTheSameFileInEveryProcess() throws {
    let folders = [TemporaryFolder(), TemporaryFolder()]
    for (folder, layers) in zip(folders, [[0, 6], [6, 0]]) {
      try train(smallConfiguration(), in: folder, steps: 1) { harness in
        for layer in layers { _ = harness.send(.freeze(layer: layer, true), until: [.paused]) }
        _ = harness.send(.stop, until: [.paused])
      }
    }
    let texts = folders.map { FileManager.default.contents(atPath: CheckpointFiles(run: $0.path).path(step: 1)) }
    #expect(texts[0] != nil && texts[0] == texts[1])
  }

  @Test func oneProcessAtATimeWritesARun() throws {
    let folder = TemporaryFolder()
    let configuration = try smallConfiguration()
    #expect(!RunFolder.isAlive(folder.path))
    let harness = try Harness(configuration, folder: RunFolder(configuration, path: folder.path))
    _ = harness.send(.step(1), until: [.paused])
    #expect(RunFolder.isAlive(folder.path))
    let error = #expect(throws: RunError.self) { _ = try Resumption(run: folder.path) }
    #expect(
      error?.description
        == "\(folder.path): another process trains this run; watch it with: convtop attach \(folder.path)")
  }

  @Test func theLastOnesAndTheBestAreKept() throws {
    let folder = TemporaryFolder()
    let configuration = try smallConfiguration(epochs: 6, overrides: ["training.checkpoint.keep=3"])
    var record = EpochRecord(
      epoch: 0, step: 0, trainLoss: 0, trainAccuracy: 0, validationLoss: 0, validationAccuracy: 0)
    try train(configuration, in: folder, steps: 3) { harness in
      // One after the other: what waits for the disk gives way to what is newer.
      for _ in 0..<5 {
        harness.trainer.settle()
        _ = harness.send(.finishEpoch(1), until: [.paused, .finished])
      }
      record = harness.trainer.status.bestEpoch ?? record
    }
    let files = CheckpointFiles(run: folder.path)
    #expect(files.steps == [18, 15, 12])
    let best = try files.read(.best).checkpoint
    #expect(best.state.position.step == record.step)
    // Nothing else is left lying there.
    let names = try FileManager.default.contentsOfDirectory(atPath: files.folder)
    #expect(Set(names) == (["best.safetensors"] as Set).union(files.steps.map { "step-\($0).safetensors" }))
    // Any reader opens it.
    let plain = try Safetensors(Data(contentsOf: URL(fileURLWithPath: files.path(step: 18))))
    #expect(plain["conv.weight"]?.shape == [3, 1, 5, 5] && plain["optimizer.exp_avg.fc.bias"] != nil)
    #expect(plain.metadata["step"] == "18" && plain.metadata["epochs_done"] == "6")
  }

  @Test func whatARunCanStillChangeIsTakenAndTheRestRefused() throws {
    let folder = TemporaryFolder()
    try train(smallConfiguration(), in: folder)
    let longer = try smallConfiguration(
      epochs: 5, threads: 1, overrides: ["training.optimizer.learning_rate=0.01"])
    do {
      let harness = try resume(folder, given: longer)
      let status = harness.trainer.status
      #expect(status.phase == .paused && status.epochs == 5 && status.learningRate == 0.01)
      #expect(harness.send(.run, until: [.finished]).step == 15)
    }
    #expect(
      folder.text("journal.jsonl")
        == "{\"unit\":12,\"step\":9,\"epoch\":4,\"epochs\":5}\n{\"unit\":12,\"step\":9,\"epoch\":4,\"learning_rate\":0.01}\n"
    )
    for refused in ["seed=4", "training.batch_size=16", "model.layers[0].out_channels=4", "dataset.train=70"] {
      let error = #expect(throws: ConfigurationError.self) {
        _ = try Resumption(run: folder.path, given: smallConfiguration(overrides: [refused]))
      }
      #expect(error?.description.contains("was begun with") == true)
      #expect(error?.description.contains(refused.prefix { $0 != "=" }) == true)
    }
  }

  /// Interventions behind the checkpoint come again where they came, so the run is the one that it was.
  @Test func theJournalIsReplayed() throws {
    let (straight, broken) = (TemporaryFolder(), TemporaryFolder())
    func script(_ harness: Harness) {
      _ = harness.send(.learningRateFactor(0.25), until: [.paused])
      _ = harness.send(.step(1), until: [.paused])
      _ = harness.send(.freeze(layer: 0, true), until: [.paused])
      _ = harness.send(.addEpochs(1), until: [.paused])
    }
    let configuration = try smallConfiguration()
    try train(configuration, in: straight, steps: 4) {
      script($0)
      _ = $0.send(.run, until: [.finished])
    }
    try train(configuration, in: broken, steps: 4) {
      script($0)
      $0.trainer.settle()
    }
    // The last checkpoint is that of the epoch's end, before all of it.
    let harness = try resume(broken)
    let status = harness.trainer.status
    #expect(status.step == 3 && status.epochs == 3, "\(status)")
    #expect(harness.send(.run, until: [.finished]).step == 12)
    try expectSameRun(straight, broken)
    #expect(straight.text("journal.jsonl") == broken.text("journal.jsonl"))
  }

  @Test func anotherChangeBeforeThoseToComeTakesTheirPlace() throws {
    let folder = TemporaryFolder()
    try train(smallConfiguration(), in: folder, steps: 5) {
      _ = $0.send(.learningRateFactor(0.25), until: [.paused])
      $0.trainer.settle()
    }
    let harness = try resume(folder)
    _ = harness.send(.learningRateFactor(2), until: [.paused])
    #expect(harness.trainer.status.notices.last == "1 change that had been made later than here will not come again")
    #expect(folder.text("journal.jsonl") == "{\"unit\":4,\"step\":3,\"epoch\":2,\"learning_rate_factor\":2.0}\n")
  }
}

@Suite struct VerificationTests {
  private func recorded(_ folder: TemporaryFolder) throws {
    let configuration = try smallConfiguration()
    let harness = try Harness(configuration, folder: RunFolder(configuration, path: folder.path))
    _ = harness.send(.step(2), until: [.paused])
    _ = harness.send(.learningRateFactor(0.5), until: [.paused])
    _ = harness.send(.freeze(layer: 0, true), until: [.paused])
    _ = harness.send(.step(4), until: [.paused])
    _ = harness.send(.stop, until: [.paused])
    _ = harness.send(.freeze(layer: 0, false), until: [.paused])
    _ = harness.send(.addEpochs(1), until: [.paused])
    for _ in 0..<2 {
      _ = harness.send(.finishEpoch(1), until: [.paused, .finished])
      harness.trainer.settle()
    }
  }

  @Test func aRunIsDoneAgainToTheLastBit() throws {
    let folder = TemporaryFolder()
    try recorded(folder)
    for (last, threads) in [(nil, nil), (nil, 1), (1, 3)] as [(Int?, Int?)] {
      let result = try Verification(run: folder.path, last: last, threads: threads)
      #expect(result.difference == nil)
      // What it starts from is not compared with itself.
      #expect(result.lastStep == 12 && result.hasFinalState && result.checkpoints == (last == nil ? 2 : 1))
      #expect(result.firstStep == (last == nil ? 0 : 9) && result.steps == 12 - result.firstStep)
    }
    // No checkpoint is that old.
    #expect(try Verification(run: folder.path, last: 12).firstStep == 0)
  }

  /// A run that is told to end while it validates is at a unit behind its last line.
  @Test func aRunThatEndedInAValidationIsDoneAgain() throws {
    let folder = TemporaryFolder()
    let configuration = try smallConfiguration(overrides: ["dataset.test=1200"])
    let harness = try Harness(configuration, folder: RunFolder(configuration, path: folder.path))
    _ = harness.send(.step(3), until: [.paused])
    harness.trainer.settle()
    let path = "\(folder.path)/metrics.jsonl"
    func cut(before text: String) throws -> Int {
      let lines = folder.text("metrics.jsonl").split(separator: "\n").prefix { !$0.contains(text) }
      let bytes = Data(lines.map { "\($0)\n" }.joined().utf8)
      try bytes.write(to: URL(fileURLWithPath: path))
      return bytes.count
    }
    let bytes = try cut(before: "dead")
    let loop = try TrainingLoop(
      configuration, dataset: configuration.loadDataset(), pool: WorkerPool(threads: configuration.threadCount))
    for _ in 0..<5 { _ = loop.advance() }
    #expect(loop.step == 3 && loop.isValidating && loop.unit == 5)
    let files = CheckpointFiles(run: folder.path)
    let within = Checkpoint(loop, metricsBytes: bytes, interventions: 0, configuration: [:])
    try files.write(within, isBest: false, keep: 9)
    let result = try Verification(run: folder.path)
    #expect(result.difference == nil && result.hasFinalState && result.lastStep == 3)
    // Lines that such a checkpoint knows must be there.
    _ = try cut(before: "\"step\":3,")
    #expect(
      try Verification(run: folder.path).difference == "\(path): ends at step 2, and there is a checkpoint of step 3")
  }

  @Test func whatWasChangedAfterwardsIsFound() throws {
    let folder = TemporaryFolder()
    try recorded(folder)
    let path = "\(folder.path)/journal.jsonl"
    let journal = folder.text("journal.jsonl")
    try Data(journal.replacingOccurrences(of: "0.5", with: "0.75").utf8).write(to: URL(fileURLWithPath: path))
    let changed = try Verification(run: folder.path)
    #expect(changed.difference?.contains("the line of step 3, epoch 1, should be {\"step\":3") == true)
    try Data(journal.utf8).write(to: URL(fileURLWithPath: path))
    // The last digit of a line in the middle.
    let metrics = folder.text("metrics.jsonl")
    let place = try #require(metrics.range(of: "\"step\":7,\"epoch\":3,\"loss\":"))
    var bytes = Array(metrics.utf8)
    let digit = metrics.utf8.distance(from: metrics.startIndex, to: place.upperBound) + 3
    bytes[digit] = bytes[digit] == 0x31 ? 0x32 : 0x31
    try Data(bytes).write(to: URL(fileURLWithPath: "\(folder.path)/metrics.jsonl"))
    #expect(try Verification(run: folder.path).difference?.contains("the line of step 7, epoch 3, should be") == true)
    try Data(metrics.utf8).write(to: URL(fileURLWithPath: "\(folder.path)/metrics.jsonl"))
    // A weight, under a checksum that is right.
    let files = CheckpointFiles(run: folder.path)
    var checkpoint = try Safetensors(Data(contentsOf: URL(fileURLWithPath: files.path(step: 12))))
    var values = checkpoint.tensors[0].tensor.values
    values[0] = values[0].nextUp
    checkpoint.tensors[0].tensor = Tensor(checkpoint.tensors[0].tensor.shape, values)
    checkpoint.metadata[Safetensors.checksumKey] = Safetensors.noChecksum
    var data = try checkpoint.encoded()
    Safetensors.seal(&data, body: UnsafeRawBufferPointer(start: nil, count: 0))
    try data.write(to: URL(fileURLWithPath: files.path(step: 12)))
    let result = try Verification(run: folder.path)
    #expect(result.difference == "\(files.path(step: 12)): the state after step 12 is another")
  }

  @Test func aJournalThatIsNoneIsNamedWithItsLine() throws {
    let good = "{\"unit\":3,\"step\":3,\"epoch\":1,\"epochs\":5}\n"
    for (text, line) in [
      ("nothing\n", 1), (good + "{\"unit\":2,\"step\":2,\"epoch\":1,\"epochs\":6}\n", 2),
      (good + "{\"unit\":4,\"step\":2,\"epoch\":1,\"epochs\":0}\n", 2),
      ("{\"unit\":4,\"step\":2,\"epoch\":1,\"weight\":0}\n", 1),
    ] {
      let error = #expect(throws: RunError.self) { try Journal(Data(text.utf8), file: "j") }
      #expect(error?.description.hasPrefix("j: line \(line): ") == true)
    }
    // A torn last line is left out.
    #expect(try Journal(Data((good + "{\"unit\":4,").utf8), file: "j").interventions.count == 1)
  }
}
