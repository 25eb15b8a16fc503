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
    var file = try head(width, height)
    append("IDAT", try pack(width, height, pixels), to: &file)
    append("IEND", [], to: &file)
    return file
  }

  /// Such pictures one after the other, over and over; whoever knows no animations shows the first one.
  ///
  /// Source: W3C, "Portable Network Graphics (PNG) Specification", third edition, the chunks acTL, fcTL and fdAT.
  ///
  /// - Throws: `PNGError`, as above, or when there is no picture or no time for one.
  public static func encode(
    width: Int, height: Int, frames: some Collection<[UInt8]>, framesPerSecond: Int
  ) throws -> Data {
    guard !frames.isEmpty, (1...1000).contains(framesPerSecond) else {
      throw PNGError(description: "\(frames.count) pictures, \(framesPerSecond) a second, are no animation")
    }
    var file = try head(width, height)
    append("acTL", bytes(UInt32(frames.count)) + bytes(0), to: &file)
    var number: UInt32 = 0
    for (index, frame) in frames.enumerated() {
      // The whole picture at the top left, for so long; it stays, and the next replaces it.
      let size = bytes(UInt32(width)) + bytes(UInt32(height)) + bytes(0) + bytes(0)
      let rate = UInt16(framesPerSecond)
      append("fcTL", bytes(number) + size + [0, 1, UInt8(rate >> 8), UInt8(rate & 255), 0, 0], to: &file)
      let packed = try pack(width, height, frame)
      if index == 0 { append("IDAT", packed, to: &file) } else { append("fdAT", bytes(number + 1) + packed, to: &file) }
      number += index == 0 ? 1 : 2
    }
    append("IEND", [], to: &file)
    return file
  }

  /// The signature, and what all pictures begin with: eight bits a channel, colours, and the only ways to compress, filter and
  /// interlace that there are.
  private static func head(_ width: Int, _ height: Int) throws -> Data {
    guard (1...1 << 16).contains(width), (1...1 << 16).contains(height) else {
      throw PNGError(description: "\(width)×\(height) is the size of no picture")
    }
    var file = Data([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
    append("IHDR", bytes(UInt32(width)) + bytes(UInt32(height)) + [8, 2, 0, 0, 0], to: &file)
    return file
  }

  /// A picture's pixels, compressed.
  private static func pack(_ width: Int, _ height: Int, _ pixels: [UInt8]) throws -> [UInt8] {
    guard pixels.count == width * height * 3 else {
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
    return Array(packed.prefix(Int(length)))
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
