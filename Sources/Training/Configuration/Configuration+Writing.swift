// From a configuration to JSON: the resolved copy that a run keeps.

import Foundation

extension Configuration {
  /// The whole configuration with every default explicit; reading it gives the same run.
  public var json: JSONValue {
    .object([
      "name": .string(name), "seed": .int(Int(seed)), "dataset": dataset.json,
      "model": .object(["layers": .array(layers.map(\.json))]), "training": training.json,
      "dashboard": .object([
        "theme": .string(dashboard.theme.rawValue), "probe": .int(dashboard.probe),
        "smoothing": .number(dashboard.smoothing),
      ]),
    ])
  }

  /// The resolved configuration as the text of a file.
  public func resolvedText() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(json) + Data("\n".utf8)
  }
}

extension DatasetConfiguration {
  var json: JSONValue {
    var fields: [String: JSONValue] = [
      "name": .string(name),
      "normalize": .object([
        "mean": .array(normalization.mean.map(JSONValue.number)),
        "std": .array(normalization.std.map(JSONValue.number)),
      ]),
    ]
    if let path { fields["path"] = .string(path) }
    if let train { fields["train"] = .int(train) }
    if let test { fields["test"] = .int(test) }
    switch validation {
    case .test: fields["validation"] = .string("test")
    case .holdOut(let count): fields["validation"] = .int(count)
    }
    return .object(fields)
  }
}
