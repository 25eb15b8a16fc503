// The tables of keys in a manual, from what the fields declare.

/// Writes Markdown.
public enum FieldTable {
  /// A table of an object's keys, those of inner objects with their path; then one of each kind's types.
  public static func markdown(_ fields: [FieldDescription], _ kinds: [KindDescription]) -> String {
    var text = head("key") + rows(fields, path: "")
    for kind in kinds.sorted(by: { $0.name < $1.name }) {
      text += "\n" + head("`type` of \(kind.plural)") + kind.types.map(row).joined()
    }
    return text
  }

  private static func head(_ title: String) -> String {
    title == "key" ? "| key | value | default | |\n| --- | --- | --- | --- |\n" : "| \(title) | keys |\n| --- | --- |\n"
  }

  private static func rows(_ fields: [FieldDescription], path: String) -> String {
    fields.map { field in
      if case .object(let inner) = field.content { return rows(inner, path: "\(path)\(field.key).") }
      let standard = field.isRequired ? "required" : field.follows ?? field.defaultText.map { "`\($0)`" } ?? ""
      return "| `\(path)\(field.key)` | \(field.words) | \(standard) | \(field.help) |\n"
    }.joined()
  }

  private static func row(_ type: (type: String, fields: [FieldDescription])) -> String {
    "| `\(type.type)` | \(keys(type.fields, path: "").joined(separator: ", ")) |\n"
  }

  /// The keys of one type with their defaults; in bold those that must be there.
  private static func keys(_ fields: [FieldDescription], path: String) -> [String] {
    fields.filter { $0.key != "name" }.flatMap { field -> [String] in
      if case .object(let inner) = field.content { return keys(inner, path: "\(path)\(field.key).") }
      if field.isRequired { return ["**`\(path)\(field.key)`**"] }
      let standard = field.defaultText.map { " = \($0)" } ?? ""
      return ["`\(path)\(field.key)\(standard)`\(field.follows.map { " (\($0))" } ?? "")"]
    }
  }
}

extension FieldDescription {
  /// The default as it would be written.
  fileprivate var defaultText: String? {
    guard case .variant = content, let type = defaultValue else { return defaultValue?.text }
    return JSONValue.object(["type": type]).text
  }
}

extension JSONValue {
  /// On one line, keys in alphabetical order.
  fileprivate var text: String {
    switch self {
    case .null: "null"
    case .bool(let value): String(value)
    case .int(let value): String(value)
    case .double(let value): value == value.rounded() && abs(value) < 1e6 ? String(Int(value)) : value.description
    case .string(let value): "\"\(value)\""
    case .array(let values): "[\(values.map(\.text).joined(separator: ", "))]"
    case .object(let fields):
      "{ \(fields.sorted { $0.key < $1.key }.map { "\"\($0.key)\": \($0.value.text)" }.joined(separator: ", ")) }"
    }
  }
}
