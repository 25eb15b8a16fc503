// Small runs for tests.

import Dispatch
import Experiments
import Fields
import Foundation
import Telemetry
import Training
import Workers

/// A configuration that trains on 80 glyphs in batches of 32: three steps an epoch.
func smallConfiguration(
  epochs: Int = 3, threads: Int = 2, extra: String = "", overrides: [String] = []
) throws -> Configuration {
  let text = """
    { "name": "test", "seed": 3,
      "dataset": { "name": "glyphs", "train": 80, "test": 40 },
      "model": { "layers": [
        { "type": "conv2d", "name": "conv", "out_channels": 3, "kernel_size": 5, "stride": 2 },
        { "type": "batch_norm2d" }, { "type": "relu" }, { "type": "max_pool2d", "kernel_size": 2 },
        { "type": "dropout", "p": 0.1 }, { "type": "flatten" },
        { "type": "linear", "name": "fc", "out_features": 10 } ] },
      "training": { "epochs": \(epochs), "batch_size": 32, "threads": \(threads) } \(extra) }
    """
  return try Configuration(Data(text.utf8), file: "test.json", overrides: overrides)
}

/// A folder that is removed with its owner.
final class TemporaryFolder {
  let path = NSTemporaryDirectory() + "convtop-test-\(UUID().uuidString)"
  deinit { try? FileManager.default.removeItem(atPath: path) }

  func text(_ name: String) -> String {
    FileManager.default.contents(atPath: "\(path)/\(name)").map { String(decoding: $0, as: UTF8.self) } ?? "(no file)"
  }
}

/// A trainer with its records collected and one watcher, and waiting for both made easy.
final class Harness: Sendable {
  let trainer: Trainer
  private let collector = Collector()
  private let watcher: Watcher
  private let asked = Locked(0)

  private final class Collector: Sendable {
    let records = Locked<[StepRecord]>([])
  }

  convenience init(_ configuration: Configuration, folder: RunFolder? = nil) throws {
    let queue = DispatchQueue(label: "test")
    try self.init(
      configuration, pool: WorkerPool(threads: configuration.threadCount), queue: queue, folder: folder)
  }

  init(_ configuration: Configuration, pool: WorkerPool, queue: DispatchQueue, folder: RunFolder? = nil) throws {
    trainer = try Trainer(
      configuration, dataset: configuration.loadDataset(), pool: pool, queue: queue, folder: folder
    ) { [collector] event in
      if case .step(let record) = event { collector.records.withLock { $0.append(record) } }
    }
    watcher = trainer.addWatcher {}
  }

  var records: [StepRecord] { collector.records.withLock { $0 } }

  /// Gives a command and waits until the trainer is in one of the phases.
  func send(_ command: RunCommand, until phases: Set<RunPhase>) -> RunStatus {
    let taken = DispatchSemaphore(value: 0)
    trainer.send(command) { taken.signal() }
    taken.wait()
    while !phases.contains(trainer.status.phase) { usleep(500) }
    return trainer.status
  }

  /// The latest answer, whichever request it is to.
  var latest: Snapshot? { trainer.snapshot(for: watcher) }

  /// Waits for the picture that answers a request.
  func picture(_ request: PictureRequest) -> Snapshot {
    var request = request
    request.number = asked.withLock { asked in
      asked += 1
      return asked
    }
    trainer.request(request, for: watcher)
    while true {
      if let snapshot = trainer.snapshot(for: watcher), snapshot.request.number == request.number { return snapshot }
      usleep(500)
    }
  }
}

extension PictureRequest {
  /// Some filters and some maps of a layer.
  init(
    layer: Int, filters: Range<Int>? = nil, maps: Range<Int>? = nil, probe: Int, quantities: Set<String> = [],
    curvePoints: Int = 0
  ) {
    self.init(layer: layer, probe: probe)
    self.filters = filters.map { FilterRequest(places: $0) }
    self.maps = maps.map { MapRequest(layer: layer, maps: $0) }
    (self.quantities, self.curvePoints) = (quantities, curvePoints)
  }
}
