// A Unix socket in a folder, for one user only.

import Foundation
import Glibc

/// One end of a connection; sending and receiving may be done from two threads.
final class LocalSocket: @unchecked Sendable {
  let descriptor: Int32

  init(_ descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  private static func make() throws -> LocalSocket {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw failure("no socket could be made") }
    return LocalSocket(descriptor)
  }

  private static func failure(_ what: String) -> AttachmentError {
    AttachmentError("\(what): \(String(cString: strerror(errno)))")
  }

  /// Hands the address of a socket in a folder to `body`: through the folder's descriptor, as an address has room for a hundred
  /// characters only.
  private static func withAddress<Result>(
    _ folder: String, _ name: String, _ body: (UnsafePointer<sockaddr>, socklen_t) throws -> Result
  ) throws -> Result {
    let place = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard place >= 0 else { throw failure("\(folder): cannot be opened") }
    defer { close(place) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let path = "/proc/self/fd/\(place)/\(name)"
    withUnsafeMutableBytes(of: &address.sun_path) { target in
      precondition(path.utf8.count < target.count, "a descriptor's path is short")
      target.copyBytes(from: path.utf8)
    }
    return try withUnsafePointer(to: &address) { pointer in
      try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        try body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }

  /// A socket that others can connect to. One that is there already is taken for a dead process's: the caller knows that no other
  /// process has the folder.
  static func listening(_ folder: String, _ name: String) throws -> LocalSocket {
    let path = "\(folder)/\(name)"
    var former = stat()
    if lstat(path, &former) == 0 {
      guard former.st_mode & S_IFMT == S_IFSOCK else { throw AttachmentError("\(path): is there and is no socket") }
      unlink(path)
    }
    let socket = try make()
    try withAddress(folder, name) { address, length in
      guard bind(socket.descriptor, address, length) == 0 else { throw failure("\(path): cannot be made") }
    }
    // Nobody can connect before it listens.
    guard chmod(path, 0o600) == 0, listen(socket.descriptor, 16) == 0 else {
      throw failure("\(path): cannot be made")
    }
    return socket
  }

  /// Connects to a socket of the same user.
  ///
  /// - Parameter seconds: how long that, and sending and receiving afterwards, may take; nil for any time.
  static func connected(_ folder: String, _ name: String, within seconds: Int? = nil) throws -> LocalSocket {
    let path = "\(folder)/\(name)"
    let socket = try make()
    socket.limit(sending: seconds, receiving: seconds)
    try withAddress(folder, name) { address, length in
      guard connect(socket.descriptor, address, length) == 0 else { throw failure("\(path): cannot be connected to") }
    }
    guard socket.isOfSameUser else { throw AttachmentError("\(path): belongs to another user") }
    return socket
  }

  /// Whether somebody wants to connect, by then.
  func isWaitedFor(milliseconds: Int) -> Bool {
    var question = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&question, 1, Int32(milliseconds)) > 0
  }

  /// The next who connects; nil when they have left again.
  func accept() -> LocalSocket? {
    while true {
      let descriptor = Glibc.accept(self.descriptor, nil, nil)
      if descriptor >= 0 {
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        return LocalSocket(descriptor)
      }
      if errno == EMFILE || errno == ENFILE {
        // Somebody will let go of a file.
        usleep(100_000)
        return nil
      } else if errno != EINTR && errno != ECONNABORTED {
        return nil
      }
    }
  }

  /// Whether the process at the other end is of this user, or the machine's administrator's.
  var isOfSameUser: Bool {
    // struct ucred, which is a GNU extension.
    var peer: (process: Int32, user: UInt32, group: UInt32) = (0, 0, 0)
    var length = socklen_t(MemoryLayout.size(ofValue: peer))
    guard getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 else { return false }
    return peer.user == geteuid() || peer.user == 0
  }

  /// How long sending and receiving may take.
  func limit(sending: Int? = nil, receiving: Int? = nil) {
    for (option, seconds) in [(SO_SNDTIMEO, sending), (SO_RCVTIMEO, receiving)] {
      guard let seconds else { continue }
      var time = timeval(tv_sec: seconds, tv_usec: 0)
      setsockopt(descriptor, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
    }
  }

  /// Sends all bytes; false when the other end is gone, or has not taken them in time.
  func send(_ bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBytes { bytes in
      var rest = bytes[...]
      while !rest.isEmpty {
        let sent = Glibc.send(
          descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count, Int32(MSG_NOSIGNAL))
        if sent < 0 && errno == EINTR { continue }
        guard sent > 0 else { return false }
        rest = rest.dropFirst(sent)
      }
      return true
    }
  }

  /// What has come; nil when the other end is gone, or nothing came in time.
  func receive(into buffer: inout [UInt8]) -> ArraySlice<UInt8>? {
    while true {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      if count < 0 && errno == EINTR { continue }
      return count > 0 ? buffer[..<count] : nil
    }
  }

  /// Has both ends see that it is over.
  func shutDown() { shutdown(descriptor, Int32(SHUT_RDWR)) }
}
