// Tiles as JSON: their numbers are packed, as a picture has thousands.

import Foundation

extension Tile: Codable {
  private enum CodingKeys: String, CodingKey {
    case height, width, count, values
  }

  /// The values as their bits, little-endian, in base 64: a third of the digits, and exact whatever they are.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(height, forKey: .height)
    try container.encode(width, forKey: .width)
    try container.encode(count, forKey: .count)
    let bits = values.map { $0.bitPattern.littleEndian }
    try container.encode(bits.withUnsafeBytes { Data($0) }.base64EncodedString(), forKey: .values)
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let height = try container.decode(Int.self, forKey: .height)
    let width = try container.decode(Int.self, forKey: .width)
    let count = try container.decode(Int.self, forKey: .count)
    let text = try container.decode(String.self, forKey: .values)
    let (numbers, isTooMuch) = height.multipliedReportingOverflow(by: width)
    guard let data = Data(base64Encoded: text), height >= 0, width >= 0, !isTooMuch, data.count / 4 == numbers,
      data.count % 4 == 0, (0...numbers).contains(count)
    else {
      throw DecodingError.dataCorruptedError(
        forKey: .values, in: container, debugDescription: "expected \(height)·\(width) numbers of four bytes")
    }
    let values = data.withUnsafeBytes { bytes in
      (0..<numbers).map {
        Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
      }
    }
    self.init(height: height, width: width, values: values, count: count)
  }
}
