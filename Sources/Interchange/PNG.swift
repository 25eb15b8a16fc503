// Pictures as PNG files.

import CZlib
import Foundation

/// What could not be written as a picture.
public struct PNGError: Error, CustomStringConvertible, Equatable {
  public let description: String
}

public enum PNG {
  /// A picture of eight bits a channel.
  ///
  /// Source: W3C, "Portable Network Graphics (PNG) Specification", second edition.
  ///
  /// - Parameter pixels: height · width · 3 bytes, red, green, blue, row by row from the top.
  /// - Throws: `PNGError` when there are not as many bytes, or no memory.
  public static func encode(width: Int, height: Int, pixels: [UInt8]) throws -> Data {
    guard width > 0, height > 0, width <= 1 << 16, height <= 1 << 16, pixels.count == width * height * 3 else {
      throw PNGError(description: "\(pixels.count) bytes are no picture of \(width)×\(height)")
    }
    // Each row begins with the filter that it went through: none.
    var rows: [UInt8] = []
    rows.reserveCapacity(pixels.count + height)
    for row in 0..<height {
      rows.append(0)
      rows += pixels[row * width * 3..<(row + 1) * width * 3]
    }
    var length = compressBound(uLong(rows.count))
    var packed = [UInt8](repeating: 0, count: Int(length))
    guard compress2(&packed, &length, rows, uLong(rows.count), Z_DEFAULT_COMPRESSION) == Z_OK else {
      throw PNGError(description: "a picture of \(width)×\(height) cannot be compressed: there is no memory")
    }
    var file = Data([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
    // Eight bits a channel, colours, and the only ways to compress, filter and interlace that there are.
    append("IHDR", bytes(UInt32(width)) + bytes(UInt32(height)) + [8, 2, 0, 0, 0], to: &file)
    append("IDAT", Array(packed.prefix(Int(length))), to: &file)
    append("IEND", [], to: &file)
    return file
  }

  private static func bytes(_ number: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) }
  }

  /// A chunk: its length, its kind, what is in it, and the checksum of both.
  private static func append(_ kind: String, _ content: [UInt8], to file: inout Data) {
    let body = Array(kind.utf8) + content
    file.append(contentsOf: bytes(UInt32(content.count)))
    file.append(contentsOf: body)
    file.append(contentsOf: bytes(UInt32(truncatingIfNeeded: crc32(0, body, uInt(body.count)))))
  }
}
