// Lets other processes of the same user watch a run, and tell it what to do.

import Foundation
import Telemetry
import Workers

/// Serves a run at a socket in its folder until it is stopped; each watcher has a connection with two threads of its own.
///
/// The run is never held up by a watcher more than by a screen: pictures are made when they are asked for, and for each watcher
/// they take at most a hundredth of the time; a watcher that does not read is waited for by its own thread, and let go
/// after ten seconds.
public final class RunServer: Sendable {
  private let source: any RunSource
  private let folder: String
  private let name: String
  private var path: String { "\(folder)/\(name)" }
  private let isOver = Locked(false)
  private let connections = Locked<[ObjectIdentifier: Connection]?>([:])

  /// The most who may watch at once.
  private static let mostWatchers = 64

  /// - Throws: `AttachmentError` when the folder can have no socket.
  public init(_ source: any RunSource, folder: String, name: String) throws {
    (self.source, self.folder, self.name) = (source, folder, name)
    let first = try LocalSocket.listening(folder, name)
    startThread("convtop.server") { [weak self] in
      var socket = first
      while let server = self, !server.isOver.withLock({ $0 }) {
        if socket.isWaitedFor(milliseconds: RunServer.pollInterval) {
          if let peer = socket.accept() { server.admit(peer) }
        } else if server.isMissing, let again = try? LocalSocket.listening(folder, name) {
          // Somebody has removed the folder, and the run has made it again.
          socket = again
        }
      }
    }
  }

  /// Milliseconds after which it is looked whether the socket is still there, and whether it is over.
  private static let pollInterval = 500

  /// Whether nothing is where the socket should be. Where something else is, it is another process's.
  private var isMissing: Bool {
    var found = stat()
    return !isOver.withLock { $0 } && lstat(path, &found) != 0 && errno == ENOENT
  }

  /// How many watch.
  public var watchers: Int { connections.withLock { $0?.count ?? 0 } }

  private func admit(_ peer: LocalSocket) {
    guard peer.isOfSameUser else { return }
    let connection = Connection(source, peer)
    let isAdmitted = connections.withLock { all in
      guard all != nil, all?.count ?? 0 < RunServer.mostWatchers else { return false }
      all?[ObjectIdentifier(connection)] = connection
      return true
    }
    guard isAdmitted else { return }
    connection.start { [weak self] in
      self?.connections.withLock { _ = $0?.removeValue(forKey: ObjectIdentifier(connection)) }
    }
  }

  /// Lets everybody go, and takes the socket away.
  public func stop() {
    let all = connections.withLock { all in
      defer { all = nil }
      return all
    }
    guard let all else { return }
    isOver.withLock { $0 = true }
    unlink(path)
    for connection in all.values { connection.finish() }
    // They are told the end, if they listen.
    for _ in 0..<50 where all.values.contains(where: { !$0.isOver }) { usleep(10_000) }
  }
}

/// Runs a body on a thread of its own.
func startThread(_ name: String, _ body: @escaping @Sendable () -> Void) {
  let thread = Thread(block: body)
  thread.name = name
  thread.stackSize = 1 << 20
  thread.start()
}
