// Reading files that may be gzipped, with every fault of the file told apart.

import CZlib
import Glibc

/// Reads a file from its start to its end, decompressing it when it is gzipped.
final class DataFile {
  let path: String
  private var file: UnsafeMutablePointer<FILE>
  private var stream = z_stream()
  private let isCompressed: Bool
  /// How many bytes it can hold at most: what claims to be more is refused before there is memory for it.
  let mostBytes: Int
  private var isAtEnd = false
  private let buffer: UnsafeMutablePointer<UInt8>
  private static let bufferSize = 1 << 18

  /// - Throws: `DatasetError` when the file cannot be opened.
  init(_ path: String) throws {
    self.path = path
    guard let file = fopen(path, "rb") else {
      throw DatasetError("\(path): cannot be opened: \(String(cString: strerror(errno)))")
    }
    self.file = file
    buffer = .allocate(capacity: DataFile.bufferSize)
    let first = getc(file)
    let second = getc(file)
    rewind(file)
    isCompressed = first == 0x1f && second == 0x8b
    fseek(file, 0, SEEK_END)
    let length = max(0, ftell(file))
    rewind(file)
    // Deflate makes 258 bytes of two bits at best: 1,032 of one byte. Source: zlib's technical details.
    mostBytes = isCompressed ? length.multipliedReportingOverflow(by: 1032).partialValue : length
    if isCompressed {
      let status = convtop_inflate_init_gzip(&stream)
      precondition(status == Z_OK, "zlib could not be initialised: \(status)")
    }
  }

  deinit {
    if isCompressed { inflateEnd(&stream) }
    fclose(file)
    buffer.deallocate()
  }

  /// Fills `target`.
  ///
  /// - Throws: `DatasetError` when the file ends early or is damaged.
  func read(into target: UnsafeMutableBufferPointer<UInt8>, what: String) throws {
    let got = try isCompressed ? inflate(into: target) : fread(target.baseAddress, 1, target.count, file)
    guard got == target.count else {
      throw DatasetError("\(path): ends after \(got) of the \(target.count) bytes of \(what)")
    }
  }

  /// - Throws: `DatasetError` when anything follows, or the checksum at the end of a gzipped file is wrong.
  func expectEnd() throws {
    var extra: UInt8 = 0
    let got = try withUnsafeMutablePointer(to: &extra) { pointer in
      let target = UnsafeMutableBufferPointer(start: pointer, count: 1)
      return try isCompressed ? inflate(into: target) : fread(target.baseAddress, 1, 1, file)
    }
    guard got == 0 else { throw DatasetError("\(path): holds more than its header announces") }
  }

  private func inflate(into target: UnsafeMutableBufferPointer<UInt8>) throws -> Int {
    stream.next_out = target.baseAddress
    stream.avail_out = UInt32(target.count)
    while stream.avail_out > 0 && !isAtEnd {
      if stream.avail_in == 0 {
        let count = fread(buffer, 1, DataFile.bufferSize, file)
        stream.next_in = buffer
        stream.avail_in = UInt32(count)
        if count == 0 { throw DatasetError("\(path): the gzipped data are cut short") }
      }
      switch CZlib.inflate(&stream, Z_NO_FLUSH) {
      case Z_OK: break
      case Z_STREAM_END: isAtEnd = true
      default:
        let reason = stream.msg.map { String(cString: $0) } ?? "unknown fault"
        throw DatasetError("\(path): the gzipped data are damaged: \(reason)")
      }
    }
    return target.count - Int(stream.avail_out)
  }
}
