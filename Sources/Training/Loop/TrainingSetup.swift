// A configuration with its images loaded: all that a trainer needs.

import Datasets
import Foundation
import Layers
import Tensors

/// A configuration, its data set, and how many threads to use.
public struct TrainingSetup: Sendable {
  public let configuration: Configuration
  public let dataset: Dataset
  public let threads: Int

  /// Loads the data.
  ///
  /// - Throws: `DatasetError`.
  public init(_ configuration: Configuration) throws {
    self.configuration = configuration
    dataset = try configuration.loadDataset()
    threads = configuration.threadCount
  }
}

extension Configuration {
  /// The threads that the configuration asks for, or one for each processor that this process may use.
  public var threadCount: Int { training.threads ?? Processors.available }

  func loadDataset() throws -> Dataset {
    guard let description = DatasetDescription.named(dataset.name) else {
      throw DatasetError("\(dataset.name) is not a known data set")
    }
    let counts = description.counts.map { (train: dataset.train ?? $0.train, test: dataset.test ?? $0.test) }
    let loaded = try description.load(folder: dataset.path, counts: counts, seed: seed)
    guard loaded.shape == description.shape else {
      throw DatasetError("\(dataset.name): images are \(loaded.shape), expected \(description.shape)")
    }
    return loaded
  }

  /// The same run on the built-in glyphs, when the configured data set is not installed, and a sentence that says so.
  ///
  /// A folder that the configuration names is taken at its word: it is not replaced.
  public func onAvailableData() -> (configuration: Configuration, notice: String?) {
    guard let description = DatasetDescription.named(dataset.name), dataset.path == nil, !description.isAvailable
    else { return (self, nil) }
    var copy = self
    copy.dataset = DatasetConfiguration(.glyphs)
    (copy.dataset.train, copy.dataset.test) = (dataset.train, dataset.test)
    copy.dataset.validation = dataset.validation
    return (
      copy,
      "\(description.name) is not installed, so this trains on the built-in glyphs; to get it: \(description.howToGet)"
    )
  }
}
