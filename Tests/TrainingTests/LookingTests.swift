// A model that trains nothing, and the report on one that has been trained.

import Foundation
import Testing

@testable import Training

@Suite struct LookingTests {
  @Test func theEdgeFilterShowsEachPixelsLeftColumnsMinusItsRightOnes() throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appending(path: "../../configs/edge-filter.json").standardized
    let overrides = ["dataset.name=glyphs", "dataset.test=20"]
    let configuration = try Configuration(Data(contentsOf: file), file: file.path, overrides: overrides)
    let trainer = try Trainer(TrainingSetup(configuration), folder: nil)
    #expect(trainer.status.state == .finished && trainer.status.steps == 0)
    trainer.request(PictureRequest(layer: 0, filters: 0..<1, maps: 0..<1, probe: 7, curvePoints: 10))
    while trainer.snapshot == nil { usleep(1000) }
    let picture = try #require(trainer.snapshot)
    #expect(picture.filters?.tiles.first?.values == [1, 0, -1, 1, 0, -1, 1, 0, -1])
    #expect(picture.probe.probabilities.isEmpty)
    let (image, edges) = (picture.probe.image, try #require(picture.maps?.tiles.first))
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
    #expect([0, 1, 2].map(report.precision) == [0.5, 0.5, 0])
    #expect([0, 1, 2].map(report.recall) == [1.0 / 3, 0.5, nil])
  }
}
