// Signals become bytes in a pipe; handlers do nothing else.

import Glibc
import Synchronization

/// A pipe that wakes the main thread: a byte is a signal's number, or zero for news from the trainer.
public final class WakePipe: Sendable {
  public let readEnd: Int32
  private let writeEnd: Int32
  /// The one pipe that signal handlers write to.
  private static let signalEnd = Atomic<Int32>(-1)

  /// - Throws: `TerminalError` when the system has no pipe to give.
  public init() throws {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw TerminalError("no pipe could be opened: \(String(cString: strerror(errno)))") }
    for end in ends {
      _ = fcntl(end, F_SETFL, fcntl(end, F_GETFL) | O_NONBLOCK)
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
    }
    (readEnd, writeEnd) = (ends[0], ends[1])
  }

  deinit {
    WakePipe.signalEnd.store(-1, ordering: .relaxed)
    close(readEnd)
    close(writeEnd)
  }

  /// Wakes the main thread; a full pipe is awake already. May be called from any thread.
  public func wake() {
    var byte: UInt8 = 0
    _ = write(writeEnd, &byte, 1)
  }

  /// Takes all bytes that have come.
  public func drain() -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 256)
    let count = read(readEnd, &bytes, bytes.count)
    return Array(bytes.prefix(max(0, count)))
  }

  /// Has these signals delivered as bytes from now on.
  public func catchSignals(_ signals: [Int32]) {
    WakePipe.signalEnd.store(writeEnd, ordering: .relaxed)
    for number in signals {
      var action = sigaction()
      action.__sigaction_handler.sa_handler = { number in
        let saved = errno
        var byte = UInt8(truncatingIfNeeded: number)
        _ = write(WakePipe.signalEnd.load(ordering: .relaxed), &byte, 1)
        errno = saved
      }
      action.sa_flags = SA_RESTART
      sigaction(number, &action, nil)
    }
  }
}

/// Stops the process as Ctrl-Z does, and returns when it is continued.
func stopProcess(_ pipe: WakePipe) {
  signal(SIGTSTP, SIG_DFL)
  raise(SIGTSTP)
  pipe.catchSignals([SIGTSTP])
}
