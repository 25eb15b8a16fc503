// `convtop fork`: a run that begins where another one stood.

import ArgumentParser
import Foundation
import Telemetry
import Training

struct ForkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fork", abstract: "Begin a run where another one stood, with something changed.",
    discussion: "It trains nothing yet: the command to go on with is said.")

  @Argument(
    help: ArgumentHelp(
      "A run's folder, and the step after which to fork: runs/a@512; its newest checkpoint if no step is named.",
      valueName: "run[@step]"))
  var origin: String

  @Option(name: .customLong("run"), help: "The fork's folder; <run>-fork-<step> by default.")
  var folder: String?

  @Option(help: ArgumentHelp("A layer that is left as it is from there on; it may be given often.", valueName: "layer"))
  var freeze: [String] = []

  @OptionGroup var options: ConfigurationOptions

  func run() throws {
    try reportingFailures {
      let (run, step) = try parse()
      let fork = try Fork.make(from: run, step: step, overrides: options.overrides, frozen: freeze, path: folder)
      let changes = fork.origin.words.isEmpty ? "with nothing changed" : fork.origin.words.joined(separator: ", ")
      say("\(shown(fork.folder)) begins at step \(grouped(fork.origin.step)) of \(shown(run)): \(changes)")
      say("next: convtop train --resume --run \(quoted(fork.folder))")
    }
  }

  private func parse() throws -> (run: String, step: Int?) {
    guard let at = origin.lastIndex(of: "@"), !FileManager.default.fileExists(atPath: origin) else {
      return (origin, nil)
    }
    let number = origin[origin.index(after: at)...]
    guard let step = Int(number), step >= 0 else {
      throw ValidationError("found \"\(number)\" behind the @ of \(origin), expected the number of a step")
    }
    return (String(origin[..<at]), step)
  }
}
