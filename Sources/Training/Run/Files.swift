// Whole files of a run: read without following links, replaced all at once.

import Foundation
import Glibc

/// The operating system's reason for the last failure.
var systemReason: String { String(cString: strerror(errno)) }

/// Reads a file of a run; a link that may lead out of its folder is not followed.
///
/// - Throws: `RunError`.
func readFile(_ path: String) throws -> Data {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
  guard descriptor >= 0 else { throw RunError("\(path): cannot be read: \(systemReason)") }
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
  func fault() -> RunError { RunError("\(path): cannot be written: \(systemReason)") }
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
  guard folder >= 0 else { throw RunError("\(path): cannot be opened: \(systemReason)") }
  defer { close(folder) }
  // Some file systems have no such thing for folders, and need none.
  guard fsync(folder) == 0 || errno == EINVAL else {
    throw RunError("\(path): cannot be written: \(systemReason)")
  }
}
