// `convtop evaluate`: a run's checkpoint on the test images.

import ArgumentParser
import Foundation
import Telemetry
import Training

struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate", abstract: "Measure a run's checkpoint on the test images.")

  @Argument(help: ArgumentHelp("A run's folder.", valueName: "run"))
  var folder: String

  @Option(
    help: ArgumentHelp("Which checkpoint: last, best, or the number of its step.", valueName: "which"),
    transform: { text in
      guard let choice = CheckpointChoice(text) else {
        throw ValidationError("found \"\(text)\", expected last, best or the number of a step")
      }
      return choice
    })
  var checkpoint = CheckpointChoice.last

  @Flag(help: "One JSON object.")
  var json = false

  @OptionGroup var options: ConfigurationOptions

  func run() throws {
    try reportingFailures {
      let result = try Evaluation(run: folder, checkpoint, overrides: options.overrides)
      if json {
        say(try result.line().text)
      } else {
        let report = result.report
        say(
          "loss \(fixed(result.loss, 4))  accuracy \(percent(result.accuracy, 2))  top-\(report.k) "
            + "\(percent(report.topKAccuracy, 2))  on the \(result.images) test images of \(result.dataset), "
            + "after step \(result.step)")
        say(classTable(result))
      }
      if result.report.undecided > 0 {
        complain(
          "the outputs for \(result.report.undecided) of \(result.images) images are not numbers, so no class was chosen: "
            + "this run has diverged")
      }
    }
  }

  /// A row for each true class: its precision and recall, then how many of its images were taken for each class.
  private func classTable(_ result: Evaluation) -> String {
    func share(_ share: Double?) -> String { share.map { percent($0, 1) } ?? "–" }
    let names = result.classes
    let nameWidth = (names.map(\.count).max() ?? 0) + 1
    // Each column is as wide as its number, and headed by the class's number.
    let width = max(5, String(result.report.confusion.max() ?? 0).count + 1)
    let head = names.indices.map { padLeft(String($0), width) }.joined()
    var lines = ["", "\(padLeft("", 4 + nameWidth)) precision  recall  taken for\(head)"]
    for label in names.indices {
      let counts = names.indices.map { padLeft(String(result.report.count(of: label, takenFor: $0)), width) }.joined()
      let name = padRight(names[label], nameWidth)
      lines.append(
        "\(padLeft(String(label), 3)) \(name)\(padLeft(share(result.report.precision(label)), 11))"
          + "\(padLeft(share(result.report.recall(label)), 8))\(padLeft("", 11))\(counts)")
    }
    return lines.joined(separator: "\n")
  }
}
