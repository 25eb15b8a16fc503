// A file that lines are appended to, and that loses none when the disk does not take them.

import Foundation
import Glibc

/// Lines on their way to a file: what cannot be written waits in memory, and every byte is written once.
///
/// A symbolic link is not followed: a run's files lie in its folder.
final class LineFile: @unchecked Sendable {
  let path: String
  private var descriptor: Int32
  private var waiting: [UInt8] = []
  /// Bytes appended so far, those that wait among them.
  private(set) var count: Int

  /// Bytes that may wait until they are written together.
  private static let batch = 1 << 16

  /// Opens a file.
  ///
  /// - Parameter isNew: whether it must not be there yet; else it must.
  /// - Throws: `RunError`.
  init(_ path: String, isNew: Bool) throws {
    self.path = path
    descriptor = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | (isNew ? O_CREAT | O_EXCL : 0), 0o666)
    guard descriptor >= 0 else {
      let hint = errno == EEXIST ? "; something else is in its place: move it away" : ""
      throw RunError("\(path): cannot be \(isNew ? "created" : "opened"): \(systemReason)\(hint)")
    }
    count = Int(lseek(descriptor, 0, SEEK_END))
  }

  deinit { close(descriptor) }

  /// Bytes that wait.
  var waitingCount: Int { waiting.count }
  var isFullEnough: Bool { waiting.count >= LineFile.batch }

  func append(_ addLine: (inout [UInt8]) -> Void) {
    let before = waiting.count
    addLine(&waiting)
    count += waiting.count - before
  }

  /// Writes what waits; what was not taken goes on waiting.
  ///
  /// - Throws: `RunError`.
  func flush() throws {
    while !waiting.isEmpty {
      let taken = waiting.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if taken < 0 && errno == EINTR { continue }
      guard taken > 0 else { throw fault("written") }
      waiting.removeFirst(taken)
    }
    guard isThere else { throw RunError("\(path): was removed or replaced while the run goes on") }
  }

  /// Whether the file is still the one that its path names.
  private var isThere: Bool {
    var (opened, named) = (stat(), stat())
    return fstat(descriptor, &opened) == 0 && lstat(path, &named) == 0 && opened.st_ino == named.st_ino
      && opened.st_dev == named.st_dev
  }

  /// Has the disk hold what is written; may be called from another thread.
  func sync() throws {
    guard fsync(descriptor) == 0 else { throw fault("written") }
  }

  /// Forgets all behind a place, also what waits.
  func truncate(to length: Int) throws {
    guard ftruncate(descriptor, length) == 0, lseek(descriptor, 0, SEEK_END) == length else {
      throw fault("shortened")
    }
    (waiting, count) = ([], length)
  }

  /// Bytes up to the end of the last whole line.
  func wholeLines() throws -> Int {
    let text = try readFile(path)
    return text.lastIndex(of: 0x0a).map { text.distance(from: text.startIndex, to: $0) + 1 } ?? 0
  }

  /// Makes this file the only one that writes there, among processes too; it ends with the process, however that ends.
  ///
  /// - Returns: whether no other has it.
  func lock() throws -> Bool {
    // Somebody may just be looking whether it is locked.
    for _ in 0..<20 {
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
      guard errno == EWOULDBLOCK || errno == EINTR else {
        throw RunError(
          "\(path): cannot be locked against other processes: \(systemReason); name a folder on another file system with --run"
        )
      }
      usleep(10_000)
    }
    return false
  }

  func unlock() { flock(descriptor, LOCK_UN) }

  /// Whether some process has it locked.
  static func isLocked(_ path: String) -> Bool {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
  }

  /// Makes the file again where it was, with all that was written to it: whoever removed it has taken only its name.
  ///
  /// - Returns: whether it had to be.
  func restore() throws -> Bool {
    guard !isThere else { return false }
    let fresh = try LineFile(path, isNew: true)
    do {
      guard try fresh.lock() else { throw RunError("\(path): another process has put a run there") }
      try copy(to: fresh)
    } catch {
      // The next attempt is to find its place free.
      if fresh.isThere { unlink(path) }
      throw error
    }
    swap(&descriptor, &fresh.descriptor)
    return true
  }

  private func copy(to other: LineFile) throws {
    var buffer = [UInt8](repeating: 0, count: 1 << 18)
    var place = 0
    while true {
      let got = pread(descriptor, &buffer, buffer.count, place)
      guard got >= 0 else { throw fault("read again") }
      if got == 0 { return }
      place += got
      other.append { $0.append(contentsOf: buffer[..<got]) }
      try other.flush()
    }
  }

  private func fault(_ what: String) -> RunError {
    RunError("\(path): cannot be \(what): \(systemReason)")
  }
}
