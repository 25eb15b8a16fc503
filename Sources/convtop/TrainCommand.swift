// `convtop train`: training without a screen.

import ArgumentParser
import Experiments
import Foundation
import Training

struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train", abstract: "Train without a screen: a progress bar on a terminal, a line an epoch otherwise.")

  @Argument(help: "A configuration file; with --resume it may be left out.")
  var config: String?

  @OptionGroup var place: RunOptions

  @Flag(help: "One JSON object a line.")
  var json = false

  @OptionGroup var options: ConfigurationOptions

  func validate() throws {
    if config == nil && !place.resume { throw ValidationError("expected a configuration file, or --resume with --run") }
  }

  func run() throws {
    try reportingFailures {
      let opened = try place.open(config, options) {
        let configuration = try options.readWorkload(config)
        try configuration.requireTraining("train")
        return configuration
      }
      let isTerminal = isatty(STDOUT_FILENO) == 1
      let report: any TrainingReport =
        if json { JSONReport() } else if isTerminal { BarReport() } else { LineReport() }
      let trainer = try Trainer(place.withBreakpoints(opened.configuration)) { event in report.handle(event) }
      report.watch(trainer)
      let run = ServedRun(trainer, try opened.record(trainer))
      if let complaint = run.complaint { complain(complaint) }
      try HeadlessRun(run, report).run()
    }
  }
}
