// Small runs for tests.

import Fields
import Foundation
import Training

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
