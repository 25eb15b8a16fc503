// A run that another process trains, as a source like any other.

import Foundation
import Telemetry
import Workers

/// Another process's run, watched through the socket in its folder; it has one watcher.
public final class RemoteRun: RunSource, Sendable {
  public let description: RunDescription
  /// The process that trains.
  public let process: Int32
  private let socket: LocalSocket
  /// Sending waits for the other process, and nobody is to wait for that.
  private let sending = DispatchQueue(label: "convtop.attachment")

  /// What both threads share.
  private struct Shared {
    var status: RunStatus
    /// The notices: the other process's, and what it has refused, in the order in which they came.
    var notices: RunStatus
    var snapshot: Snapshot?
    var onNews: (@Sendable () -> Void)?
    var acknowledgements: [Int: @Sendable () -> Void] = [:]
    var commands = 0
  }
  private let shared: Locked<Shared>

  /// A snapshot of a large layer is some megabytes.
  static let longestLine = 1 << 28

  /// Connects to whoever trains the run in a folder.
  ///
  /// - Parameters:
  ///   - isReadOnly: whether to look on only, so that no key can change the run.
  ///   - timeout: how many seconds to wait for an answer.
  /// - Throws: `AttachmentError`.
  public init(folder: String, name: String, isReadOnly: Bool, timeout: Int = 5) throws {
    let socket = try LocalSocket.connected(folder, name, within: timeout)
    self.socket = socket
    let path = "\(folder)/\(name)"
    var lines = LineBuffer(limit: RemoteRun.longestLine)
    let greeting = ClientMessage.hello(version: attachmentVersion, isReadOnly: isReadOnly)
    guard socket.send(try greeting.line()) else { throw AttachmentError("\(path): nobody listens there any more") }
    let hello = try RemoteRun.greet(socket, &lines, path)
    (description, process) = (hello.description, hello.process)
    shared = Locked(Shared(status: hello.status, notices: hello.status))
    socket.limit(receiving: 0)
    let rest = Locked(lines)
    startThread("convtop.attachment") { [weak self, socket] in
      var lines = rest.withLock { $0 }
      var buffer = [UInt8](repeating: 0, count: 1 << 18)
      var fault: String?
      read: while true {
        while let line = lines.next() {
          guard let self else { return }
          do { try take(TelemetryCoding.decode(ServerMessage.self, from: line)) } catch {
            fault = "what the process that trains says cannot be read"
            break read
          }
        }
        guard let bytes = socket.receive(into: &buffer) else { break }
        do { try lines.append(bytes) } catch {
          fault = "\(error)"
          break
        }
      }
      self?.end(fault)
    }
  }

  deinit { socket.shutDown() }

  /// The first line.
  private static func greet(_ socket: LocalSocket, _ lines: inout LineBuffer, _ path: String) throws -> Hello {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      if let line = lines.next() {
        guard let message = try? TelemetryCoding.decode(ServerMessage.self, from: line) else {
          throw AttachmentError(
            "\(path): another version of the program trains there; expected version \(attachmentVersion) of what is said"
          )
        }
        switch message {
        case .hello(let hello): return hello
        case .refused(let sentence): throw AttachmentError("\(path): \(sentence)")
        default: continue
        }
      }
      guard let bytes = socket.receive(into: &buffer) else {
        throw AttachmentError("\(path): whoever listens there does not answer")
      }
      try lines.append(bytes)
    }
  }

  private func take(_ message: ServerMessage) {
    let (news, acknowledgement) = shared.withLock { shared in
      var acknowledgement: (@Sendable () -> Void)?
      var isNews = true
      switch message {
      case .hello(let hello): shared.status = hello.status
      case .status(let status):
        // The figures change all the time, and are looked at when that is due.
        isNews =
          status.phase != shared.status.phase || !status.phase.isUnderWay
          || status.noticeCount != shared.status.noticeCount
        for notice in status.notices(since: shared.status.noticeCount) { shared.notices.tell(notice) }
        shared.status = status
      case .snapshot(let snapshot): shared.snapshot = snapshot
      case .done(let number): acknowledgement = shared.acknowledgements.removeValue(forKey: number)
      case .refused(let sentence):
        shared.notices.tell(sentence)
      }
      return (isNews ? shared.onNews : nil, acknowledgement)
    }
    acknowledgement?()
    news?()
  }

  /// The other process is gone, or cannot be understood.
  private func end(_ fault: String?) {
    let news = shared.withLock { shared in
      if shared.status.phase != .finished {
        shared.status.phase = .failed
        shared.status.failure = fault ?? "the process that trained this run has ended; --resume goes on with it"
      }
      return shared.onNews
    }
    news?()
  }

  public var status: RunStatus {
    shared.withLock { shared in
      var status = shared.status
      status.takeNotices(of: shared.notices)
      return status
    }
  }

  public func addWatcher(onNews: @escaping @Sendable () -> Void) -> Watcher {
    shared.withLock { $0.onNews = onNews }
    return Watcher(number: 1)
  }

  public func removeWatcher(_ watcher: Watcher) { shared.withLock { $0.onNews = nil } }

  public func request(_ request: PictureRequest, for watcher: Watcher) { send(.request(request)) }

  public func snapshot(for watcher: Watcher) -> Snapshot? { shared.withLock { $0.snapshot } }

  public func send(_ command: RunCommand, acknowledge: (@Sendable () -> Void)?) {
    let number = shared.withLock { shared in
      shared.commands += 1
      shared.acknowledgements[shared.commands] = acknowledge
      return shared.commands
    }
    send(.command(command, number: number))
  }

  private func send(_ message: ClientMessage) {
    sending.async { [socket] in
      // Whether the other process is still there is seen by who reads.
      guard let line = try? message.line() else { return }
      // After half a line, nothing would be understood any more.
      if !socket.send(line) { socket.shutDown() }
    }
  }
}
