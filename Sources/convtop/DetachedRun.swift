// A run that goes on in a process of its own, without a screen.

import ArgumentParser
import Attachment
import Foundation
import Telemetry
import Training

/// Leaving the screen while the run goes on: since a run can go on from its checkpoint to the same bits, another process does.
enum DetachedRun {
  /// Has a process without a terminal go on with a run that is saved; returns when that can be attached to.
  ///
  /// - Throws: `Failure` when it could not be started.
  static func start(from run: ServedRun, pace: Pace, isPaused: Bool) throws {
    let folder = run.folder.path
    run.stopServing()
    run.folder.release()
    let process = try spawn(folder, pace: pace, isPaused: isPaused)
    for _ in 0..<200 {
      if let remote = try? RemoteRun(folder: folder, name: RunFolder.socketName, isReadOnly: true) {
        say(
          "\(remote.description.name) goes on without a screen, as process \(remote.process): convtop attach \(quoted(folder))"
        )
        return
      }
      var status: Int32 = 0
      guard waitpid(process, &status, WNOHANG) == 0 else { break }
      usleep(50_000)
    }
    throw Failure(
      description: "the run is saved, but no process could go on with it; \(folder)/\(logName) says why. "
        + "To go on here: convtop --resume --run \(quoted(folder))", status: .output)
  }

  static let logName = "detached.log"

  private static func spawn(_ folder: String, pace: Pace, isPaused: Bool) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    let log = O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "\(folder)/\(logName)", log, 0o666)
    posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawnattr_setflags(&attributes, 0x80)  // POSIX_SPAWN_SETSID, a GNU extension: no terminal is its own.
    let pace = Pace.all.firstIndex(of: pace) ?? 0
    let words = ["convtop", "continue", folder, "--pace", String(pace)] + (isPaused ? ["--paused"] : [])
    var arguments = words.map { strdup($0) } + [nil]
    var environment = ProcessInfo.processInfo.environment.map { strdup("\($0)=\($1)") } + [nil]
    defer { for text in arguments + environment { free(text) } }
    var process: pid_t = 0
    // By its name, so that a list of processes shows it; a program that was replaced meanwhile by what is running.
    let path = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    let program = FileManager.default.isExecutableFile(atPath: path) ? path : "/proc/self/exe"
    let failure = posix_spawn(&process, program, &actions, &attributes, &arguments, &environment)
    guard failure == 0 else {
      throw Failure(
        description: "no process could be started: \(String(cString: strerror(failure))); the run is saved",
        status: .output)
    }
    return process
  }
}

/// What a detached run is: a process that goes on with a run and has no screen. People need not know of it.
struct ContinueCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "continue", abstract: "Go on with a run without a screen.", shouldDisplay: false)

  @Argument var folder: String
  @Option var pace = 0
  @Flag var paused = false

  func run() throws {
    try reportingFailures {
      let resumption = try Resumption(run: folder)
      let trainer = try Trainer(resumption.configuration)
      try trainer.resume(resumption)
      if Pace.all.indices.contains(pace) { trainer.send(.pace(Pace.all[pace])) }
      let run = ServedRun(trainer, resumption.folder)
      if let complaint = run.complaint { throw Failure(description: complaint, status: .output) }
      try HeadlessRun(run, SilentReport(), ignoring: [SIGHUP], startsPaused: paused).run()
    }
  }
}

/// Nobody is there to be told; faults and warnings are written down all the same.
struct SilentReport: TrainingReport {
  let trainer = WeakTrainer()

  func begin(_ run: RunDescription, _ status: RunStatus, threads: Int, _ folder: String) {}
  func handle(_ event: Trainer.Event, _ status: RunStatus) {}
  func end(_ status: RunStatus, _ outcome: String, _ folder: String) {}
}
