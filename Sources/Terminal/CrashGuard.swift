// What a fault of the program itself looks like: the terminal given back, one sentence, the signal's status.

import CNcurses
import Glibc

/// A signal that a fault raises, and what is said of it.
private struct Fault {
  let signal: Int32
  let sentence: [UInt8]
  /// The handler that was there before: Swift's backtracer, if it is on.
  var previous = sigaction()

  init(_ signal: Int32, _ name: String) {
    self.signal = signal
    sentence = Array(
      ("convtop: a fault in the program itself ended it (\(name)); "
        + "SWIFT_BACKTRACE=enable=yes in the environment shows where\r\n").utf8)
  }
}

/// What a dying process must write, and the modes it must set: filled while all is well, read in a signal handler.
private struct LastWords {
  var faults = [
    Fault(SIGSEGV, "SIGSEGV"), Fault(SIGBUS, "SIGBUS"), Fault(SIGILL, "SIGILL"), Fault(SIGTRAP, "SIGTRAP"),
    Fault(SIGABRT, "SIGABRT"), Fault(SIGFPE, "SIGFPE"),
  ]
  /// Whether the environment asks for Swift's backtracer. Nobody who has not asked for it gets it: on a terminal it
  /// would wait for keys, and it can take minutes.
  var wantsBacktrace = false
  /// The terminal's modes before ncurses changed them; nil while it has them.
  var modes: termios?
  /// Sequences that leave the alternate screen, show the cursor and drop colours.
  var restoration: [UInt8] = []
}

// Written by one thread while nothing is wrong, otherwise only read.
nonisolated(unsafe) private var lastWords = LastWords()
nonisolated(unsafe) private var modesBefore = termios()

/// Has every fault, in whatever thread, end the process with one sentence and the signal's status; call it once, first.
public func installCrashGuard() {
  lastWords.wantsBacktrace = getenv("SWIFT_BACKTRACE").map { $0.pointee != 0 } ?? false
  for index in lastWords.faults.indices {
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { die($0) }
    action.sa_flags = Int32(bitPattern: UInt32(bitPattern: SA_NODEFER) | UInt32(bitPattern: SA_ONSTACK))
    sigaction(lastWords.faults[index].signal, &action, &lastWords.faults[index].previous)
  }
}

/// The handler: async-signal-safe calls only.
private func die(_ number: Int32) {
  if var modes = lastWords.modes {
    lastWords.restoration.withUnsafeBufferPointer { _ = write(STDOUT_FILENO, $0.baseAddress, $0.count) }
    tcsetattr(STDIN_FILENO, TCSANOW, &modes)
  }
  for index in lastWords.faults.indices where lastWords.faults[index].signal == number {
    lastWords.faults[index].sentence.withUnsafeBufferPointer { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
    if lastWords.wantsBacktrace {
      sigaction(number, &lastWords.faults[index].previous, nil)
      raise(number)
    }
  }
  // The backtracer returns, expecting the fault to happen again; a signal that somebody sent does not.
  signal(number, SIG_DFL)
  raise(number)
}

/// Remembers how the terminal was; call before ncurses changes it.
func rememberTerminalModes() { tcgetattr(STDIN_FILENO, &modesBefore) }

/// Has a fault restore the terminal first, from now on.
func guardTerminal() {
  let names = ["rmcup", "cnorm", "sgr0", "op", "rmkx"]
  let text = names.compactMap { name in convtop_string(name).map { String(cString: $0) } }.joined()
  lastWords.restoration = Array((Screen.mouseOff + text + "\r\n").utf8)
  lastWords.modes = modesBefore
}

/// The terminal is as it was: a fault has nothing to restore any more.
func releaseTerminal() { lastWords.modes = nil }
