// `convtop evaluate`: a run's checkpoint on the test images.

import ArgumentParser
import Foundation
import Training

struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate", abstract: "Measure a run's last checkpoint on the test images.")

  @Argument(help: ArgumentHelp("A run's folder.", valueName: "run"))
  var folder: String

  @Flag(help: "One JSON object.")
  var json = false

  @OptionGroup var options: ConfigurationOptions

  func run() throws {
    try reportingFailures {
      let result = try Evaluation(
        run: folder, threads: max(1, ProcessInfo.processInfo.activeProcessorCount), overrides: options.overrides)
      if json {
        say(try result.line().text)
      } else {
        say(
          String(
            format: "loss %.4f  accuracy %.2f%%  on the %d test images of \(result.dataset), after step %d",
            result.loss, 100 * result.accuracy, result.images, result.step))
      }
    }
  }
}
