// The safetensors format: named Float32 tensors in one file, readable from Python without this program.

import Foundation
import Tensors

/// Named tensors and text notes, as a safetensors file holds them.
///
/// Layout: the header's length as a little-endian 64-bit number, the header as JSON
/// (`{"name": {"dtype": "F32", "shape": […], "data_offsets": [begin, end]}, "__metadata__": {…}}`), then the bytes.
/// Source: the format's description in huggingface/safetensors.
public struct Safetensors: Sendable {
  public var tensors: [(name: String, tensor: Tensor)]
  public var metadata: [String: String]

  public init(tensors: [(name: String, tensor: Tensor)], metadata: [String: String] = [:]) {
    self.tensors = tensors
    self.metadata = metadata
  }

  public subscript(name: String) -> Tensor? { tensors.first { $0.name == name }?.tensor }

  /// What is wrong with a file.
  public struct FormatError: Error, CustomStringConvertible, Equatable {
    public let description: String
  }

  private struct Entry: Codable {
    let dtype: String
    let shape: [Int]
    let offsets: [Int]

    enum CodingKeys: String, CodingKey {
      case dtype, shape
      case offsets = "data_offsets"
    }
  }

  private enum HeaderValue: Codable {
    case entry(Entry)
    case notes([String: String])

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let entry = try? container.decode(Entry.self) {
        self = .entry(entry)
      } else {
        self = .notes(try container.decode([String: String].self))
      }
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .entry(let entry): try container.encode(entry)
      case .notes(let notes): try container.encode(notes)
      }
    }
  }

  private static let notesKey = "__metadata__"

  /// What stands before the numbers of a file, which follow in the order of the tensors.
  public static func head(
    _ tensors: [(name: String, shape: Shape)], metadata: [String: String] = [:]
  ) throws -> Data {
    var header: [String: HeaderValue] = [:]
    if !metadata.isEmpty { header[Safetensors.notesKey] = .notes(metadata) }
    var offset = 0
    for (name, shape) in tensors {
      let end = offset + shape.count * 4
      header[name] = .entry(Entry(dtype: "F32", shape: shape.dimensions, offsets: [offset, end]))
      offset = end
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var json = try encoder.encode(header)
    // Padded with spaces so that the numbers begin on a multiple of eight.
    json.append(Data(repeating: 0x20, count: (8 - json.count % 8) % 8))
    var data = Data()
    withUnsafeBytes(of: UInt64(json.count).littleEndian) { data.append(contentsOf: $0) }
    data.append(json)
    return data
  }

  /// The file's bytes.
  public func encoded() throws -> Data {
    var data = try Safetensors.head(tensors.map { ($0.name, $0.tensor.shape) }, metadata: metadata)
    for (_, tensor) in tensors {
      // A closure: a key path would be walked anew for each number.
      tensor.values.map { $0.bitPattern.littleEndian }.withUnsafeBytes { data.append(contentsOf: $0) }
    }
    return data
  }

  /// Reads a file's bytes.
  ///
  /// - Throws: `FormatError` when they are not a safetensors file of F32 tensors.
  public init(_ data: Data) throws {
    func fail(_ reason: String) -> FormatError { FormatError(description: reason) }
    guard data.count >= 8 else { throw fail("is only \(data.count) bytes long; a safetensors file has at least 8") }
    let length = data.prefix(8).enumerated().reduce(UInt64(0)) { $0 | UInt64($1.element) << (8 * UInt64($1.offset)) }
    guard length <= UInt64(data.count - 8) else {
      throw fail("announces a header of \(length) bytes but only \(data.count - 8) follow")
    }
    let header: [String: HeaderValue]
    do {
      header = try JSONDecoder().decode(
        [String: HeaderValue].self, from: data[(data.startIndex + 8)...].prefix(Int(length)))
    } catch {
      throw fail("has a header that is not a safetensors header")
    }
    let body = data.dropFirst(8 + Int(length))
    metadata = [:]
    tensors = []
    func begin(_ value: HeaderValue) -> Int {
      if case .entry(let entry) = value { entry.offsets.first ?? 0 } else { 0 }
    }
    // In the order of their numbers; those without any by name.
    for (name, value) in header.sorted(by: { (begin($0.value), $0.key) < (begin($1.value), $1.key) }) {
      switch value {
      case .notes(let notes): metadata = notes
      case .entry(let entry):
        guard entry.dtype == "F32" else { throw fail("holds \(name) as \(entry.dtype); only F32 can be read") }
        let shape = Shape(entry.shape)
        let product = entry.shape.reduce(into: (1, false)) { product, next in
          let (value, overflow) = product.0.multipliedReportingOverflow(by: next)
          product = (value, product.1 || overflow || next < 0)
        }
        guard !product.1, entry.offsets.count == 2, 0 <= entry.offsets[0], entry.offsets[0] <= entry.offsets[1],
          entry.offsets[1] <= body.count, product.0 <= body.count,
          entry.offsets[1] - entry.offsets[0] == product.0 * 4
        else {
          throw fail("places \(name) of shape \(shape) at bytes \(entry.offsets), which does not fit")
        }
        let bytes = body.dropFirst(entry.offsets[0]).prefix(product.0 * 4)
        let values = bytes.withUnsafeBytes { raw in
          (0..<product.0).map {
            Float(bitPattern: UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self)))
          }
        }
        tensors.append((name, Tensor(shape, values)))
      }
    }
    let used = tensors.reduce(0) { $0 + $1.tensor.shape.count * 4 }
    guard used == body.count else {
      throw fail("holds \(body.count) bytes of numbers where its header describes \(used)")
    }
  }
}
