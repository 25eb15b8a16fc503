// A step under the glass, against the run itself and against direct computation.

import Autograd
import Experiments
import Foundation
import Layers
import Telemetry
import Testing
import Workers

@testable import Training

extension Harness {
  /// Waits until what a request asks of a step from within is known, or cannot be.
  fileprivate func examination(_ request: PictureRequest) -> Snapshot {
    var snapshot = picture(request)
    while case .underWay = snapshot.examination {
      usleep(500)
      snapshot = latest ?? snapshot
    }
    return snapshot
  }
}

@Suite struct GlassTests {
  private static func glass(
    _ stage: StepStage = .forward, layer: Int = 0, image: Int = 0, tiles: Range<Int> = 0..<64
  ) -> PictureRequest {
    var request = PictureRequest(layer: layer, probe: 0)
    request.glass = GlassRequest(stage: stage, layer: layer, image: image, images: 0..<64, tiles: tiles)
    return request
  }

  private static func causes(_ filter: Int, layer: Int, steps: Int = 1) -> PictureRequest {
    var request = PictureRequest(layer: layer, probe: 0)
    request.causes = CauseRequest(filter: filter, steps: steps)
    return request
  }

  /// Without kinks, so that a difference is a derivative; images meet in the batch norm.
  private func smoothConfiguration(_ overrides: [String] = []) throws -> Configuration {
    let layers = #"""
      [{"type":"conv2d","name":"conv","out_channels":3,"kernel_size":5,"stride":2},{"type":"batch_norm2d","name":"bn"},
       {"type":"tanh"},{"type":"avg_pool2d","kernel_size":2},{"type":"dropout","p":0.2},{"type":"flatten"},
       {"type":"linear","name":"fc","out_features":10}]
      """#
    return try smallConfiguration(
      overrides: ["model.layers=\(layers)", "training.optimizer={\"type\":\"sgd\",\"learning_rate\":0.3}"] + overrides)
  }

  /// Whatever the net and the optimiser: the step under the glass is the step that was made, and the run does not notice.
  @Test func whatIsLookedAtIsTheStepThatTheRunMadeAndTheRunGoesOnTheSame() throws {
    for number in 0..<12 {
      let configuration = try StateTests.anyConfiguration(number)
      let straight = try TrainingLoop(configuration, dataset: configuration.loadDataset(), pool: WorkerPool(threads: 2))
      while straight.advance() != .finished {}
      let harness = try Harness(configuration)
      _ = harness.picture(PictureRequest(layer: 0, probe: 0))
      for steps in [1, 2, 1, 3] {
        let status = harness.send(.step(steps), until: [.paused, .finished])
        let record = try #require(status.lastStep)
        let snapshot = harness.examination(GlassTests.glass())
        guard record.loss.isFinite else { continue }
        let glass = try #require(snapshot.glass, "\(number): \(snapshot.examination as Any)")
        #expect(
          glass.step == record.step && glass.loss == record.loss && glass.accuracy == record.accuracy, "\(number)")
        #expect(!glass.isTried && glass.learningRate == record.learningRate && glass.total == record.images)
        let weights = harness.trainer.queue.sync {
          let loop = harness.trainer.loop
          return loop.classifier.inspected.indices.map {
            loop.numbers(.weight, of: loop.classifier.inspected[$0].layer)
          }
        }
        let seen = harness.trainer.queue.sync {
          harness.trainer.examiner?.microscope.layers.map { $0.layer.picturedWeight?.copy }
        }
        #expect(seen == weights, "\(number), step \(record.step)")
      }
      _ = harness.send(.run, until: [.finished, .paused])
      #expect(harness.trainer.state() == straight.state(), "\(number)")
    }
  }

  @Test func itsFiguresAreTheEnginesOwn() throws {
    let configuration = try smoothConfiguration(["model.layers[4].p=0", "model.layers[1]={\"type\":\"relu\"}"])
    let harness = try Harness(configuration)
    let before = try TrainingLoop(configuration, dataset: configuration.loadDataset(), pool: WorkerPool(threads: 1))
    for _ in 0..<4 { _ = before.advance() }
    _ = harness.picture(PictureRequest(layer: 0, probe: 0))
    _ = harness.send(.step(2), until: [.paused])
    let status = harness.send(.step(1), until: [.paused])
    // The third step is the epoch's last: what is looked at is from before the validation, which changes nothing of it.
    #expect(status.step == 3)
    let glass = try #require(harness.examination(GlassTests.glass(.update)).glass)
    #expect(glass.images.compactMap(\.loss) == glass.images.compactMap(\.loss).sorted(by: >))
    #expect(abs(glass.images.compactMap(\.loss).reduce(0, +) / Double(glass.total) - glass.loss) < 1e-6)
    let right = glass.images.count { $0.predicted == $0.label }
    #expect(abs(Double(right) / Double(glass.total) - glass.accuracy) < 1e-9)
    // Without momentum, what is added is the gradient times the learning rate.
    for norms in glass.norms {
      guard let gradient = norms.gradient, let update = norms.update else { continue }
      #expect(abs(update - Double(glass.learningRate) * gradient) < 1e-5 * max(1, update))
    }
    let first = try TrainingLoop(configuration, dataset: configuration.loadDataset(), pool: WorkerPool(threads: 1))
    _ = (first.advance(), first.advance())
    let old = try #require(first.numbers(.weight, of: first.classifier.inspected[0].layer))
    // What leaves each layer for the chosen image is what the net says of it by itself.
    first.withBatch(first.sampler.trainSource, [Int32(glass.chosen.index)], 0, 1) {
      _ = first.classifier.inspection.run($0)
    }
    for layer in first.classifier.inspected.indices {
      let own = first.classifier.inspection.tensor(of: first.classifier.inspected[layer].output, image: 0).values
      let forward = try #require(harness.examination(GlassTests.glass(.forward, layer: layer)).glass)
      #expect(forward.tiles.flatMap { $0.values.prefix($0.count) } == own, "layer \(layer)")
      #expect(forward.norms[layer].output == NumberFigures(own).norm)
    }
    _ = first.advance()
    let new = try #require(first.numbers(.weight, of: first.classifier.inspected[0].layer))
    #expect(glass.tiles.flatMap { $0.values.prefix($0.count) } == zip(new, old).map { $0 - $1 })
    // At the last layer, the gradient of the mean cross-entropy is (softmax − one-hot) / images.
    let last = first.classifier.inspected.count - 1
    for image in [0, 7, glass.total - 1] {
      let backward = try #require(harness.examination(GlassTests.glass(.backward, layer: last, image: image)).glass)
      let gradient = backward.tiles.flatMap { $0.values.prefix($0.count) }
      for (index, value) in gradient.enumerated() {
        let expected =
          (backward.prediction.values[index] - (index == backward.chosen.label ? 1 : 0)) / Float(glass.total)
        #expect(abs(value - expected) < 1e-6, "image \(image), class \(index)")
      }
    }
  }

  /// gᵢ · Δ is how the image's loss changes along the movement, the other images of its batch being there: a difference of two
  /// forward passes knows no backpropagation.
  @Test func anImagesPartIsHowItsLossChangesAlongTheMovement() throws {
    let configuration = try smoothConfiguration()
    let harness = try Harness(configuration)
    _ = harness.picture(PictureRequest(layer: 0, probe: 0))
    _ = harness.send(.step(2), until: [.paused])
    var request = GlassTests.causes(1, layer: 0)
    request.causes?.most = 32
    let causes = try #require(harness.examination(request).causes)
    #expect(causes.most.count + causes.least.count == 32 && causes.images == 32 && causes.steps == 2...2)

    let loop = try TrainingLoop(configuration, dataset: configuration.loadDataset(), pool: WorkerPool(threads: 2))
    _ = loop.advance()
    let recording = try Classifier.Recording(loop.classifier.model, configuration.training.loss)
    let executor = Executor(
      recording.tape, loss: recording.loss, metrics: recording.metrics, capacity: 32, pool: loop.classifier.pool)
    let images = loop.nextImages
    let weight = try #require(loop.classifier.inspected[0].layer.picturedWeight)
    let movement = causes.movement.flatMap(\.values)
    func losses(at distance: Float) -> [Double] {
      for (index, value) in movement.enumerated() { weight.values[25 + index] += distance * value }
      defer { for (index, value) in movement.enumerated() { weight.values[25 + index] -= distance * value } }
      loop.withBatch(loop.sampler.trainSource, images, 0, images.count) {
        _ = executor.run($0, context: loop.stepContext)
      }
      return images.indices.map { Double(executor.tensor(of: recording.loss, image: $0).values[0]) }
    }
    /// The central difference at a distance, in lengths of the movement.
    func difference(_ distance: Double) -> [Double] {
      let scale = Float(distance / NumberFigures(movement).norm)
      return zip(losses(at: scale), losses(at: -scale)).map { ($1 - $0) / Double(2 * scale) }
    }
    // Two of them, so that the error of the third order goes.
    let changes = zip(difference(0.02), difference(0.04)).map { (4 * $0 - $1) / 3 }
    let whole = changes.reduce(0, +)
    for cause in causes.most + causes.least {
      let place = try #require(images.firstIndex(of: Int32(cause.image.index)))
      #expect(abs(changes[place] / whole - cause.share) < 0.01 * max(0.2, abs(cause.share)))
    }
    // Plain gradient descent goes straight along the gradient.
    #expect(abs(causes.alignment - 1) < 1e-4)
    #expect(abs(causes.sum - 1) < 1e-4)
  }

  /// Whatever the net, the loss and the optimiser: all images together are the batch.
  @Test func thePartsOfAllImagesAddUpToTheWhole() throws {
    var compared = 0
    for number in 0..<12 {
      let configuration = try StateTests.anyConfiguration(number)
      let harness = try Harness(configuration)
      _ = harness.picture(PictureRequest(layer: 0, probe: 0))
      let status = harness.send(.step(5), until: [.paused, .finished])
      guard status.divergedAt == nil else { continue }
      for (layer, steps) in [(0, 1), (harness.trainer.description.layers.count - 1, 3)] {
        let snapshot = harness.examination(GlassTests.causes(0, layer: layer, steps: steps))
        guard let causes = snapshot.causes else { continue }
        #expect(causes.steps == status.step - steps + 1...status.step)
        guard causes.figures.norm > 0, abs(causes.alignment) > 1e-3 else { continue }
        #expect(abs(abs(causes.sum) - 1) < 2e-3, "\(number), layer \(layer): \(causes.sum)")
        let shares = (causes.most + causes.least.reversed()).map(\.share)
        #expect(shares == shares.sorted(by: >))
        compared += 1
      }
    }
    #expect(compared >= 8)
  }

  /// The epochs of a fork may have another length than those before it: its steps are numbered from where it begins.
  @Test(arguments: [16, 64])
  func aForkWithAnotherBatchSizeIsLookedAtAtItsOwnSteps(batchSize: Int) throws {
    let (folder, child) = (TemporaryFolder(), TemporaryFolder())
    let configuration = try smoothConfiguration()
    let parent = try Harness(configuration, folder: RunFolder(configuration, path: folder.path))
    _ = parent.send(.finishEpoch(2), until: [.paused])
    _ = try parent.trainer.fork(overrides: ["training.batch_size=\(batchSize)"], frozen: [], path: child.path)
    let resumption = try Resumption(run: child.path)
    let harness = try Harness(resumption.configuration)
    try harness.trainer.resume(resumption)
    for _ in 0..<3 {
      let status = harness.send(.step(1), until: [.paused, .finished])
      for request in [GlassTests.glass(), GlassTests.causes(1, layer: 0)] {
        let snapshot = harness.examination(request)
        #expect(snapshot.examination == .done)
        if request.glass != nil {
          #expect(snapshot.glass?.step == status.step && snapshot.glass?.loss == status.lastStep?.loss)
        }
        if request.causes != nil {
          #expect(
            snapshot.causes?.steps == status.step...status.step && snapshot.causes?.images == status.lastStep?.images)
        }
      }
    }
  }

  @Test func whereOneLayerCannotBeAskedTheStepIsLookedAtAllTheSame() throws {
    let harness = try Harness(smoothConfiguration(["model.layers[0].trainable=false"]))
    _ = harness.send(.step(1), until: [.paused])
    var request = GlassTests.glass()
    request.causes = CauseRequest(filter: 0, steps: 1)
    let snapshot = harness.examination(request)
    #expect(snapshot.glass?.step == 1 && snapshot.causes == nil)
    #expect(snapshot.examination == .impossible("conv has no weights that are trained"))
  }

  @Test func aStepThatComesOutOtherwiseIsNotShownAsTheRuns() throws {
    let harness = try Harness(smoothConfiguration())
    _ = harness.send(.step(2), until: [.paused])
    harness.trainer.queue.sync { harness.trainer.history.cut(after: 0, step: 2, losses: [1, 2]) }
    guard case .impossible(let sentence) = harness.examination(GlassTests.glass()).examination else {
      Issue.record("it is shown")
      return
    }
    #expect(sentence.hasPrefix("step 1 had a loss of 1.0, and has 2."))
  }

  @Test func whatCannotBeLookedAtSaysWhy() throws {
    let harness = try Harness(smoothConfiguration())
    // Before the first step, that one is looked at.
    let first = try #require(harness.examination(GlassTests.glass()).glass)
    #expect(first.step == 1 && first.isTried)
    let none = harness.examination(GlassTests.causes(0, layer: 2)).examination
    #expect(none == .impossible("tanh1 has no weights that are trained"))
    harness.trainer.send(.pace(Pace.all[5]))
    harness.trainer.send(.run)
    #expect(harness.picture(GlassTests.glass()).examination == .needsRest)
    _ = harness.send(.pause, until: [.paused])
    // More steps than there were are as many as there were.
    let step = harness.trainer.status.step
    let causes = try #require(harness.examination(GlassTests.causes(0, layer: 0, steps: 500)).causes)
    #expect(causes.steps == 1...step)
  }

  @Test func stoppedBeforeAStepThatStepIsLookedAtAndAChangeOfItIsSeen() throws {
    let harness = try Harness(smoothConfiguration(["training.breakpoints=[\"step = 3\"]"]))
    _ = harness.picture(PictureRequest(layer: 0, probe: 0))
    let status = harness.send(.run, until: [.paused])
    #expect(status.stop?.step == 3 && status.step == 2)
    let tried = try #require(harness.examination(GlassTests.glass(.update)).glass)
    #expect(tried.isTried && tried.step == 3)
    _ = harness.send(.learningRateFactor(0.5), until: [.paused])
    let halved = try #require(harness.examination(GlassTests.glass(.update)).glass)
    #expect(halved.learningRate == tried.learningRate / 2 && halved.loss == tried.loss)
    #expect(zip(halved.tiles[0].values, tried.tiles[0].values).allSatisfy { abs($0 - $1 / 2) < 1e-6 })
    // In the past, it is the step that led there.
    _ = harness.send(.back(1), until: [.paused])
    #expect(harness.examination(GlassTests.glass()).glass?.step == 1)
  }
}
