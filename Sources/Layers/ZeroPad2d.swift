// The layer that adds a border of zeros.

import Autograd
import Fields
import Tensors

/// Zeros around an image; see `Variable.pad2d`.
public struct ZeroPad2d: Layer {
  public static let type = "zero_pad2d"

  public struct Configuration: LayerConfiguration {
    public var type: String { ZeroPad2d.type }
    public var name: String?
    public var padding = Padding2d.none

    public init(name: String? = nil) { self.name = name }

    public mutating func visitFields(_ fields: any FieldVisitor) throws {
      try fields.custom(
        "padding", &padding, expected: "a whole number, or four of them as [left, right, top, bottom]",
        schema: [
          "anyOf": [
            ["type": "integer", "minimum": 0, "maximum": 4096],
            [
              "type": "array", "items": ["type": "integer", "minimum": 0, "maximum": 4096], "minItems": 4,
              "maxItems": 4,
            ],
          ]
        ],
        read: { found in
          let limit = 0...(1 << 12)
          switch found {
          case .int(let all) where limit.contains(all): return Padding2d(all)
          case .array(let items):
            let sides = items.compactMap { if case .int(let n) = $0, limit.contains(n) { n } else { nil } }
            guard sides.count == 4, items.count == 4 else { return nil }
            return Padding2d(top: sides[2], bottom: sides[3], left: sides[0], right: sides[1])
          default: return nil
          }
        }, write: { .array([.int($0.left), .int($0.right), .int($0.top), .int($0.bottom)]) },
        "rows and columns of zeros")
    }

    public func build(_ site: BuildSite) -> any Layer { ZeroPad2d(name: site.name, padding: padding) }
  }

  public let name: String
  public var kind: String { ZeroPad2d.type }
  public let padding: Padding2d

  public var keepsChannelsApart: Bool { true }

  public func forward(_ x: Variable) throws -> Variable { try x.pad2d(padding) }
}
