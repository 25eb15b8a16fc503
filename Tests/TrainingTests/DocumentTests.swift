// What documents say of configurations, against the declarations.
//
// CONVTOP_RECORD=1 swift test --filter DocumentTests writes README's tables anew.

import Experiments
import Fields
import Foundation
import Testing

@Suite struct DocumentTests {
  @Test func theReadmesTablesOfKeysAreThoseOfTheDeclarations() throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../../README.md")
      .standardized
    let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
    let (begin, end) = ("<!-- keys -->\n", "<!-- /keys -->")
    let first = try #require(text.range(of: begin))
    let last = try #require(text.range(of: end, range: first.upperBound..<text.endIndex))
    let table = try Configuration.table()
    if ProcessInfo.processInfo.environment["CONVTOP_RECORD"] == "1" {
      let new = text.replacingCharacters(in: first.upperBound..<last.lowerBound, with: table)
      try Data(new.utf8).write(to: file)
    } else {
      #expect(String(text[first.upperBound..<last.lowerBound]) == table, "README's tables differ; record them anew")
    }
  }

  /// The schema against a validator of another make is `Tests/Peers/schema.py`; here, that it says what the reader does.
  @Test func theSchemaHasEveryTypeWithItsRangesAndDefaults() throws {
    let schema = try JSONParser.parse(Configuration.schema())
    func at(_ path: String...) -> JSONValue? {
      path.reduce(Optional(schema)) { value, key in
        switch value {
        case .object(let fields): fields[key]
        case .array(let items): Int(key).flatMap { items.indices.contains($0) ? items[$0] : nil }
        default: nil
        }
      }
    }
    #expect(at("properties", "training", "anyOf", "0", "properties", "batch_size", "default") == 64)
    #expect(
      at("properties", "training", "anyOf", "0", "properties", "batch_size", "anyOf", "0")
        == ["type": "integer", "minimum": 1, "maximum": 65536])
    #expect(at("$defs", "layer", "oneOf", "1", "properties", "type", "const") == "conv_transpose2d")
    #expect(at("$defs", "layer", "oneOf", "0", "required") == ["out_channels", "kernel_size"])
    #expect(at("$defs", "layer", "oneOf", "30", "properties", "layers", "minItems") == 1)
    #expect(
      at("$defs", "optimizer", "oneOf", "0", "properties", "betas", "anyOf", "0", "items")
        == ["type": "number", "minimum": 0, "exclusiveMaximum": 1])
    #expect(at("additionalProperties") == false)
  }
}
