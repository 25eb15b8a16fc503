// Labelled images, as bytes.

import Tensors

/// What is wrong with a data set, where, and what was expected.
public struct DatasetError: Error, CustomStringConvertible, Equatable {
  public let description: String
  public init(_ description: String) { self.description = description }
}

/// Images and their labels: bytes in memory, turned into numbers only when a batch needs them.
public final class LabeledImages: @unchecked Sendable {
  public let count: Int
  /// (channels, height, width) of one image.
  public let shape: Shape
  /// count · channels · height · width bytes, image by image.
  public let pixels: UnsafePointer<UInt8>
  /// One class index an image.
  public let labels: [UInt8]
  private let storage: UnsafeMutablePointer<UInt8>

  /// Allocates room for `labels.count` images and has `fill` write all of it.
  public init(
    shape: Shape, labels: [UInt8], fill: (UnsafeMutableBufferPointer<UInt8>) throws -> Void
  ) rethrows {
    count = labels.count
    self.shape = shape
    self.labels = labels
    let bytes = max(1, labels.count * shape.count)
    storage = .allocate(capacity: bytes)
    pixels = UnsafePointer(storage)
    // Everything is initialised by now, so a failure runs deinit, which frees the memory.
    try fill(UnsafeMutableBufferPointer(start: storage, count: labels.count * shape.count))
  }

  deinit { storage.deallocate() }

  /// The first byte of an image.
  public func image(_ index: Int) -> UnsafePointer<UInt8> {
    precondition(index >= 0 && index < count, "image \(index) of \(count)")
    return pixels + index * shape.count
  }
}

/// A data set: training and test images of one shape, and what their classes are called.
public struct Dataset: Sendable {
  public let name: String
  public let classes: [String]
  public let train: LabeledImages
  public let test: LabeledImages

  /// - Throws: `DatasetError` when the two halves do not match or a label has no class.
  public init(name: String, classes: [String], train: LabeledImages, test: LabeledImages) throws {
    guard train.shape == test.shape else {
      throw DatasetError("\(name): training images are \(train.shape) but test images are \(test.shape)")
    }
    for (part, images) in [("training", train), ("test", test)] {
      guard images.count > 0 else { throw DatasetError("\(name): there are no \(part) images") }
      if let label = images.labels.max(), Int(label) >= classes.count {
        throw DatasetError("\(name): a \(part) label is \(label), but there are only \(classes.count) classes")
      }
    }
    self.name = name
    self.classes = classes
    self.train = train
    self.test = test
  }

  public var shape: Shape { train.shape }
}
