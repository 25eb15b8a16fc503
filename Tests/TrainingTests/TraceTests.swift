// The stock configurations against PyTorch, step by step: the same first weights, the same batches, the same losses.

import Experiments
import Fields
import Foundation
import Telemetry
import Testing
import Training
import Workers

@Suite(.serialized) struct TraceTests {
  struct Trace: Decodable, Sendable, CustomTestStringConvertible {
    let configuration: String
    let optimizer: String
    let learningRate: Double
    let losses: [Double]
    var testDescription: String { "\(configuration), \(optimizer)" }
  }

  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  private static let optimizers = [
    "sgd": #"{"type":"sgd","momentum":0.9}"#, "adam": #"{"type":"adam"}"#,
    "adamw": #"{"type":"adamw","weight_decay":0.01}"#,
  ]

  static let traces: [Trace] = {
    do {
      let data = try Data(contentsOf: folder.appending(path: "Goldens/traces.json"))
      return try JSONDecoder().decode([Trace].self, from: data)
    } catch {
      Issue.record("the traces cannot be read: \(error)")
      return []
    }
  }()

  @Test(arguments: traces)
  func lossesFollowPyTorchForFiftySteps(trace: Trace) throws {
    let file = TraceTests.folder.appending(path: "../../configs/\(trace.configuration).json").standardized
    let optimizer = try #require(TraceTests.optimizers[trace.optimizer])
    var overrides = [
      "training.shuffle=false", "training.optimizer=\(optimizer)",
      "training.optimizer.learning_rate=\(trace.learningRate)",
    ]
    if trace.configuration == "pytorch-mnist" { overrides += ["model.layers[5].p=0", "model.layers[9].p=0"] }
    let configuration = try Configuration(Data(contentsOf: file), file: file.path, overrides: overrides)
    let losses = Collector()
    let trainer = try Trainer(configuration, folder: nil) { event in
      if case .step(let record) = event { losses.add(record.loss) }
    }
    trainer.send(.step(trace.losses.count))
    while losses.all.count < trace.losses.count || trainer.status.phase != .paused { usleep(1000) }
    #expect(trace.losses.count == 50)
    for (step, (found, expected)) in zip(losses.all, trace.losses).enumerated() {
      #expect(abs(found - expected) <= 1e-3 * expected, "step \(step + 1): \(found), not \(expected)")
    }
  }

  private final class Collector: Sendable {
    private let values = Locked<[Double]>([])
    func add(_ value: Double) { values.withLock { $0.append(value) } }
    var all: [Double] { values.withLock { $0 } }
  }
}
