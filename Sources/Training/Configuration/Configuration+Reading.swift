// From JSON to a configuration: every key checked, every default filled in.

import Datasets
import Foundation
import Layers
import Optimizers
import Tensors

extension Configuration {
  /// Reads and checks a configuration, and that its model fits its images.
  ///
  /// - Parameters:
  ///   - data: the file's bytes.
  ///   - file: what to call it in complaints.
  ///   - overrides: `key.path=value` each, applied before anything is checked.
  /// - Throws: `ConfigurationError`.
  public init(_ data: Data, file: String, overrides: [String] = []) throws {
    var root: JSONValue
    do {
      root = try JSONDecoder().decode(JSONValue.self, from: data)
    } catch {
      throw ConfigurationError(file: file, keyPath: "", message: "is not valid JSON: \(jsonFault(data))")
    }
    for override in overrides { try root.apply(override) }
    try self.init(ConfigurationReader(root, file: file, path: ""))
    try checkModel()
  }

  private init(_ reader: ConfigurationReader) throws {
    file = reader.file
    name = try reader.string("name") ?? "run"
    guard isPlainName(name, limit: 60), name.first != "." else {
      throw reader.error(
        "name",
        "found \(JSONValue.string(name).shown), expected up to 60 letters, digits, \"-\", \"_\" or \".\": "
          + "it names the run's folder")
    }
    seed = UInt64(try reader.int("seed", in: 0...Int.max) ?? 42)
    dataset = try DatasetConfiguration(reader.object("dataset"))
    let model = try reader.object("model")
    let list = try model.required("layers", model.array("layers"), "an array of layers")
    guard !list.isEmpty else { throw model.error("layers", "is empty; expected at least one layer") }
    layers = try list.map(readLayer)
    try model.finish()
    training = try TrainingConfiguration(reader.object("training"))
    dashboard = try DashboardConfiguration(reader.object("dashboard"))
    try reader.finish()
  }

  /// Builds the model once, to find shapes that cannot be before anything runs.
  private func checkModel() throws {
    guard let description = DatasetDescription.named(dataset.name) else { return }
    do {
      let model = try Sequential(layers, input: description.shape, seed: seed)
      let names = model.layers.map(\.name)
      if let twice = names.first(where: { name in names.filter { $0 == name }.count > 1 }) {
        throw ConfigurationError(
          file: file, keyPath: "model.layers",
          message: "two layers are called \"\(twice)\"; each needs a name of its own")
      }
      guard training.trainsNothing || model.output == [description.classes.count] else {
        throw ConfigurationError(
          file: file, keyPath: "model.layers[\(layers.count - 1)]",
          message: "the model's output has shape \(model.output), expected \(description.classes.count): "
            + "one number for each class of \(dataset.name)")
      }
    } catch let error as Sequential.BuildError {
      let option = error.error.option.map { ".\($0)" } ?? ""
      throw ConfigurationError(
        file: file, keyPath: "model.layers\(error.path.map { "[\($0)]" }.joined(separator: ".layers"))\(option)",
        message: error.error.description)
    }
  }
}

/// Whether a name can stand in a file's name and on a screen: ASCII letters, digits, "-", "_" and ".".
func isPlainName(_ name: String, limit: Int) -> Bool {
  (1...limit).contains(name.count)
    && name.unicodeScalars.allSatisfy { scalar in
      scalar.isASCII && (scalar.properties.isAlphabetic || "0123456789-_.".unicodeScalars.contains(scalar))
    }
}

/// What is wrong with a JSON text, and on which line: the decoder does not say, the older parser does.
private func jsonFault(_ data: Data) -> String {
  do {
    _ = try JSONSerialization.jsonObject(with: data)
    return "it cannot be read"
  } catch {
    let message = (error as NSError).userInfo["NSDebugDescription"] as? String ?? error.localizedDescription
    guard let match = message.firstMatch(of: /(.*) around character ([0-9]+)\./), let place = Int(match.2) else {
      return message
    }
    let before = data.prefix(place)
    let line = before.count { $0 == 0x0a } + 1
    let column = before.count - (before.lastIndex(of: 0x0a).map { $0 - before.startIndex + 1 } ?? 0) + 1
    return "\(match.1) at line \(line), column \(column)"
  }
}

extension DatasetConfiguration {
  init(_ reader: ConfigurationReader) throws {
    let choice = try reader.string("name", oneOf: DatasetDescription.all.map(\.name))
    guard let description = DatasetDescription.named(choice ?? DatasetDescription.fashionMNIST.name) else {
      throw reader.error("name", "is not a known data set")
    }
    self.init(description)
    path = try reader.string("path")
    if path != nil && description.isBuiltIn {
      throw reader.error("path", "does not apply: \(description.name) is drawn by the program")
    }
    train = try reader.int("train", in: 1...1_000_000)
    test = try reader.int("test", in: 1...1_000_000)
    let normalize = try reader.object("normalize")
    let channels = description.shape[0]
    normalization.mean = try normalize.floats("mean", "a number") { _ in true } ?? normalization.mean
    normalization.std = try normalize.floats("std", "a number above 0") { $0 > 0 } ?? normalization.std
    for (key, list) in [("mean", normalization.mean), ("std", normalization.std)] where list.count != channels {
      throw normalize.error(key, "found \(list.count) numbers, expected \(channels): one for each channel")
    }
    try normalize.finish()
    switch reader.value("validation") {
    case nil, .string("test"): validation = .test
    case .int(let count) where count > 0: validation = .holdOut(count)
    case .some(let other):
      throw reader.error(
        "validation", "found \(other.shown), expected \"test\" or a number of training images to hold out")
    }
    try reader.finish()
  }
}

extension DashboardConfiguration {
  init(_ reader: ConfigurationReader) throws {
    theme = Theme(rawValue: try reader.string("theme", oneOf: Theme.allCases.map(\.rawValue)) ?? "auto") ?? .auto
    probe = try reader.int("probe", in: 0...999_999) ?? 0
    smoothing = try reader.float("smoothing", "a number from 0 to below 1") { (0..<1).contains($0) } ?? 0.98
    try reader.finish()
  }
}

extension JSONValue {
  /// Sets one value: `training.epochs=2`, `model.layers[0].out_channels=8`. What follows `=` is JSON, or else a string.
  fileprivate mutating func apply(_ override: String) throws {
    func fail(_ message: String) -> ConfigurationError {
      ConfigurationError(file: "--set \(override)", keyPath: "", message: message)
    }
    guard let equals = override.firstIndex(of: "="), equals > override.startIndex else {
      throw fail("expected key.path=value")
    }
    let text = String(override[override.index(after: equals)...])
    let value = (try? JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))) ?? .string(text)
    var steps: [PathStep] = []
    for part in override[..<equals].split(separator: ".", omittingEmptySubsequences: false) {
      let pieces = part.split(separator: "[", omittingEmptySubsequences: false)
      guard let key = pieces.first, !key.isEmpty else { throw fail("the key path has an empty part") }
      steps.append(.key(String(key)))
      for piece in pieces.dropFirst() {
        guard piece.last == "]", let index = Int(piece.dropLast()), index >= 0 else {
          throw fail("[\(piece) is not an index in brackets")
        }
        steps.append(.index(index))
      }
    }
    guard set(value, at: steps[...]) else { throw fail("the configuration has no such place") }
  }

  private enum PathStep {
    case key(String)
    case index(Int)
  }

  private mutating func set(_ value: JSONValue, at steps: ArraySlice<PathStep>) -> Bool {
    guard let step = steps.first else {
      self = value
      return true
    }
    switch (step, self) {
    case (.key(let key), .object(var fields)):
      var inner = fields[key] ?? .object([:])
      guard inner.set(value, at: steps.dropFirst()) else { return false }
      fields[key] = inner
      self = .object(fields)
      return true
    case (.index(let index), .array(var items)) where index < items.count:
      guard items[index].set(value, at: steps.dropFirst()) else { return false }
      self = .array(items)
      return true
    default: return false
    }
  }
}
