// Gives the terminal back before a crash is reported.

import CNcurses
import Glibc

/// What a dying process must write, and the modes it must set: filled while all is well, read in a signal handler.
private struct Restoration {
  var modes = termios()
  /// Sequences that leave the alternate screen, show the cursor and drop colours.
  var bytes: UnsafeMutablePointer<UInt8>?
  var count = 0
  /// The handlers that were there before: Swift's backtracer among them.
  var previous: [(signal: Int32, action: sigaction)] = []
}

// Written by one thread before the handlers are installed, then only read.
nonisolated(unsafe) private var restoration = Restoration()
private let fatalSignals = [SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGABRT, SIGFPE]

/// Remembers how the terminal was; call before ncurses changes it.
func rememberTerminalModes() { tcgetattr(STDIN_FILENO, &restoration.modes) }

/// Has fatal signals restore the terminal first, then go where they went before.
func installCrashGuard() {
  let names = ["rmcup", "cnorm", "sgr0", "op", "rmkx"]
  let text = names.compactMap { name in convtop_string(name).map { String(cString: $0) } }.joined()
  let bytes = Array((text + "\r\n").utf8)
  let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: bytes.count)
  memory.initialize(from: bytes, count: bytes.count)
  restoration.bytes?.deallocate()
  (restoration.bytes, restoration.count) = (memory, bytes.count)
  restoration.previous = fatalSignals.map { number in
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { number in
      if let bytes = restoration.bytes { _ = write(STDOUT_FILENO, bytes, restoration.count) }
      tcsetattr(STDIN_FILENO, TCSANOW, &restoration.modes)
      for index in restoration.previous.indices where restoration.previous[index].signal == number {
        sigaction(number, &restoration.previous[index].action, nil)
      }
      raise(number)
      // The backtracer returns, expecting the fault to happen again; a signal that somebody sent does not.
      signal(number, SIG_DFL)
      raise(number)
    }
    action.sa_flags = Int32(bitPattern: UInt32(bitPattern: SA_NODEFER) | UInt32(bitPattern: SA_ONSTACK))
    var old = sigaction()
    sigaction(number, &action, &old)
    return (number, old)
  }
}

/// Puts the former handlers back.
func removeCrashGuard() {
  for index in restoration.previous.indices {
    sigaction(restoration.previous[index].signal, &restoration.previous[index].action, nil)
  }
  restoration.previous = []
}
