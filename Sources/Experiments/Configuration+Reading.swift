// From a file's bytes to a configuration: every key checked, every default filled in, the model built once.

import Datasets
import Fields
import Foundation
import Layers
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
      root = try JSONParser.parse(data)
    } catch {
      throw ConfigurationError(file: file, keyPath: "", message: "is not valid JSON: \(error)")
    }
    for override in overrides { try root.apply(override) }
    let reader = try FieldReader(root, file: file)
    self.init(file: file)
    try visitFields(reader)
    try reader.finish()
    try checkModel()
  }

  /// Builds the model once, to find shapes that cannot be before anything runs.
  private func checkModel() throws {
    guard let source = DataSource.named(dataset.name) else { return }
    let classes = source.classes.count
    func fail(_ keyPath: String, _ message: String) -> ConfigurationError {
      ConfigurationError(file: file, keyPath: keyPath, message: message)
    }
    if let weights = training.loss.classWeights, weights.count != classes || weights.reduce(0, +) == 0 {
      throw fail(
        "training.loss.weight",
        "found \(weights.count) numbers, expected \(classes): one for each class of \(dataset.name), not all of them 0")
    }
    do {
      let model = try Sequential(layers, input: source.shape, seed: seed)
      var names: Set<String> = []
      if let twice = model.parameters.first(where: { !names.insert($0.name).inserted }) {
        throw fail("model.layers", "two parameters are called \"\(twice.name)\"; rename one of their layers")
      }
      if training.trainsNothing { return }
      guard model.output == [classes] else {
        throw fail(
          "model.layers[\(layers.count - 1)]",
          "the model's output has shape \(model.output), expected \(classes): one number for each class of "
            + dataset.name + (model.output.rank > 1 ? "; put { \"type\": \"flatten\" } before it" : ""))
      }
      guard model.parameters.contains(where: \.isTrainable) else {
        throw fail(
          "model.layers",
          "nothing in it can be trained; expected a layer with trainable parameters, or training.epochs=0 to look at it"
        )
      }
    } catch let error as Sequential.BuildError {
      let option = error.option.map { ".\($0)" } ?? ""
      throw fail("model.layers\(error.path.map { "[\($0)]" }.joined(separator: ".layers"))\(option)", error.message)
    }
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
    let value = (try? JSONParser.parse(text.utf8)) ?? .string(text)
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
