// `convtop attach`: the screen of a run that another process trains.

import ArgumentParser
import Attachment
import Dashboard
import Experiments
import Foundation
import Telemetry
import Training

struct AttachCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "attach", abstract: "Bring a run that another process trains to this screen.")

  @Argument(help: ArgumentHelp("The run's folder; the only living one below runs when left out.", valueName: "run"))
  var folder: String?

  @Flag(help: "Look on only: no key changes the run.")
  var readOnly = false

  func run() throws {
    guard isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1 else {
      complain("a screen needs a terminal; without one, convtop runs lists the runs")
      throw ExitCode.failure
    }
    try reportingFailures {
      let folder = try self.folder ?? theOnlyOne()
      let configuration = try RunFolder.configuration(of: folder)
      guard RunFolder.isAlive(folder) else {
        throw Failure(
          description: "\(folder): nobody trains this run now; open it: convtop --resume --run \(quoted(folder))",
          status: .output)
      }
      let source = try RemoteRun(folder: folder, name: RunFolder.socketName, isReadOnly: readOnly)
      let loop = try DashboardLoop(
        source, configuration.dashboard, folder: folder, access: readOnly ? .readOnly : .attached)
      switch loop.run(startsPaused: true) {
      case .quit, .detached: break
      case .hangup: throw ExitCode(128 + SIGHUP)
      case .signal(let number): throw ExitCode(128 + number)
      }
      if let failure = source.status.failure { complain(failure) }
    }
  }

  private func theOnlyOne() throws -> String {
    let living = RunSummary.below("runs").filter(\.isAlive)
    guard living.count == 1 else {
      let names = living.map { "\n  convtop attach \($0.folder)" }.joined()
      throw Failure(
        description: living.isEmpty
          ? "no run below runs is being trained now; convtop runs lists them"
          : "\(living.count) runs are being trained; name one:\(names)", status: .output)
    }
    return living[0].folder
  }
}
