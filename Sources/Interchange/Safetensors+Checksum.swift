// A checksum inside of a safetensors file: over all of the file, itself aside.

import CZlib
import Foundation

/// Among a file's notes, `checksum` is the CRC-32 of the whole file in eight hexadecimal digits, taken while those digits are
/// zeros: every damaged byte shows, those of the header too, and readers that know nothing of it see a note like any other.
extension Safetensors {
  public static let checksumKey = "checksum"
  /// What the note holds until the checksum is known.
  public static let noChecksum = String(repeating: "0", count: 8)

  /// Fills in the checksum of a head that has the note, once the numbers behind it are known.
  ///
  /// - Precondition: the notes hold `noChecksum` under `checksumKey`.
  public static func seal(_ head: inout Data, body: UnsafeRawBufferPointer) {
    guard let place = checksumPlace(in: head) else { preconditionFailure("the head has no note for its checksum") }
    let sum = head.withUnsafeBytes { checksum(of: body, after: checksum(of: $0)) }
    head.replaceSubrange(place, with: Data(hexadecimal(sum).utf8))
  }

  /// Whether a file's bytes are what they were when it was sealed; nil when it has no checksum.
  public static func isIntact(_ file: Data) -> Bool? {
    guard let place = checksumPlace(in: file) else { return nil }
    let found = String(decoding: file[place], as: UTF8.self)
    return file.withUnsafeBytes { bytes in
      let start = place.lowerBound - file.startIndex
      let parts = [
        UnsafeRawBufferPointer(rebasing: bytes[..<start]),
        UnsafeRawBufferPointer(rebasing: bytes[(start + noChecksum.count)...]),
      ]
      var sum = checksum(of: parts[0])
      sum = Array(noChecksum.utf8).withUnsafeBytes { checksum(of: $0, after: sum) }
      return hexadecimal(checksum(of: parts[1], after: sum)) == found
    }
  }

  /// Where the eight digits stand.
  private static func checksumPlace(in file: Data) -> Range<Data.Index>? {
    guard file.count > 8 else { return nil }
    let length = file.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= UInt64(file.count - 8) else { return nil }
    let header = file.startIndex + 8..<file.startIndex + 8 + Int(length)
    guard let key = file.range(of: Data("\"\(checksumKey)\":\"".utf8), in: header),
      key.upperBound + noChecksum.count < header.upperBound
    else { return nil }
    return key.upperBound..<key.upperBound + noChecksum.count
  }

  private static func hexadecimal(_ sum: UInt32) -> String {
    let digits = String(sum, radix: 16)
    return String(repeating: "0", count: noChecksum.count - digits.count) + digits
  }

  /// CRC-32 as in gzip and PNG.
  private static func checksum(of bytes: UnsafeRawBufferPointer, after sum: UInt32 = 0) -> UInt32 {
    // Of no bytes at all, zlib would begin anew.
    guard let start = bytes.baseAddress, !bytes.isEmpty else { return sum }
    return UInt32(crc32_z(UInt(sum), start.assumingMemoryBound(to: UInt8.self), bytes.count))
  }
}
