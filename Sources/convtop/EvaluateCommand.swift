// `convtop evaluate`: a run's checkpoint on the test images.

import ArgumentParser
import Foundation
import Telemetry
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
      let result = try Evaluation(run: folder, overrides: options.overrides)
      if json {
        say(try result.line().text)
      } else {
        say(
          String(
            format: "loss %.4f  accuracy %.2f%%  top-\(result.report.k) %.2f%%  on the %d test images of "
              + "\(result.dataset), after step %d",
            result.loss, 100 * result.accuracy, 100 * result.report.topKAccuracy, result.images, result.step))
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
    func percent(_ share: Double?) -> String { share.map { String(format: "%.1f%%", 100 * $0) } ?? "–" }
    func left(_ text: String, _ width: Int) -> String {
      String(repeating: " ", count: max(0, width - text.count)) + text
    }
    let names = result.classes
    let nameWidth = (names.map(\.count).max() ?? 0) + 1
    // Each column is as wide as its number, and headed by the class's number.
    let width = max(5, String(result.report.confusion.max() ?? 0).count + 1)
    let head = names.indices.map { left(String($0), width) }.joined()
    var lines = ["", "\(left("", 4 + nameWidth)) precision  recall  taken for\(head)"]
    for label in names.indices {
      let counts = names.indices.map { left(String(result.report.count(of: label, takenFor: $0)), width) }.joined()
      let name = names[label] + String(repeating: " ", count: nameWidth - names[label].count)
      lines.append(
        "\(left(String(label), 3)) \(name)\(left(percent(result.report.precision(label)), 11))"
          + "\(left(percent(result.report.recall(label)), 8))\(left("", 11))\(counts)")
    }
    return lines.joined(separator: "\n")
  }
}
