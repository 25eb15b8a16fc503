// `convtop gradcheck`: gradients against finite differences, as a table.

import ArgumentParser
import Autograd
import Foundation
import Tensors
import Training
import Workers

struct GradcheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gradcheck",
    abstract: "Check gradients against finite differences: of every operation, or of a configured model's parameters.",
    discussion: "The exit status is 1 when any gradient fails.")

  @Argument(help: "A configuration file; every operation of the engine when left out.")
  var config: String?

  @Option(
    name: .customLong("break"),
    help: ArgumentHelp(
      "Spoil an operation's gradients by five percent, to see that the check notices.", valueName: "operation"))
  var broken: String?

  @OptionGroup var options: ConfigurationOptions

  func run() throws {
    try reportingFailures {
      let failed = try config.map(checkModel) ?? checkOperations()
      say(failed == 0 ? "all pass" : "\(failed) failed")
      if failed > 0 { throw ExitCode.failure }
    }
  }

  private func checkOperations() throws -> Int {
    let catalog = GradientCheck.catalog
    if let broken, !catalog.contains(where: { $0.operation == broken }) {
      throw Failure(
        description: "--break \(broken): is not an operation; expected one of "
          + catalog.map(\.operation).joined(separator: ", "), status: ExitCode(64))
    }
    let pool = WorkerPool(threads: Processors.available)
    row("operation", "gradient of", "shape", "largest error", "")
    var failed = 0
    for check in catalog {
      for result in try check.run(pool, spoiling: check.operation == broken) {
        failed += result.passes ? 0 : 1
        row(check.operation, result.name, result.shape.description, Double(result.error), result.passes)
      }
    }
    return failed
  }

  private func checkModel(_ path: String) throws -> Int {
    if broken != nil {
      throw Failure(
        description: "--break spoils an operation's check; leave the configuration out", status: ExitCode(64))
    }
    let check = try ModelGradientCheck(options.read(path))
    row("", "gradient of", "shape", "largest error", "")
    for result in check.results {
      row("", result.parameter, result.shape.description, result.error, result.passes)
    }
    return check.results.filter { !$0.passes }.count
  }

  private func row(_ operation: String, _ name: String, _ shape: String, _ error: Double, _ passes: Bool) {
    row(operation, name, shape, String(format: "%.1e", error), passes ? "pass" : "FAIL")
  }

  private func row(_ operation: String, _ name: String, _ shape: String, _ error: String, _ verdict: String) {
    func cell(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: max(1, width - text.count))
    }
    let first = config == nil ? cell(operation, 22) : ""
    say("\(first)\(cell(name, 16))\(cell(shape, 14))\(cell(error, 15))\(verdict)")
  }
}
