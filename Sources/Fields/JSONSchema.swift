// The JSON Schema of a configuration, from what its fields declare.

/// Builds a schema of draft 2020-12.
public enum JSONSchema {
  /// The schema of an object with some fields.
  public static func make(title: String, _ fields: [FieldDescription], _ kinds: [KindDescription]) -> JSONValue {
    var root = object(fields, type: nil, isTypeRequired: false)
    root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    root["title"] = .string(title)
    root["$defs"] = .object(Dictionary(uniqueKeysWithValues: kinds.map { ($0.name, kind($0)) }))
    return .object(root)
  }

  private static func object(
    _ fields: [FieldDescription], type: String?, isTypeRequired: Bool
  ) -> [String: JSONValue] {
    var properties = Dictionary(uniqueKeysWithValues: fields.map { ($0.key, property($0)) })
    // Null counts as left out here, too.
    if let type { properties["type"] = isTypeRequired ? ["const": .string(type)] : ["enum": [.string(type), .null]] }
    let required = (isTypeRequired ? ["type"] : []) + fields.filter(\.isRequired).map(\.key)
    var schema: [String: JSONValue] = [
      "type": "object", "properties": .object(properties), "additionalProperties": false,
    ]
    if !required.isEmpty { schema["required"] = .array(required.map(JSONValue.string)) }
    return schema
  }

  /// One of a kind's types, told apart by `type`; the first is meant where none is named.
  private static func kind(_ kind: KindDescription) -> JSONValue {
    let types = kind.types.enumerated().map { index, variant in
      JSONValue.object(object(variant.fields, type: variant.type, isTypeRequired: index > 0))
    }
    return ["oneOf": .array(types)]
  }

  private static func property(_ field: FieldDescription) -> JSONValue {
    var schema: [String: JSONValue]
    switch field.content {
    case .value(let form):
      // A key whose value is null counts as left out.
      schema = field.isRequired ? form.fields : ["anyOf": [form, ["type": "null"]]]
    case .object(let fields):
      let inner = object(fields, type: nil, isTypeRequired: false)
      schema = field.isRequired ? inner : ["anyOf": [.object(inner), ["type": "null"]]]
    case .variant(let kind): schema = ["anyOf": [reference(kind), ["type": "null"]]]
    case .variants(let kind):
      let item: JSONValue = ["allOf": [reference(kind), ["required": ["type"]]]]
      schema = ["type": .array(["array"] + (field.isRequired ? [] : ["null"])), "items": item]
      if field.isRequired { schema["minItems"] = 1 }
    }
    schema["description"] = .string(field.help)
    if let standard = field.defaultValue { schema["default"] = standard }
    if case .variant = field.content { schema["default"] = field.defaultValue.map { ["type": $0] } }
    return .object(schema)
  }

  private static func reference(_ kind: String) -> JSONValue { ["$ref": .string("#/$defs/\(kind)")] }
}

extension JSONValue {
  /// An object's fields; none for anything else.
  fileprivate var fields: [String: JSONValue] { if case .object(let fields) = self { fields } else { [:] } }
}
