// What a run and those who watch it from other processes say to each other: lines of JSON.

import Foundation
import Telemetry

/// Raised when either side could misunderstand the other.
public let attachmentVersion = 3

/// What the process that trains says to a watcher.
enum ServerMessage: Codable, Sendable {
  /// Comes first, and once.
  case hello(Hello)
  case status(RunStatus)
  case snapshot(Snapshot)
  /// The watcher's command of that number has taken effect.
  case done(Int)
  /// Something that the watcher asked for is not to be had, in a sentence.
  case refused(String)
}

struct Hello: Codable, Sendable {
  let version: Int
  let process: Int32
  let description: RunDescription
  let status: RunStatus
}

/// What a watcher says to the process that trains.
enum ClientMessage: Codable, Sendable {
  /// Comes first, and once.
  case hello(version: Int, isReadOnly: Bool)
  case request(PictureRequest)
  case command(RunCommand, number: Int)
}

extension Encodable {
  /// The value as a line of JSON, its end included.
  func line() throws -> [UInt8] { Array(try TelemetryCoding.encode(self)) + [0x0a] }
}

/// Why a run cannot be watched, or cannot be any more.
public struct AttachmentError: Error, CustomStringConvertible, Equatable {
  public let description: String
  public init(_ description: String) { self.description = description }
}

/// Takes bytes as they come and gives whole lines; a line is never longer than a limit, whoever sends it.
struct LineBuffer {
  private var bytes: [UInt8] = []
  /// Up to where there is no end of a line.
  private var searched = 0
  private let limit: Int

  init(limit: Int) { self.limit = limit }

  /// - Throws: `AttachmentError` when a line grows beyond the limit.
  mutating func append(_ more: some Collection<UInt8>) throws {
    bytes.append(contentsOf: more)
    guard bytes.count > limit, !bytes[searched...].contains(0x0a) else { return }
    throw AttachmentError("a line is longer than \(limit) bytes")
  }

  /// The next whole line, without its end.
  mutating func next() -> Data? {
    guard let end = bytes[searched...].firstIndex(of: 0x0a) else {
      searched = bytes.count
      return nil
    }
    let line = Data(bytes[..<end])
    bytes.removeSubrange(...end)
    searched = 0
    return line
  }
}
