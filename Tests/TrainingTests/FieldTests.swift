// The fields that configurable types declare: what is written is what is read, whatever the values.

import Autograd
import Experiments
import Fields
import Foundation
import Layers
import Optimizers
import Telemetry
import Testing

@testable import Training

/// Gives every field that it visits another value than the one that it finds.
private final class Shaker: FieldVisitor {
  /// Left alone: they need others at certain values.
  private static let delicate: Set<String> = ["nesterov", "align_corners", "value", "layers", "shortcut"]
  private(set) var keys: [String] = []

  private func shake(_ key: String, _ body: () -> Void) {
    guard !Shaker.delicate.contains(key) else { return }
    keys.append(key)
    body()
  }
  private func other(_ value: Int?, _ range: ClosedRange<Int>) -> Int {
    let next = (value ?? range.lowerBound) + 1
    return range.contains(next) ? next : range.lowerBound
  }
  private func other(_ value: Double, _ bounds: Bounds) -> Double {
    [0.375, 0.625, 1.5].first { $0 != value && bounds.contains($0) } ?? value
  }

  func int(_ key: String, _ value: inout Int, in range: ClosedRange<Int>, isRequired: Bool, _ help: String) {
    shake(key) { value = other(value, range) }
  }
  func optionalInt(_ key: String, _ value: inout Int?, in range: ClosedRange<Int>, _ help: String) {
    shake(key) { value = other(value, range) }
  }
  func ints(_ key: String, _ value: inout [Int], in range: ClosedRange<Int>, isRequired: Bool, _ help: String) {
    shake(key) { value += [7, 9] }
  }
  func float(_ key: String, _ value: inout Float, _ bounds: Bounds, isRequired: Bool, _ help: String) {
    shake(key) { value = Float(other(Double(value), bounds)) }
  }
  func optionalFloat(_ key: String, _ value: inout Float?, _ bounds: Bounds, _ help: String) {
    shake(key) { value = Float(other(Double(value ?? 0), bounds)) }
  }
  func nullableFloat(_ key: String, _ value: inout Float?, _ bounds: Bounds, _ help: String) {
    shake(key) { value = nil }
  }
  func floats(
    _ key: String, _ value: inout [Float], _ bounds: Bounds, count: Int?, isRequired: Bool, _ help: String
  ) {
    shake(key) { value = value.isEmpty ? [0.5, 0.25] : value.map { Float(other(Double($0), bounds)) } }
  }
  func double(_ key: String, _ value: inout Double, _ bounds: Bounds, isRequired: Bool, _ help: String) {
    shake(key) { value = other(value, bounds) }
  }
  func bool(_ key: String, _ value: inout Bool, _ help: String) { shake(key) { value.toggle() } }
  func optionalText(_ key: String, _ value: inout String?, _ help: String) { shake(key) { value = "text" } }
  func name(_ key: String, _ value: inout String?, limit: Int, _ help: String) { shake(key) { value = "other" } }
  func choice<Value: RawRepresentable<String> & CaseIterable>(_ key: String, _ value: inout Value, _ help: String) {
    shake(key) {
      let before = value.rawValue
      value = Value.allCases.first { $0.rawValue != before } ?? value
    }
  }
  func word(_ key: String, _ value: inout String, among words: [String], _ help: String) {
    let before = value
    shake(key) { value = words.first { $0 != before } ?? before }
  }
  func pair(
    _ key: String, _ first: inout Int, _ second: inout Int, in range: ClosedRange<Int>, isRequired: Bool, _ help: String
  ) {
    shake(key) { (first, second) = (3, 5) }
  }
  func nullablePair(
    _ key: String, _ first: inout Int?, _ second: inout Int?, in range: ClosedRange<Int>, _ help: String
  ) {
    shake(key) { (first, second) = (nil, 4) }
  }
  func custom<Value>(
    _ key: String, _ value: inout Value, expected: String, schema: JSONValue, read: (JSONValue) -> Value?,
    write: (Value) -> JSONValue?, _ help: String
  ) {
    let before = write(value)
    let samples: [JSONValue] = [
      .int(2), .array([.int(1), .int(2), .int(3), .int(4)]), .string("same"), .string("glyphs"),
    ]
    shake(key) {
      for sample in samples {
        if let new = read(sample), write(new) != before {
          value = new
          break
        }
      }
    }
  }
  func object(_ key: String, _ help: String, _ visit: (any FieldVisitor) throws -> Void) throws { try visit(self) }
  func variant<Kind>(_ key: String, _ value: inout Kind, among variants: Variants<Kind>, _ help: String) {}
  func variants<Kind>(
    _ key: String, _ values: inout [Kind], among variants: Variants<Kind>, isRequired: Bool, _ help: String
  ) {}
  func complaint(_ key: String, _ message: String) -> any Error {
    ConfigurationError(file: "shaken", keyPath: key, message: message)
  }
}

@Suite struct FieldTests {
  /// Shakes each type of a kind, writes it, and reads it into a fresh one: both must be written alike, and unlike the
  /// defaults in every key that was shaken.
  private func check<Kind>(_ variants: Variants<Kind>, least: Int) throws {
    var shaken = 0
    for type in variants.types {
      func write(_ values: [Kind]) throws -> JSONValue {
        var values = values
        return try FieldWriter.json { try $0.variants("x", &values, among: variants, isRequired: false, "") }
      }
      var prototypes: [Kind] = []
      let required: [String: JSONValue] = [
        "type": .string(type), "out_channels": .int(1), "kernel_size": .int(1), "out_features": .int(1),
        "num_groups": .int(1), "output_size": .int(1), "layers": .array([.object(["type": .string("relu")])]),
        "values": .array([.int(1)]), "step_size": .int(1), "milestones": .array([.int(1)]), "gamma": .double(0.5),
        "t_max": .int(1), "t_0": .int(1), "max_lr": .double(0.5),
      ]
      // Of the required keys those that the type knows.
      var known = required
      while true {
        do {
          let reader = try FieldReader(.object(["x": .array([.object(known)])]), file: "shaken")
          prototypes = []
          try reader.variants("x", &prototypes, among: variants, isRequired: true, "")
          break
        } catch let error as ConfigurationError {
          let key = error.keyPath.split(separator: ".").last.map(String.init) ?? ""
          guard error.message.hasPrefix("is not a known key"), known.removeValue(forKey: key) != nil else {
            throw error
          }
        }
      }
      guard case .object(let before) = try write(prototypes), case .array(let old)? = before["x"],
        case .object(let oldFields) = old[0]
      else {
        Issue.record("\(type): is not written as an object")
        return
      }
      let shaker = Shaker()
      try variants.visitFields(&prototypes[0], shaker)
      let written = try write(prototypes)
      guard case .object(let after) = written, case .array(let new)? = after["x"], case .object(let newFields) = new[0]
      else {
        Issue.record("\(type): is not written as an object")
        return
      }
      for key in Set(shaker.keys) {
        let inner =
          newFields[key] ?? newFields["warmup"].flatMap { if case .object(let f) = $0 { f[key] } else { nil } }
        #expect(inner != nil && inner != oldFields[key], "\(type).\(key): \(String(describing: inner))")
      }
      shaken += shaker.keys.count
      let readBack = try FieldReader(written, file: "shaken")
      var copies: [Kind] = []
      try readBack.variants("x", &copies, among: variants, isRequired: true, "")
      #expect(try write(copies) == written, "\(type)")
    }
    #expect(shaken >= least)
  }

  @Test func everyLayerWritesWhatItReads() throws { try check(layerTypes, least: 80) }
  @Test func everyOptimizerWritesWhatItReads() throws { try check(optimizerTypes, least: 30) }
  @Test func everyLossWritesWhatItReads() throws { try check(lossTypes, least: 5) }
  @Test func everyScheduleWritesWhatItReads() throws { try check(scheduleTypes, least: 25) }

  @Test func theRestOfAConfigurationWritesWhatItReads() throws {
    let text = """
      { "name": "other", "seed": 7,
        "dataset": { "name": "glyphs", "train": 30, "test": 20, "normalize": { "mean": [0.5], "std": [0.75] },
                     "validation": 5 },
        "model": { "layers": [ { "type": "flatten" }, { "type": "linear", "out_features": 10 } ] },
        "training": { "epochs": 3, "batch_size": 5, "shuffle": false, "drop_last": true, "top_k": 2, "threads": 3,
                      "clip": { "value": 0.5 } },
        "dashboard": { "theme": "light", "probe": 3, "smoothing": 0.5 } }
      """
    let resolved = try JSONParser.parse(Configuration(Data(text.utf8), file: "x").resolvedText())
    guard case .object(let found) = resolved, case .object(let given) = try JSONParser.parse(text.utf8) else {
      Issue.record("not an object")
      return
    }
    func compare(_ given: [String: JSONValue], _ found: [String: JSONValue], _ path: String) {
      for (key, value) in given where key != "model" {
        if case .object(let inner) = value, case .object(let other)? = found[key] {
          compare(inner, other, "\(path).\(key)")
        } else {
          #expect(found[key].map { "\($0)" } == "\(value)", "\(path).\(key)")
        }
      }
    }
    compare(given, found, "")
    let again = try Configuration(Configuration(Data(text.utf8), file: "x").resolvedText(), file: "x")
    #expect(try JSONParser.parse(again.resolvedText()) == resolved)
  }
}
