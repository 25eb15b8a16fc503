// Everything that a run is configured with.

import Datasets
import Fields
import Foundation
import Layers

/// A run's configuration, every default explicit.
public struct Configuration: Sendable {
  public var name = "run"
  public var seed: UInt64 = 42
  public var dataset = DatasetConfiguration(.fashionMNIST)
  public var layers: [any LayerConfiguration] = []
  public var training = TrainingConfiguration()
  public var dashboard = DashboardConfiguration()
  /// Where it was read from: the start of every complaint about it.
  public var file: String

  /// The defaults of everything but the layers, of which there are none.
  package init(file: String) { self.file = file }

  package mutating func visitFields(_ fields: any FieldVisitor) throws {
    var label: String? = name
    try fields.name("name", &label, limit: 60, "what the run's folder is called")
    name = label ?? name
    if name.first == "." { throw fields.complaint("name", "begins with \".\"; it names the run's folder") }
    var number = Int(clamping: seed)
    try fields.int("seed", &number, in: 0...Int.max, "what all random numbers follow from")
    seed = UInt64(number)
    try fields.object("dataset", "the images") { try dataset.visitFields($0) }
    try fields.object("model", "the net") {
      try $0.variants("layers", &layers, among: layerTypes, isRequired: true, "an array of at least one layer")
    }
    try fields.object("training", "how it learns") { try training.visitFields($0) }
    try fields.object("dashboard", "how the screen starts") { try dashboard.visitFields($0) }
  }

  /// The resolved configuration as the text of a file: reading it gives the same run.
  public func resolvedText() throws -> Data {
    var copy = self
    return try Configuration.text(FieldWriter.json { try copy.visitFields($0) })
  }

  /// The JSON Schema of a configuration file.
  public static func schema() throws -> Data {
    let (fields, kinds) = try described()
    return try text(JSONSchema.make(title: "a configuration of convtop", fields, kinds))
  }

  /// The keys of a configuration file as tables of Markdown.
  public static func table() throws -> String {
    let (fields, kinds) = try described()
    return FieldTable.markdown(fields, kinds)
  }

  private static func described() throws -> (fields: [FieldDescription], kinds: [KindDescription]) {
    var defaults = Configuration(file: "")
    return try FieldDescriber.describe { try defaults.visitFields($0) }
  }

  private static func text(_ json: JSONValue) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(json) + Data("\n".utf8)
  }

  /// - Throws: `ConfigurationError` when nothing trains, so that `what` is not to be had.
  public func requireTraining(_ what: String) throws {
    guard training.trainsNothing else { return }
    throw ConfigurationError(
      file: file, keyPath: "training.epochs",
      message: "is 0, so nothing trains and there is nothing to \(what); convtop dashboard shows such a model")
  }
}

/// How the dashboard starts.
public struct DashboardConfiguration: Hashable, Sendable {
  public enum Theme: String, Hashable, Sendable, CaseIterable {
    case auto, dark, light
  }
  public var theme = Theme.auto
  /// The index, among the validation images, of the one that is shown first.
  public var probe = 0
  /// The weight of the past in the smoothed training curves, from 0 (none) to below 1.
  public var smoothing: Float = 0.98
  /// How much memory the run's past may take, in units of 2²⁰ bytes.
  public var historyMegabytes = 256

  mutating func visitFields(_ fields: any FieldVisitor) throws {
    try fields.choice("theme", &theme, "for a dark or a light background")
    try fields.int("probe", &probe, in: 0...999_999, "the validation image that is shown first")
    try fields.float("smoothing", &smoothing, .decay, "the weight of the past in smoothed curves")
    try fields.int(
      "history_megabytes", &historyMegabytes, in: 0...65_536,
      "memory for the past that one can go back to; 0 keeps none of it")
  }
}
