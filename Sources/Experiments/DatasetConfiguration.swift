// Which images a run learns from.

import Datasets
import Fields

/// Which images a run learns from.
public struct DatasetConfiguration: Hashable, Sendable {
  /// What is measured after each epoch.
  public enum Validation: Hashable, Sendable {
    /// The test images, as in PyTorch's examples.
    case test
    /// So many training images, held out.
    case holdOut(Int)
  }

  public var name: String
  /// A folder with its files; nil to search the usual places.
  public var path: String?
  /// How many training and test images to use; nil for all.
  public var train: Int?
  public var test: Int?
  public var normalization: Normalization
  public var validation: Validation

  public init(_ source: DataSource) {
    name = source.name
    normalization = source.normalization
    validation = .test
  }

  mutating func visitFields(_ fields: any FieldVisitor) throws {
    let before = name
    try fields.word("name", &name, among: DataSource.all.map(\.name), "which data set")
    guard let source = DataSource.named(name) else {
      throw fields.complaint("name", "is not a known data set")
    }
    if name != before { self = DatasetConfiguration(source) }
    try fields.optionalText("path", &path, "a folder with its files")
    if path != nil && source.isBuiltIn {
      throw fields.complaint("path", "does not apply: \(source.name) is drawn by the program")
    }
    try fields.optionalInt("train", &train, in: imageCounts, "how many training images to use")
    try fields.optionalInt("test", &test, in: imageCounts, "how many test images to use")
    try fields.object("normalize", "what pixels from 0 to 1 are normalised with") {
      try visitNormalization($0, channels: source.shape[0])
    }
    for key in ["train", "test"] { fields.defaultFollows(key, "all there are") }
    try fields.custom(
      "validation", &validation, expected: "\"test\" or a number of training images to hold out",
      schema: [
        "anyOf": [
          ["const": "test"],
          ["type": "integer", "minimum": .int(imageCounts.lowerBound), "maximum": .int(imageCounts.upperBound)],
        ]
      ],
      read: { found in
        switch found {
        case .string("test"): .test
        case .int(let count) where imageCounts.contains(count): .holdOut(count)
        default: nil
        }
      },
      write: { if case .holdOut(let count) = $0 { .int(count) } else { .string("test") } },
      "what is measured after each epoch")
    if case .holdOut(let count) = validation, let train, count >= train {
      throw fields.complaint(
        "validation", "holds out \(count) of \(train) training images; some must be left to train on")
    }
  }

  private mutating func visitNormalization(_ fields: any FieldVisitor, channels: Int) throws {
    // A pixel's scale is 1 / (255 · std), which must be a number too.
    let spread = Bounds("a number above 0, from 1e-30 to 1e30", least: 1e-30, most: 1e30)
    try fields.floats("mean", &normalization.mean, .any, isRequired: false, "one number a channel")
    try fields.floats("std", &normalization.std, spread, isRequired: false, "one number a channel")
    for key in ["mean", "std"] { fields.defaultFollows(key, "the data set's") }
    for (key, list) in [("mean", normalization.mean), ("std", normalization.std)] where list.count != channels {
      throw fields.complaint(key, "found \(list.count) numbers, expected \(channels): one for each channel")
    }
    for (index, shift) in normalization.shift.enumerated() where !shift.isFinite {
      throw fields.complaint("mean[\(index)]", "divided by std is more than single precision holds")
    }
  }
}

/// How many images may be asked for.
private let imageCounts = 1...1_000_000
