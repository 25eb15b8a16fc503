// `convtop verify`: a run done again, and compared to the last bit.

import ArgumentParser
import Foundation
import Telemetry
import Training

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Do a run again from its configuration and journal, and compare every figure and state to the last bit.")

  @Argument(help: ArgumentHelp("A run's folder.", valueName: "run"))
  var folder: String

  @Option(help: ArgumentHelp("Only so many steps, from the checkpoint before them.", valueName: "steps"))
  var last: Int?

  @Option(help: "Threads for the arithmetic; the results must not depend on it.")
  var threads: Int?

  func validate() throws {
    if let last, last < 1 { throw ValidationError("--last takes a number of steps of at least 1") }
    if let threads, threads < 1 { throw ValidationError("--threads takes a number of at least 1") }
  }

  func run() throws {
    try reportingFailures {
      let isTerminal = isatty(STDERR_FILENO) == 1
      var lastShown = ContinuousClock.now
      let result = try Verification(run: folder, last: last, threads: threads) { step, total in
        guard isTerminal, ContinuousClock.now - lastShown > .milliseconds(100) else { return }
        lastShown = .now
        show("\r\u{1b}[Kstep \(step) of \(total)")
      }
      if isTerminal { show("\r\u{1b}[K") }
      if let difference = result.difference { throw Failure(description: difference, status: .failure) }
      say(
        "\(folder): steps \(result.firstStep + 1) to \(result.lastStep) done again: \(result.lines) lines and "
          + "\(result.checkpoints) checkpoint\(result.checkpoints == 1 ? "" : "s")"
          + (result.hasFinalState ? ", the last state among them," : "") + " are the same to the last bit")
    }
  }

  private func show(_ text: String) {
    // Progress that cannot be shown is no failure.
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }
}
