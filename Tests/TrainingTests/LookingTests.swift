// A model that trains nothing, and the report on one that has been trained.

import Experiments
import Fields
import Foundation
import Telemetry
import Testing
import Workers

@testable import Training

@Suite struct LookingTests {
  @Test func theEdgeFilterShowsEachPixelsLeftColumnsMinusItsRightOnes() throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appending(path: "../../configs/edge-filter.json").standardized
    let overrides = ["dataset.name=glyphs", "dataset.test=20"]
    let configuration = try Configuration(Data(contentsOf: file), file: file.path, overrides: overrides)
    let harness = try Harness(configuration)
    #expect(harness.trainer.status.phase == .finished && harness.trainer.status.steps == 0)
    let picture = harness.picture(PictureRequest(layer: 0, filters: 0..<1, maps: 0..<1, probe: 7))
    #expect(picture.filters?.tiles.first?.values == [1, 0, -1, 1, 0, -1, 1, 0, -1])
    #expect(picture.probe.prediction == nil)
    let (image, edges) = (picture.probe.channels[0], try #require(picture.maps?.tiles.first))
    #expect(edges.height == 46 && edges.width == 46)
    func pixel(_ y: Int, _ x: Int) -> Float {
      (0..<28).contains(y) && (0..<28).contains(x) ? image.values[y * 28 + x] : 0
    }
    for y in 0..<46 {
      for x in 0..<46 {
        let expected = (0..<3).reduce(Float(0)) { $0 + pixel(y + $1 - 10, x - 10) - pixel(y + $1 - 10, x - 8) }
        #expect(abs(edges.values[y * 46 + x] - expected) < 1e-6)
      }
    }
    #expect(edges.values.contains { $0 > 1 } && edges.values.contains { $0 < -1 })
  }

  @Test(arguments: [
    ("cross_entropy", "softmax", Prediction.Meaning.probabilities), ("cross_entropy", "relu", .probabilities),
    ("nll_loss", "log_softmax", .probabilities), ("bce_with_logits_loss", "relu", .independentProbabilities),
    ("mse_loss", "sigmoid", .independentProbabilities), ("mse_loss", "relu", .scores), ("l1_loss", "tanh", .scores),
  ])
  func aPredictionIsShownAsItsLossMeansIt(loss: String, last: String, meaning: Prediction.Meaning) throws {
    let configuration = try Configuration(
      Data(
        """
        { "dataset": { "name": "glyphs", "train": 20, "test": 20 },
          "model": { "layers": [ { "type": "flatten" }, { "type": "linear", "out_features": 10 }, { "type": "\(last)" } ] },
          "training": { "loss": { "type": "\(loss)" }, "batch_size": 20 } }
        """.utf8), file: "x.json")
    let loop = try TrainingLoop(configuration, dataset: configuration.loadDataset(), pool: WorkerPool(threads: 1))
    let request = PictureRequest(layer: 1, filters: 0..<1, maps: 0..<1, probe: 0)
    let picture = loop.snapshot(request)
    let prediction = try #require(picture.probe.prediction)
    #expect(prediction.meaning == meaning)
    let outputs = loop.classifier.inspection.tensor(of: loop.classifier.inspected[2].output, image: 0).values
    let shown = prediction.values.reduce(0, +)
    switch meaning {
    case .probabilities: #expect(abs(shown - 1) < 1e-5 && (last != "softmax" || prediction.values == outputs))
    case .independentProbabilities: #expect(prediction.values.allSatisfy { (0...1).contains($0) })
    case .scores: #expect(prediction.values == outputs)
    }
    // What nobody asked for is not looked for.
    #expect(picture.filters?.networkRange == nil && picture.maps?.networkRange == nil)
    var whole = request
    whole.wantsNetworkRange = true
    #expect(loop.snapshot(whole).maps?.networkRange != nil)
  }

  @Test func classWeightsDivideByTheLabelsWeights() throws {
    func loss(_ weights: String) throws -> (loss: Double, first: [Float]) {
      let configuration = try smallConfiguration(
        threads: 1, overrides: ["training.loss={\"weight\":\(weights)}", "training.shuffle=false"])
      let loop = try TrainingLoop(configuration, dataset: configuration.loadDataset(), pool: WorkerPool(threads: 1))
      guard case .step(let record) = loop.advance() else { return (0, []) }
      return (record.loss, loop.classifier.model.parameters[0].gradientTensor.values)
    }
    // Twice the weight for all is none for any.
    let (plain, doubled) = (try loss("[]"), try loss("[2,2,2,2,2,2,2,2,2,2]"))
    #expect(abs(plain.loss - doubled.loss) < 1e-6)
    for (a, b) in zip(plain.first, doubled.first) { #expect(abs(a - b) <= 1e-6 * max(1, abs(a))) }
    #expect(try abs(loss("[1,0,0,0,0,0,0,0,0,0]").loss - plain.loss) > 1e-3)
  }

  @Test func aLastBatchThatIsNotFullCanBeLeftOut() throws {
    let configuration = try smallConfiguration(threads: 1, overrides: ["training.drop_last=true"])
    let loop = try TrainingLoop(configuration, dataset: configuration.loadDataset(), pool: WorkerPool(threads: 1))
    #expect(loop.stepsPerEpoch == 2)
    var images: [Int] = []
    while case .step(let record) = loop.advance() { images.append(record.images) }
    #expect(images == [32, 32])
    let few = try smallConfiguration(overrides: ["training.drop_last=true", "training.batch_size=99"])
    #expect(throws: ConfigurationError.self) {
      try TrainingLoop(few, dataset: few.loadDataset(), pool: WorkerPool(threads: 1))
    }
  }

  @Test func anEvaluationOfMoreImagesThanThereAreIsRefused() throws {
    let folder = TemporaryFolder()
    let configuration = try smallConfiguration(
      epochs: 1, overrides: ["dataset.validation=10", "dataset.name=fashion-mnist"])
    let trainer = try Trainer(configuration, folder: RunFolder(configuration, path: folder.path))
    trainer.send(.run)
    while trainer.status.phase != .finished { usleep(500) }
    #expect(
      throws: ConfigurationError(
        file: "\(folder.path)/config.json", keyPath: "dataset.test",
        message: "found 20000, expected at most 10000: fashion-mnist has no more images")
    ) { try Evaluation(run: folder.path, overrides: ["dataset.test=20000"]) }
  }

  @Test func aReportCountsWhatIsTakenForWhat() {
    var report = ClassificationReport(classes: 3, k: 2)
    let images: [(logits: [Float], label: Int)] = [
      ([3, 1, 2], 0), ([1, 3, 2], 0), ([1, 2, 3], 0), ([0, 5, 1], 1), ([7, 7, 0], 1),
    ]
    for image in images { image.logits.withUnsafeBufferPointer { report.add(logits: $0, label: image.label) } }
    #expect(report.confusion == [1, 1, 1, 1, 1, 0, 0, 0, 0])
    #expect(report.images == 5)
    // The first is the label's best, the second its last, the third too; of equal logits none is larger.
    #expect(report.topKAccuracy == 3.0 / 5)
    let broken: [Float] = [.nan, 1, 0]
    broken.withUnsafeBufferPointer { report.add(logits: $0, label: 0) }
    #expect(report.undecided == 1 && report.images == 6 && report.topKAccuracy == 0.5)
    #expect([0, 1, 2].map(report.precision) == [0.5, 0.5, 0])
    #expect([0, 1, 2].map(report.recall) == [1.0 / 3, 0.5, nil])
  }
}
