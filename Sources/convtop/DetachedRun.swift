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
  static func start(from run: ServedRun, pace: Pace, isPaused: Bool, breakpoints: [String]) throws {
    let folder = run.folder.path
    run.trainer.releaseFolder()
    let process = try spawn(folder, pace: pace, isPaused: isPaused, breakpoints)
    // As long as it takes to read the data and the run's lines.
    var status: Int32 = 0
    while waitpid(process, &status, WNOHANG) == 0 {
      if let remote = try? RemoteRun(folder: folder, name: RunFolder.socketName, isReadOnly: true),
        remote.process == process
      {
        say(
          "\(remote.description.name) goes on without a screen, as process \(process): convtop attach \(quoted(folder))"
        )
        return
      }
      usleep(50_000)
    }
    if status == 0 {
      say("\(run.trainer.description.name) was finished at once without a screen, run \(shown(folder))")
      return
    }
    throw Failure(
      description: "the run is saved, but no process could go on with it; \(folder)/\(logName) says why. "
        + "To go on here: convtop --resume --run \(quoted(folder))", status: .output)
  }

  static let logName = "detached.log"

  private static func spawn(_ folder: String, pace: Pace, isPaused: Bool, _ breakpoints: [String]) throws -> pid_t {
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
    let words =
      ["convtop", "continue", folder, "--pace", String(pace)] + (isPaused ? ["--paused"] : [])
      + breakpoints.flatMap { ["--break", $0] }
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
