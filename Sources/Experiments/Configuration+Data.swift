// The data set that a configuration names.

import Datasets
import Tensors

extension Configuration {
  /// The threads that the configuration asks for, or one for each processor that this process may use.
  public var threadCount: Int { training.threads ?? Processors.available }

  /// Reads the images.
  ///
  /// - Throws: `DatasetError`.
  public func loadDataset() throws -> Dataset {
    guard let source = DataSource.named(dataset.name) else {
      throw DatasetError("\(dataset.name) is not a known data set")
    }
    let counts = source.counts.map { (train: dataset.train ?? $0.train, test: dataset.test ?? $0.test) }
    return try source.load(folder: dataset.path, counts: counts, seed: seed)
  }

  /// The same run on the built-in glyphs, when the configured data set is not installed, and a sentence that says so.
  ///
  /// A folder that the configuration names is taken at its word: it is not replaced.
  public func onAvailableData() -> (configuration: Configuration, notice: String?) {
    guard let source = DataSource.named(dataset.name), dataset.path == nil, !source.isAvailable
    else { return (self, nil) }
    var copy = self
    copy.dataset = DatasetConfiguration(.glyphs)
    (copy.dataset.train, copy.dataset.test) = (dataset.train, dataset.test)
    copy.dataset.validation = dataset.validation
    return (
      copy,
      "\(source.name) is not installed, so this trains on the built-in glyphs; to get it: \(source.howToGet)"
    )
  }
}
