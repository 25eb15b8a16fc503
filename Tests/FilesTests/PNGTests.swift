// Pictures against what zlib and the specification say.

import CZlib
import Foundation
import Interchange
import Testing

@Suite struct PNGTests {
  @Test func aPictureHoldsItsPixels() throws {
    let (width, height) = (5, 3)
    let pixels = (0..<width * height * 3).map { UInt8($0 * 5 % 256) }
    let file = [UInt8](try PNG.encode(width: width, height: height, pixels: pixels))
    #expect(Array(file.prefix(8)) == [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
    // Walk through the chunks: each with the right checksum.
    var (place, kinds, content) = (8, [String](), [String: [UInt8]]())
    while place < file.count {
      let length = file[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
      let body = Array(file[place + 4..<place + 8 + length])
      let sum = file[place + 8 + length..<place + 12 + length].reduce(UInt(0)) { $0 << 8 | UInt($1) }
      #expect(crc32(0, body, uInt(body.count)) == sum)
      let kind = String(decoding: body.prefix(4), as: UTF8.self)
      kinds.append(kind)
      content[kind] = Array(body.dropFirst(4))
      place += 12 + length
    }
    #expect(kinds == ["IHDR", "IDAT", "IEND"])
    #expect(content["IHDR"] == [0, 0, 0, 5, 0, 0, 0, 3, 8, 2, 0, 0, 0])
    let packed = try #require(content["IDAT"])
    var rows = [UInt8](repeating: 0, count: height * (width * 3 + 1))
    var length = uLong(rows.count)
    #expect(uncompress(&rows, &length, packed, uLong(packed.count)) == Z_OK && Int(length) == rows.count)
    let found = (0..<height).flatMap { row in rows[row * 16 + 1..<(row + 1) * 16] }
    #expect(found == pixels)
  }

  @Test func anAnimationHoldsItsPicturesInOrder() throws {
    let frames = (0..<3).map { number in [UInt8](repeating: UInt8(number * 50), count: 2 * 2 * 3) }
    let file = [UInt8](try PNG.encode(width: 2, height: 2, frames: frames, framesPerSecond: 5))
    var (place, kinds, numbers, found) = (8, [String](), [Int](), [[UInt8]]())
    while place < file.count {
      let length = file[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
      let kind = String(decoding: file[place + 4..<place + 8], as: UTF8.self)
      var content = Array(file[place + 8..<place + 8 + length])
      kinds.append(kind)
      if kind == "fcTL" || kind == "fdAT" { numbers.append(content.prefix(4).reduce(0) { $0 << 8 | Int($1) }) }
      if kind == "fdAT" { content.removeFirst(4) }
      if kind == "fcTL" { #expect(content.dropFirst(20) == [0, 1, 0, 5, 0, 0]) }
      if kind == "IDAT" || kind == "fdAT" {
        var rows = [UInt8](repeating: 0, count: 14)
        var size = uLong(14)
        #expect(uncompress(&rows, &size, content, uLong(content.count)) == Z_OK)
        found.append(Array(rows[1..<7] + rows[8..<14]))
      }
      place += 12 + length
    }
    #expect(kinds == ["IHDR", "acTL", "fcTL", "IDAT", "fcTL", "fdAT", "fcTL", "fdAT", "IEND"])
    #expect(numbers == [0, 1, 2, 3, 4] && found == frames)
    #expect(throws: PNGError.self) { try PNG.encode(width: 2, height: 2, frames: [], framesPerSecond: 5) }
    #expect(throws: PNGError.self) { try PNG.encode(width: 2, height: 2, frames: [[1]], framesPerSecond: 5) }
  }

  @Test func aPictureOfAnotherSizeThanItsPixelsIsRefused() {
    for (width, height) in [(0, 1), (2, 2), (1, -1), (1 << 17, 1)] {
      #expect(throws: PNGError.self) { try PNG.encode(width: width, height: height, pixels: [1, 2, 3]) }
    }
  }
}
