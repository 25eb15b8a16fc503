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
      throw RunError("\(path): cannot be \(isNew ? "created" : "opened"): \(String(cString: strerror(errno)))")
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
    waiting = []
    guard ftruncate(descriptor, length) == 0, lseek(descriptor, 0, SEEK_END) == length else {
      throw fault("shortened")
    }
    count = length
  }

  /// Makes this file the only one that writes there, among processes too; it ends with the process, however that ends.
  ///
  /// - Returns: whether no other has it.
  func lock() throws -> Bool {
    // Somebody may just be looking whether it is locked.
    for _ in 0..<20 {
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
      guard errno == EWOULDBLOCK || errno == EINTR else { throw fault("locked") }
      usleep(10_000)
    }
    return false
  }

  func unlock() { flock(descriptor, LOCK_UN) }

  /// Whether some process has it locked.
  static func isLocked(_ path: String) -> Bool {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
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
    guard try fresh.lock() else { throw RunError("\(path): another process has put a run there") }
    var buffer = [UInt8](repeating: 0, count: 1 << 18)
    var place = 0
    while true {
      let got = pread(descriptor, &buffer, buffer.count, place)
      guard got >= 0 else { throw fault("read again") }
      if got == 0 { break }
      place += got
      fresh.append { $0.append(contentsOf: buffer[..<got]) }
      try fresh.flush()
    }
    swap(&descriptor, &fresh.descriptor)
    return true
  }

  private func fault(_ what: String) -> RunError {
    RunError("\(path): cannot be \(what): \(String(cString: strerror(errno)))")
  }
}

/// Reads a file of a run; a link that may lead out of its folder is not followed.
///
/// - Throws: `RunError`.
func readFile(_ path: String) throws -> Data {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
  guard descriptor >= 0 else { throw RunError("\(path): cannot be read: \(String(cString: strerror(errno)))") }
  let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
  var status = stat()
  guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
    throw RunError("\(path): cannot be read: it is no file")
  }
  do { return try file.readToEnd() ?? Data() } catch { throw RunError("\(path): cannot be read: \(reason(error))") }
}

/// Puts a file in place all at once: a reader, or whoever comes after a crash, finds the old one or the new one.
///
/// - Throws: `RunError`; the old one is left then.
func replaceFile(_ path: String, _ pieces: [UnsafeRawBufferPointer]) throws {
  let place = URL(fileURLWithPath: path)
  let folder = place.deletingLastPathComponent().path
  let temporary = "\(folder)/.\(place.lastPathComponent).\(getpid())"
  func fault() -> RunError { RunError("\(path): cannot be written: \(String(cString: strerror(errno)))") }
  unlink(temporary)
  let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o666)
  guard file >= 0 else { throw fault() }
  var isWritten = true
  for piece in pieces {
    var rest = piece
    while isWritten && !rest.isEmpty {
      let taken = write(file, rest.baseAddress, rest.count)
      if taken < 0 && errno == EINTR { continue }
      isWritten = taken > 0
      if isWritten { rest = UnsafeRawBufferPointer(rebasing: rest[taken...]) }
    }
  }
  guard isWritten, fsync(file) == 0 else {
    let failure = fault()
    close(file)
    unlink(temporary)
    throw failure
  }
  guard close(file) == 0, rename(temporary, path) == 0 else {
    let failure = fault()
    unlink(temporary)
    throw failure
  }
  try syncFolder(folder)
}

/// Has the disk hold the names in a folder.
func syncFolder(_ path: String) throws {
  let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  guard folder >= 0 else { throw RunError("\(path): cannot be opened: \(String(cString: strerror(errno)))") }
  defer { close(folder) }
  // Some file systems have no such thing for folders, and need none.
  guard fsync(folder) == 0 || errno == EINVAL else {
    throw RunError("\(path): cannot be written: \(String(cString: strerror(errno)))")
  }
}
