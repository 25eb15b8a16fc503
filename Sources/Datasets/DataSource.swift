// What a source of images is, and the table of all sources.

import Foundation
import Tensors

/// A data set that the program knows by name: what its images are, known without reading a file, and how to get them.
///
/// A new one is a file in `Sources/`, and a line in `all`.
public struct DataSource: Sendable {
  public let name: String
  /// One line for people.
  public let summary: String
  public let classes: [String]
  /// (channels, height, width) of an image.
  public let shape: Shape
  public let normalization: Normalization
  /// What to type to get it.
  public let howToGet: String
  /// Where it may be; nil for one that the program makes itself.
  public let files: SourceFiles?
  /// How many of its images train and test by default; nil when files say so.
  public var counts: (train: Int, test: Int)?
  /// Reads or makes the images.
  let read: @Sendable (SourceRequest) throws -> (train: LabeledImages, test: LabeledImages)

  public static let all: [DataSource] = [.fashionMNIST, .mnist, .glyphs]

  public static func named(_ name: String) -> DataSource? { all.first { $0.name == name } }
}

/// The files of a source, and the folders that are searched for them, in order.
public struct SourceFiles: Sendable {
  public let folders: [String]
  public let names: [String]

  /// The files in a folder, gzipped or not; nil for those that are missing.
  func paths(in folder: String) -> [String?] {
    names.map { name in
      [name + ".gz", name].map { "\(folder)/\($0)" }.first { FileManager.default.fileExists(atPath: $0) }
    }
  }

  /// The folder that holds all of them; nil when there is none.
  var installedFolder: String? { folders.first { paths(in: $0).allSatisfy { $0 != nil } } }
}

/// What a source is asked for.
struct SourceRequest {
  /// Where its files are, in the order of their names; none for a source that has none.
  let paths: [String]
  /// How many images to make.
  let counts: (train: Int, test: Int)
  let seed: UInt64
}

extension DataSource {
  /// Whether the program makes it itself.
  public var isBuiltIn: Bool { files == nil }
  public var installedFolder: String? { files?.installedFolder }
  /// Whether it can be loaded now.
  public var isAvailable: Bool { isBuiltIn || installedFolder != nil }

  /// Reads the data set.
  ///
  /// - Parameters:
  ///   - folder: where its files are; nil to search the usual places.
  ///   - counts: how many images a source without files makes.
  ///   - seed: what it makes them from.
  /// - Throws: `DatasetError` naming the file and the fault.
  public func load(folder: String? = nil, counts: (train: Int, test: Int)? = nil, seed: UInt64) throws -> Dataset {
    let request = SourceRequest(
      paths: try files.map { try paths($0, folder) } ?? [], counts: counts ?? self.counts ?? (1, 1), seed: seed)
    let (train, test) = try read(request)
    let dataset = try Dataset(name: name, classes: classes, train: train, test: test)
    guard dataset.shape == shape else {
      throw DatasetError("\(name): images are \(dataset.shape), expected \(shape)")
    }
    return dataset
  }

  private func paths(_ files: SourceFiles, _ folder: String?) throws -> [String] {
    guard let place = folder ?? files.installedFolder else {
      throw DatasetError(
        "\(name) is not installed (looked in \(files.folders.joined(separator: " and "))); to get it: \(howToGet)")
    }
    return try zip(files.paths(in: place), files.names).map { path, name in
      guard let path else { throw DatasetError("\(place): holds neither \(name).gz nor \(name)") }
      return path
    }
  }

  /// Where a user's own copies go: `$XDG_DATA_HOME/convtop/datasets/<name>`.
  static func userFolder(_ name: String) -> String {
    let environment = ProcessInfo.processInfo.environment
    let home = environment["HOME"] ?? NSHomeDirectory()
    let base = environment["XDG_DATA_HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? "\(home)/.local/share"
    return "\(base)/convtop/datasets/\(name)"
  }
}
