// In what two configurations differ.

import Fields
import Foundation

extension Configuration {
  /// All values by their key paths: `training.optimizer.learning_rate`, `model.layers[0].kernel_size`.
  public func leaves() throws -> [String: String] {
    try JSONParser.parse(resolvedText()).leaves()
  }

  /// The keys in which another one differs, in alphabetical order, with both values; nil for a value that is not there.
  public func differences(from other: Configuration) throws -> [(key: String, here: String?, there: String?)] {
    let (here, there) = (try leaves(), try other.leaves())
    return Set(here.keys).union(there.keys).sorted().compactMap { key in
      here[key] == there[key] ? nil : (key, here[key], there[key])
    }
  }
}

extension JSONValue {
  /// All values that hold no others, by their key paths.
  public func leaves() -> [String: String] {
    var result: [String: String] = [:]
    func walk(_ value: JSONValue, _ path: String) {
      switch value {
      case .object(let fields):
        for (key, inner) in fields { walk(inner, path.isEmpty ? key : "\(path).\(key)") }
      case .array(let items): for (index, inner) in items.enumerated() { walk(inner, "\(path)[\(index)]") }
      case .null: result[path] = "null"
      case .bool(let value): result[path] = "\(value)"
      case .int(let value): result[path] = "\(value)"
      case .double(let value): result[path] = "\(value)"
      case .string(let value): result[path] = "\"\(value)\""
      }
    }
    walk(self, "")
    return result
  }
}
