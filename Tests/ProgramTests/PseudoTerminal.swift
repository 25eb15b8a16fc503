// The real program in a pseudo-terminal of its own.

import Foundation
import Glibc
import Testing

/// Where this build put the program.
let programPath: String = {
  let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
  return URL(fileURLWithPath: tests).deletingLastPathComponent().appending(path: "convtop").path
}()

let configurations = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../../configs")
  .standardized.path

/// A folder that is removed with its owner.
final class TemporaryFolder {
  let path = NSTemporaryDirectory() + "convtop-test-\(UUID().uuidString)"
  init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
  deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// A program that runs in a pseudo-terminal, and the screen that it draws.
final class PseudoTerminal {
  let folder: TemporaryFolder
  private let controller: Int32
  private let terminal: Int32
  private let process: pid_t
  private(set) var screen: TerminalEmulator
  /// Everything that the program has written.
  private(set) var output: [UInt8] = []
  private let before: termios
  private var status: Int32?

  init(
    _ arguments: [String], columns: Int = 100, rows: Int = 30, environment: [String: String] = [:],
    program: String = programPath
  ) throws {
    folder = try TemporaryFolder()
    controller = open("/dev/ptmx", O_RDWR | O_NOCTTY)
    var (number, unlocked): (Int32, Int32) = (0, 0)
    let (getNumber, setLock): (UInt, UInt) = (0x8004_5430, 0x4004_5431)  // TIOCGPTN and TIOCSPTLCK, which are macros.
    try #require(ioctl(controller, setLock, &unlocked) == 0 && ioctl(controller, getNumber, &number) == 0)
    let name = "/dev/pts/\(number)"
    // Kept open, so that the modes can be read after the program has ended.
    terminal = open(name, O_RDWR | O_NOCTTY)
    var modes = termios()
    tcgetattr(terminal, &modes)
    before = modes
    screen = TerminalEmulator(columns: columns, rows: rows)
    PseudoTerminal.setSize(controller, columns, rows)

    var variables = ProcessInfo.processInfo.environment
    variables.merge(["TERM": "xterm-256color", "LC_ALL": "C.UTF-8"]) { $1 }
    variables.merge(environment) { $1 }
    variables = variables.filter { !$0.value.isEmpty }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    // Opened by the leader of a new session, it becomes its controlling terminal.
    for descriptor: Int32 in [0, 1, 2] { posix_spawn_file_actions_addopen(&actions, descriptor, name, O_RDWR, 0) }
    posix_spawn_file_actions_addclose(&actions, controller)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    // The threads that tests run on block signals, which a child would inherit.
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, 0x80 | Int16(POSIX_SPAWN_SETSIGMASK))  // 0x80: SETSID, a GNU extension.
    let env = "/usr/bin/env"
    var argv = ([env, "-C", folder.path, program] + arguments).map { strdup($0) } + [nil]
    var envp = variables.map { strdup("\($0)=\($1)") } + [nil]
    var pid: pid_t = 0
    let failure = posix_spawn(&pid, env, &actions, &attributes, &argv, &envp)
    for text in argv + envp { free(text) }
    posix_spawn_file_actions_destroy(&actions)
    posix_spawnattr_destroy(&attributes)
    try #require(failure == 0, "\(program) could not be started")
    process = pid
  }

  deinit {
    if status == nil {
      kill(process, SIGKILL)
      waitpid(process, nil, 0)
    }
    close(controller)
    close(terminal)
  }

  private static func setSize(_ descriptor: Int32, _ columns: Int, _ rows: Int) {
    var size = winsize(ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
    _ = ioctl(descriptor, UInt(TIOCSWINSZ), &size)
  }

  func type(_ text: String) {
    _ = text.utf8.withContiguousStorageIfAvailable { write(controller, $0.baseAddress, $0.count) }
  }
  func signal(_ number: Int32) { kill(process, number) }

  /// Sends a signal to one thread, as a fault in it would.
  func signal(_ number: Int32, thread: pid_t) {
    // The C library has it, but declares it as an extension only.
    let send = unsafeBitCast(
      dlsym(nil, "tgkill"), to: (@convention(c) (_ process: pid_t, _ thread: pid_t, _ signal: Int32) -> Int32).self)
    _ = send(process, thread, number)
  }

  /// The program's threads but its first, oldest first.
  func otherThreads() throws -> [pid_t] {
    try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task").compactMap { pid_t($0) }
      .filter { $0 != process }.sorted()
  }

  /// Whether a thread holds a signal back.
  func blocks(_ number: Int32, thread: pid_t) throws -> Bool {
    let status = try String(contentsOfFile: "/proc/\(process)/task/\(thread)/status", encoding: .utf8)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("SigBlk:") })
    let mask = try #require(UInt64(line.split(separator: "\t")[1], radix: 16))
    return mask >> UInt64(number - 1) & 1 == 1
  }

  func resize(columns: Int, rows: Int) {
    absorb(milliseconds: 50)
    screen.resize(columns: columns, rows: rows)
    PseudoTerminal.setSize(controller, columns, rows)
  }

  /// Forgets what the screen shows, as a shell's output would cover it.
  func clearScreen() { screen.resize(columns: screen.columns, rows: screen.rows) }

  /// Reads what the program writes for so long; returns how many bytes came.
  @discardableResult
  func absorb(milliseconds: Int) -> Int {
    var count = 0
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let end = ContinuousClock.now + .milliseconds(milliseconds)
    while ContinuousClock.now < end {
      var descriptor = pollfd(fd: controller, events: Int16(POLLIN), revents: 0)
      guard poll(&descriptor, 1, 10) > 0, descriptor.revents & Int16(POLLIN) != 0 else { continue }
      let got = read(controller, &buffer, buffer.count)
      guard got > 0 else { break }
      output += buffer[0..<got]
      screen.feed(Array(buffer[0..<got]))
      count += got
    }
    return count
  }

  /// Waits until the screen holds a text; records a failure with the screen after a while, and gives up on the program.
  func expect(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) {
    let end = ContinuousClock.now + .seconds(20)
    while !screen.text.contains(text) {
      guard status == nil && ContinuousClock.now < end else {
        if status == nil { kill(process, SIGKILL) }
        _ = exitStatus()
        Issue.record("the screen does not show \"\(text)\":\n\(screen.text)", sourceLocation: sourceLocation)
        return
      }
      absorb(milliseconds: 20)
    }
  }

  /// Waits for the end and gives the exit status, or minus the signal that ended it.
  func exitStatus() -> Int32 {
    let end = ContinuousClock.now + .seconds(30)
    var raw: Int32 = 0
    while status == nil && ContinuousClock.now < end {
      if waitpid(process, &raw, WNOHANG) == process { status = raw & 0x7f == 0 ? raw >> 8 & 0xff : -(raw & 0x7f) }
      absorb(milliseconds: 10)
    }
    return status ?? -999
  }

  /// Seconds of processor time that the program has used.
  var processorTime: Double {
    let text =
      FileManager.default.contents(atPath: "/proc/\(process)/stat").map { String(decoding: $0, as: UTF8.self) } ?? ""
    let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
    guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return .nan }
    return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  var outputText: String { String(decoding: output, as: UTF8.self) }

  /// Whether line editing, echo and all other modes are what they were before the program started.
  var hasFormerModes: Bool {
    var now = termios()
    tcgetattr(terminal, &now)
    return now.c_lflag == before.c_lflag && now.c_iflag == before.c_iflag && now.c_oflag == before.c_oflag
  }

  /// Whether the last of two sequences in the output is the one that puts things back.
  func leaves(_ set: String, by reset: String) -> Bool {
    guard let entered = outputText.range(of: set, options: .backwards) else { return true }
    guard let left = outputText.range(of: reset, options: .backwards) else { return false }
    return left.lowerBound > entered.lowerBound
  }

  /// Cooked mode, the main screen, a visible cursor, no mouse.
  func expectRestoredTerminal(sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(hasFormerModes, sourceLocation: sourceLocation)
    #expect(leaves("\u{1b}[?1049h", by: "\u{1b}[?1049l"), sourceLocation: sourceLocation)
    #expect(leaves("\u{1b}[?25l", by: "\u{1b}[?25h"), sourceLocation: sourceLocation)
    #expect(!outputText.contains("\u{1b}[?1000h"), sourceLocation: sourceLocation)
  }
}

/// Runs the program without a terminal; its output and exit status.
func runProgram(
  _ arguments: [String], in folder: String, environment: [String: String] = [:], program: String = programPath
) throws -> (output: String, errors: String, status: Int32) {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: program)
  process.arguments = arguments
  process.currentDirectoryURL = URL(fileURLWithPath: folder)
  process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
  let (output, errors) = (Pipe(), Pipe())
  (process.standardOutput, process.standardError, process.standardInput) = (output, errors, FileHandle.nullDevice)
  try process.run()
  let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
  let complaint = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
  process.waitUntilExit()
  return (text, complaint, process.terminationStatus)
}
