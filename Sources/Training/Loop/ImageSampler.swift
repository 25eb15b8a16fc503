// Which images are in which batch.

import Datasets
import Experiments
import Fields
import Tensors

/// The images that a run trains and validates on, and their order in each epoch.
package struct ImageSampler {
  let trainSource: LabeledImages
  package let validationSource: LabeledImages
  let trainIndices: [Int32]
  package let validationIndices: [Int32]
  private let seed: UInt64
  private let shuffle: Bool

  /// - Throws: `ConfigurationError` when more images are asked for than there are.
  init(_ dataset: Dataset, _ whole: Configuration) throws {
    let configuration = whole.dataset
    seed = whole.seed
    shuffle = whole.training.shuffle
    func fail(_ key: String, _ message: String) -> ConfigurationError {
      ConfigurationError(file: whole.file, keyPath: "dataset.\(key)", message: message)
    }
    trainSource = dataset.train
    var train = try dataset.indices(configuration.train, of: dataset.train, "train", whole)
    switch configuration.validation {
    case .test:
      validationSource = dataset.test
      validationIndices = try dataset.indices(configuration.test, of: dataset.test, "test", whole)
    case .holdOut(let count):
      guard count < train.count else {
        throw fail("validation", "found \(count), expected less than \(train.count): images must be left to train on")
      }
      let order = RandomStream(seed: seed, purpose: .split).permutation(train.count)
      validationSource = dataset.train
      validationIndices = order.suffix(count).sorted()
      train = order.dropLast(count).sorted()
    }
    trainIndices = train
  }

  var trainCount: Int { trainIndices.count }

  /// The training images in the order of an epoch, counted from 1.
  func order(epoch: Int) -> [Int32] {
    guard shuffle else { return trainIndices }
    return RandomStream(seed: seed, purpose: .shuffle, stream: epoch).permutation(trainIndices.count)
      .map { trainIndices[Int($0)] }
  }
}

extension Dataset {
  /// The first of some images: as many as a configuration wants, or all.
  ///
  /// - Parameter key: the one below `dataset` that says how many.
  /// - Throws: `ConfigurationError` when there are fewer.
  func indices(
    _ wanted: Int?, of images: LabeledImages, _ key: String, _ configuration: Configuration
  ) throws -> [Int32] {
    let count = wanted ?? images.count
    guard count <= images.count else {
      throw ConfigurationError(
        file: configuration.file, keyPath: "dataset.\(key)",
        message: "found \(count), expected at most \(images.count): \(name) has no more images")
    }
    return Array(0..<Int32(count))
  }
}
