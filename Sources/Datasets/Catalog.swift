// The data sets that the program knows, where they may be, and how to get them.

import Foundation
import Tensors

/// A data set that the program knows by name.
public struct DatasetDescription: Sendable {
  public let name: String
  /// One line for people.
  public let summary: String
  public let classes: [String]
  /// (channels, height, width), known without reading a file.
  public let shape: Shape
  public let normalization: Normalization
  /// The folders that are searched, in order; empty for a data set that the program draws itself.
  public let folders: [String]
  /// What to type to get it.
  public let howToGet: String
  /// How many of its images train and test by default; nil when files say so.
  public let counts: (train: Int, test: Int)?

  public var isBuiltIn: Bool { folders.isEmpty }
}

extension DatasetDescription {
  public static let fashionMNIST = DatasetDescription(
    name: "fashion-mnist", summary: "70,000 grey pictures of clothes, 28×28, ten classes",
    classes: [
      "T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    ],
    shape: [1, 28, 28], normalization: Normalization(mean: [0.2860], std: [0.3530]),
    folders: ["/usr/share/datasets/fashion-mnist", userFolder("fashion-mnist")],
    howToGet: "apt-get install dataset-fashion-mnist", counts: nil)

  public static let mnist = DatasetDescription(
    name: "mnist", summary: "70,000 grey handwritten digits, 28×28, ten classes",
    classes: (0...9).map(String.init), shape: [1, 28, 28],
    normalization: Normalization(mean: [0.1307], std: [0.3081]),
    folders: ["/usr/share/datasets/mnist", userFolder("mnist")],
    howToGet: "put MNIST's four IDX files into \(userFolder("mnist"))", counts: nil)

  public static let glyphs = DatasetDescription(
    name: "glyphs", summary: "digits drawn by the program itself, bent, shifted and blurred, 28×28, ten classes",
    classes: (0...9).map(String.init), shape: [1, 28, 28],
    normalization: Normalization(mean: [0.1], std: [0.25]), folders: [], howToGet: "always there",
    counts: (train: 4096, test: 1024))

  public static let all = [fashionMNIST, mnist, glyphs]

  public static func named(_ name: String) -> DatasetDescription? { all.first { $0.name == name } }

  /// Where a user's own copies go: `$XDG_DATA_HOME/convtop/datasets/<name>`.
  private static func userFolder(_ name: String) -> String {
    let environment = ProcessInfo.processInfo.environment
    let home = environment["HOME"] ?? NSHomeDirectory()
    let base = environment["XDG_DATA_HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? "\(home)/.local/share"
    return "\(base)/convtop/datasets/\(name)"
  }
}

// MARK: - Files

extension DatasetDescription {
  private static let parts = [
    "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte",
  ]

  /// The four files in a folder, gzipped or not; nil for those that are missing.
  private static func files(in folder: String) -> [String?] {
    parts.map { part in
      [part + ".gz", part].map { "\(folder)/\($0)" }.first { FileManager.default.fileExists(atPath: $0) }
    }
  }

  /// The folder that holds all four files; nil when there is none, or for a built-in set.
  public var installedFolder: String? {
    folders.first { folder in DatasetDescription.files(in: folder).allSatisfy { $0 != nil } }
  }

  /// Whether it can be loaded now.
  public var isAvailable: Bool { isBuiltIn || installedFolder != nil }

  /// Reads the data set.
  ///
  /// - Parameters:
  ///   - folder: where its four IDX files are; nil to search the usual places.
  ///   - counts: how many images a built-in set draws.
  ///   - seed: what a built-in set draws from.
  /// - Throws: `DatasetError` naming the file and the fault.
  public func load(folder: String? = nil, counts: (train: Int, test: Int)? = nil, seed: UInt64) throws -> Dataset {
    if isBuiltIn {
      let counts = counts ?? self.counts ?? (1, 1)
      return try Glyphs(seed: seed).dataset(train: counts.train, test: counts.test)
    }
    guard let place = folder ?? installedFolder else {
      throw DatasetError(
        "\(name) is not installed (looked in \(folders.joined(separator: " and "))); to get it: \(howToGet)")
    }
    let files = DatasetDescription.files(in: place)
    for (file, part) in zip(files, DatasetDescription.parts) where file == nil {
      throw DatasetError("\(place): holds neither \(part).gz nor \(part)")
    }
    let found = files.compactMap { $0 }
    return try Dataset(
      name: name, classes: classes, train: IDX.labeledImages(images: found[0], labels: found[1]),
      test: IDX.labeledImages(images: found[2], labels: found[3]))
  }
}
