// One watcher from another process, as the process that trains sees it.

import Foundation
import Telemetry
import Workers

/// A thread that reads what the watcher says, and one that tells it what is new.
final class Connection: Sendable {
  private let source: any RunSource
  private let socket: LocalSocket

  /// What both threads share.
  private struct Shared {
    /// Nil before the watcher has said who it is.
    var watcher: Watcher?
    var isReadOnly = true
    /// What is to be asked of the run as soon as it is the watcher's turn.
    var request: PictureRequest?
    /// Lines that are to be sent besides what is new.
    var lines: [ServerMessage] = []
    var isOver = false
    /// Everything so far is still to be sent.
    var isClosing = false
  }
  private let shared = Locked(Shared())
  private let wake = DispatchSemaphore(value: 0)

  /// What a watcher says is short.
  static let longestLine = 1 << 20
  /// So many answers to commands may wait for a watcher.
  private static let mostLines = 1000
  private static let timeout = 10

  init(_ source: any RunSource, _ socket: LocalSocket) { (self.source, self.socket) = (source, socket) }

  /// - Parameter onEnd: called when the watcher is gone.
  func start(onEnd: @escaping @Sendable () -> Void) {
    socket.limit(sending: Connection.timeout)
    startThread("convtop.watcher.in") { [self] in
      read()
      // Where something is still to be said, the other thread ends it.
      if !shared.withLock({ $0.isClosing }) { end() }
    }
    startThread("convtop.watcher.out") { [self] in
      write()
      end()
      onEnd()
    }
  }

  var isOver: Bool { shared.withLock { $0.isOver } }

  /// Sends what is left, and ends.
  func finish() {
    shared.withLock { $0.isClosing = true }
    wake.signal()
  }

  private func end() {
    let watcher = shared.withLock { shared in
      defer { (shared.isOver, shared.watcher) = (true, nil) }
      return shared.watcher
    }
    socket.shutDown()
    if let watcher { source.removeWatcher(watcher) }
    wake.signal()
  }

  // MARK: - What the watcher says

  private func read() {
    var (lines, buffer) = (LineBuffer(limit: Connection.longestLine), [UInt8](repeating: 0, count: 1 << 14))
    while let bytes = socket.receive(into: &buffer) {
      do {
        try lines.append(bytes)
        while let line = lines.next() {
          guard try take(TelemetryCoding.decode(ClientMessage.self, from: line)) else { return }
        }
      } catch {
        refuse(
          "a line could not be read: \(error is AttachmentError ? "\(error)" : "it is no message of version \(attachmentVersion)")"
        )
        return finish()
      }
    }
  }

  private func refuse(_ sentence: String) { add(.refused(sentence)) }

  private func add(_ message: ServerMessage) {
    shared.withLock { if $0.lines.count < Connection.mostLines { $0.lines.append(message) } }
    wake.signal()
  }

  /// Whether to go on reading.
  private func take(_ message: ClientMessage) -> Bool {
    let (isKnown, isReadOnly) = shared.withLock { ($0.watcher != nil, $0.isReadOnly) }
    switch message {
    case .hello(let version, let isReadOnly):
      guard version == attachmentVersion, !isKnown else {
        refuse(
          isKnown ? "a hello comes once" : "it speaks version \(version), and this process \(attachmentVersion)")
        finish()
        return false
      }
      let watcher = source.addWatcher { [weak self] in self?.wake.signal() }
      shared.withLock { ($0.watcher, $0.isReadOnly) = (watcher, isReadOnly) }
      let process = ProcessInfo.processInfo.processIdentifier
      add(
        .hello(
          Hello(
            version: attachmentVersion, process: process, description: source.description, status: source.status)))
    case .request(let request) where isKnown:
      if let complaint = request.complaint(about: source.description) {
        refuse(complaint)
      } else {
        shared.withLock { $0.request = request }
        wake.signal()
      }
    case .command(let command, let number) where isKnown && !isReadOnly:
      source.send(command) { [weak self] in self?.add(.done(number)) }
    case .command where isKnown: refuse("this watcher only looks on")
    case .request, .command: refuse("expected a hello first")
    }
    return true
  }

  // MARK: - What it is told

  private func write() {
    var sent: RunStatus?
    // What takes long is answered in several pieces.
    var answered: (number: Int?, examination: Examination?, glass: GlassRequest?)
    var nextTurn = ContinuousClock.now
    while true {
      let (watcher, lines, isOver, isClosing) = shared.withLock { shared in
        defer { shared.lines = [] }
        return (shared.watcher, shared.lines, shared.isOver, shared.isClosing)
      }
      guard !isOver else { return }
      for line in lines { guard send(line) else { return } }
      let status = source.status
      guard let watcher else {
        if isClosing { return }
        wake.wait()
        continue
      }
      if status != sent {
        guard send(.status(status)) else { return }
        sent = status
      }
      if let snapshot = source.snapshot(for: watcher),
        answered != (snapshot.request.number, snapshot.examination, snapshot.glass?.request)
      {
        let began = ContinuousClock.now
        guard send(.snapshot(snapshot)) else { return }
        answered = (snapshot.request.number, snapshot.examination, snapshot.glass?.request)
        // Making it and putting it into words takes from the training; that may be a hundredth of the time.
        let cost = Duration.seconds(snapshot.seconds) + (ContinuousClock.now - began)
        nextTurn = began + min(.seconds(3), cost * 100)
      }
      if isClosing { return }
      let isFree = !status.phase.isUnderWay || status.pace.isSlow || ContinuousClock.now >= nextTurn
      if isFree,
        let request = shared.withLock({ shared in
          defer { shared.request = nil }
          return shared.request
        })
      {
        source.request(request, for: watcher)
      }
      // While it trains, the figures change without news.
      if status.phase.isUnderWay {
        _ = wake.wait(timeout: .now() + .milliseconds(status.pace.isSlow ? 30 : 100))
      } else {
        wake.wait()
      }
    }
  }

  private func send(_ message: ServerMessage) -> Bool {
    do { return socket.send(try message.line()) } catch { return false }
  }
}
