// Damaged configurations, checkpoints, journals, metrics and messages: one error each, never a crash.
//
// CONVTOP_FUZZ=1000000 swift test -c release -Xswiftc -enable-testing --filter FuzzTests tries so many of each kind.

import Experiments
import Foundation
import Interchange
import Telemetry
import TestSupport
import Testing
import Workers

@testable import Attachment
@testable import Training

@Suite(.serialized) struct RunFuzzTests {
  private func expectSurvived(
    _ name: String, seed: UInt64, corpus: [[UInt8]], words: [String] = [], _ parse: ([UInt8]) throws -> Void
  ) {
    let complaint = fuzz(name, seed: seed, corpus: corpus, words: words, parse)
    #expect(complaint == nil)
  }

  @Test func configurations() throws {
    let small = try smallConfiguration()
    let words = [
      "\"conv2d\"", "\"residual\"", "\"layers\":[", "\"kernel_size\":[", "\"type\":\"linear\"", "\"out_features\":",
      "\"padding\":", "\"stride\":0", "\"groups\":", "\"dilation\":", "\"flatten\"", "\"epochs\":", "\"schedule\":{",
    ]
    expectSurvived("configuration", seed: 1, corpus: [Array(try small.resolvedText())], words: words) {
      let read = try Configuration(Data($0), file: "fuzzed.json")
      // What is taken can be written, and is the same then.
      let text = try read.resolvedText()
      #expect(try Configuration(text, file: "fuzzed.json").resolvedText() == text)
    }
  }

  @Test func conditions() {
    let corpus = [
      "loss > 2", "update_ratio(conv1) < 1e-5", "(loss - 2) * validation_loss / 3 != -gradient_norm", "every 100",
    ]
    expectSurvived(
      "condition", seed: 9, corpus: corpus.map { Array($0.utf8) }, words: ["dead(", "1e", "((", "--", "<="]
    ) {
      let condition = try Condition(String(decoding: $0, as: UTF8.self))
      #expect(try Condition("\(condition)") == condition)
      _ = condition.holds(step: 7, isFinite: true) { _, _ in 0.5 }
    }
  }

  /// Also under a checksum that is right, as a hostile one would be: a checkpoint is restored whole or not at all.
  @Test func checkpoints() throws {
    let configuration = try smallConfiguration()
    let loop = try TrainingLoop(configuration, dataset: configuration.loadDataset(), pool: WorkerPool(threads: 1))
    for _ in 0..<4 { _ = loop.advance() }
    let bytes = try Checkpoint(loop, metricsBytes: 0, interventions: 0, configuration: [:]).withBytes { pieces in
      pieces.flatMap { Array($0) }
    }
    let words = [
      "\\\"stepInEpoch\\\":", "\\\"epoch\\\":", "\\\"images\\\":512", "optimizer.exp_avg.", "\"shape\":[",
      "\\\"nan\\\"",
    ]
    var restored = 0
    expectSurvived("checkpoint", seed: 2, corpus: [bytes], words: words) { fuzzed in
      var data = Data(fuzzed)
      if let place = data.range(of: Data("\"checksum\":\"".utf8)), place.upperBound + 8 < data.count,
        fuzzed.count % 2 == 0
      {
        data.replaceSubrange(place.upperBound..<place.upperBound + 8, with: Data(Safetensors.noChecksum.utf8))
        if Safetensors.isIntact(data) != nil {
          Safetensors.seal(&data, body: UnsafeRawBufferPointer(start: nil, count: 0))
        }
      }
      let checkpoint = try Checkpoint(data)
      let before = loop.state()
      loop.restore(try loop.state(checkpoint, series: SeriesList()))
      restored += 1
      _ = (loop.totalSteps, loop.unit)
      _ = loop.advance()
      loop.restore(before)
    }
    #expect(restored > 0)
  }

  @Test func journalsAndMetrics() throws {
    let configuration = try smallConfiguration()
    let loop = try TrainingLoop(configuration, dataset: configuration.loadDataset(), pool: WorkerPool(threads: 1))
    let journal = """
      {"unit":2,"step":2,"epoch":1,"learning_rate_factor":0.5}
      {"unit":4,"step":3,"epoch":2,"epochs":12}
      {"unit":9,"step":8,"epoch":2,"freeze":"conv1"}

      """
    expectSurvived("journal", seed: 3, corpus: [Array(journal.utf8)], words: ["\"unfreeze\":", "\"epochs\":"]) {
      let read = try Journal(Data($0), file: "journal.jsonl")
      for intervention in read.interventions {
        loop.apply(intervention.change)
        _ = loop.totalSteps
      }
      #expect(try Journal(Data(read.text()), file: "again").interventions == read.interventions)
    }
    let metrics = """
      {"step":1,"epoch":1,"loss":2.3,"accuracy":0.1,"learning_rate":0.001}
      {"step":1,"epoch":1,"gradient_norm":1.5,"conv1/weight_norm":2}
      {"epoch":1,"step":1,"train_loss":2.3,"train_accuracy":0.1,"validation_loss":null,"validation_accuracy":0.2}

      """
    expectSurvived("metrics", seed: 4, corpus: [Array(metrics.utf8)], words: ["\"x/y\":", "\"step\":"]) {
      var series = SeriesList()
      try series.append(lines: Data($0))
    }
  }

  @Test func whatIsSaidOverTheSocket() throws {
    let harness = try Harness(smallConfiguration())
    _ = harness.send(.step(2), until: [.paused])
    var request = PictureRequest(layer: 0, filters: 0..<3, maps: 0..<3, probe: 1, quantities: ["loss"], curvePoints: 9)
    request.glass = GlassRequest(stage: .backward, layer: 1, image: 2, images: 0..<4, tiles: 0..<3)
    (request.causes, request.trainingProbe) = (CauseRequest(filter: 1, steps: 2), 3)
    request.network = NetworkRequest(columns: [.init(layer: 0, maps: 2)], map: 1)
    request.output = OutputPlace(map: 0, row: 1, column: 1)
    request.images = ImageRequest(source: .batch, places: 0..<3)
    request.search = .mostWrong(rank: 0)
    let run = harness.trainer.description
    let fromWatchers: [ClientMessage] = [
      .hello(version: 1, isReadOnly: false), .request(request), .command(.step(3), number: 1),
      .command(.pace(.full), number: 2), .command(.learningRate(0.1), number: 3),
      .command(.freeze(layer: 0, true), number: 4),
    ]
    var served = 0
    expectSurvived("what watchers say", seed: 5, corpus: try fromWatchers.map { try $0.line() }) {
      var lines = LineBuffer(limit: Connection.longestLine)
      try lines.append($0)
      guard let line = lines.next() else { throw AttachmentError("no line") }
      switch try TelemetryCoding.decode(ClientMessage.self, from: line) {
      case .request(let request):
        if let complaint = request.complaint(about: run) { throw AttachmentError(complaint) }
        _ = harness.picture(request)
        served += 1
      case .command(.step, _), .command(.run, _), .command(.finishEpoch, _): break
      case .command(let command, _): _ = harness.send(command, until: [.paused, .finished])
      case .hello: break
      }
    }
    #expect(served > 0)
    let snapshot = harness.picture(request)
    let hello = Hello(version: 1, process: 7, description: run, status: harness.trainer.status)
    let fromTrainers: [ServerMessage] = [
      .hello(hello), .status(harness.trainer.status), .snapshot(snapshot), .done(3), .refused("no"),
    ]
    expectSurvived("what trainers say", seed: 6, corpus: try fromTrainers.map { try $0.line() }) {
      _ = try TelemetryCoding.decode(ServerMessage.self, from: Data($0))
    }
  }
}
