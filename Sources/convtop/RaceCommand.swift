// `convtop race`: several runs at once that differ in one thing or a few, and which of them wins.

import ArgumentParser
import Dispatch
import Experiments
import Foundation
import Telemetry
import Training
import Workers

struct RaceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "race", abstract: "Train a configuration with several values of something at once, and compare them.",
    discussion: "The runs take turns, step by step, on the same threads. A table at the end says who won, and whether "
      + "that is more than the noise of the validation images.")

  @Argument(help: "A configuration file; LeNet-5 on Fashion-MNIST when left out.")
  var config: String?

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "What differs: training.optimizer.learning_rate=0.1,0.01; given often, each goes with each.",
      valueName: "key=a,b,…"))
  var vary: [String]

  @Option(name: .customLong("run"), help: "The folder of the runs' folders; runs/<name>-race-<date> by default.")
  var folder: String?

  @Flag(help: "One JSON object a line.")
  var json = false

  @OptionGroup var options: ConfigurationOptions

  private static let most = 16

  func validate() throws {
    guard !vary.isEmpty else {
      throw ValidationError("expected what differs, such as --vary training.batch_size=16,64")
    }
  }

  func run() throws {
    try reportingFailures {
      let entries = try RaceCommand.combinations(vary)
      guard (2...RaceCommand.most).contains(entries.count) else {
        throw ValidationError("--vary makes \(entries.count) runs, expected 2 to \(RaceCommand.most)")
      }
      let configurations = try entries.map { entry in
        var options = options
        options.overrides += entry.overrides
        let configuration = try options.readWorkload(config)
        try configuration.requireTraining("race")
        return configuration
      }
      let race = try Race(zip(entries.map(\.name), configurations).map { ($0, $1) }, folder: folder)
      if !json { say("\(entries.count) runs below \(shown(race.folder)), taking turns") }
      let result = try race.run { line in if !json { say(line) } }
      try tell(result)
      guard race.isWhole else { throw ExitCode.output }
    }
  }

  /// Every combination of the values: what each is called, and the overrides that make it.
  static func combinations(_ vary: [String]) throws -> [(name: String, overrides: [String])] {
    var all: [(name: String, overrides: [String])] = [("", [])]
    for text in vary {
      guard let sign = text.firstIndex(of: "=") else {
        throw ValidationError("--vary \(text): expected a key, =, and values with commas between them")
      }
      let key = String(text[..<sign])
      let values = values(text[text.index(after: sign)...])
      guard !key.isEmpty, !values.contains("") else {
        throw ValidationError("--vary \(text): expected a value on each side of a comma")
      }
      let word = key.split(separator: ".").last.map(String.init) ?? key
      all = all.flatMap { before in
        values.map { value in
          (before.name + (before.name.isEmpty ? "" : " ") + "\(word)=\(value)", before.overrides + ["\(key)=\(value)"])
        }
      }
    }
    return all
  }

  /// Between commas; those inside of brackets belong to a value, which may be JSON.
  private static func values(_ text: Substring) -> [String] {
    var (values, depth) = ([""], 0)
    for character in text {
      if "[{".contains(character) { depth += 1 }
      if "]}".contains(character) { depth -= 1 }
      if character == "," && depth == 0 { values.append("") } else { values[values.count - 1].append(character) }
    }
    return values
  }

  private func tell(_ result: Race.Result) throws {
    guard json else {
      let width = max(4, result.runs.map(\.name.count).max() ?? 0)
      say("\(padRight("run", width))   steps  best accuracy  last accuracy  last loss  state")
      for run in result.runs {
        let figures = [run.status.bestEpoch, run.status.lastEpoch].map {
          $0.map { percent($0.validationAccuracy, 2) } ?? "–"
        }
        let loss = run.status.lastEpoch.map { fixed($0.validationLoss, 4) } ?? "–"
        say(
          "\(padRight(run.name, width))\(padLeft(grouped(run.status.step), 8))\(padLeft(figures[0], 15))\(padLeft(figures[1], 15))"
            + "\(padLeft(loss, 11))  \(run.state)")
      }
      for verdict in result.verdicts { say(verdict) }
      return
    }
    for run in result.runs {
      var line = JSONLine()
      try line.add("event", "run")
      try line.add("name", run.name)
      try line.add("run", run.folder)
      try line.add("state", run.state)
      line.add("step", run.status.step)
      if let best = run.status.bestEpoch { line.add("best_validation_accuracy", best.validationAccuracy) }
      if let last = run.status.lastEpoch {
        line.add("validation_accuracy", last.validationAccuracy)
        line.add("validation_loss", last.validationLoss)
      }
      if let test = run.test {
        line.add("only_winner_right", test.onlyFirst)
        line.add("only_this_right", test.onlySecond)
        line.add("p", test.p)
      }
      say(line.text)
    }
  }
}
