// Runs that come from others, or compete: `fork` and `race`.

import Foundation
import Testing

@Suite(.serialized) struct ForkCommandTests {
  private let small = "\(configurations)/small.json"
  private let short = ["--set", "training.epochs=2"]

  @Test func aForkGoesOnFromWhereItWasToldAndSaysWhatDiffers() throws {
    let folder = try TemporaryFolder()
    #expect(try runProgram(["train", small, "--run", "a"] + short, in: folder.path).status == 0)
    let fork = try runProgram(
      ["fork", "a@100", "--run", "b", "--set", "training.optimizer.learning_rate=0.01", "--freeze", "conv1"],
      in: folder.path)
    #expect(fork.status == 0, "\(fork.errors)")
    #expect(
      fork.output
        == "b begins at step 100 of a: frozen conv1, training.optimizer.learning_rate 0.003 → 0.01\n"
        + "next: convtop train --resume --run b\n")
    let trained = try runProgram(["train", "--resume", "--run", "b"], in: folder.path)
    #expect(trained.status == 0 && trained.errors.contains("the run goes on after step 100 of 256"))
    #expect(try runProgram(["verify", "b"], in: folder.path).output.contains("b: steps 101 to 256 done again"))
    let wrong = try runProgram(["fork", "a@x"], in: folder.path)
    #expect(
      wrong.status == 64 && wrong.errors.contains("found \"x\" behind the @ of a@x, expected the number of a step"))
  }

  @Test func aRaceHasAWinnerAndEachOfItsRunsIsWhatItWouldBeAlone() throws {
    let folder = try TemporaryFolder()
    #expect(try runProgram(["train", small, "--run", "a"] + short, in: folder.path).status == 0)
    let race = try runProgram(
      ["race", small, "--vary", "training.optimizer.learning_rate=1e-6,0.003", "--run", "races"] + short,
      in: folder.path)
    #expect(race.status == 0, "\(race.errors)")
    let lines = race.output.split(separator: "\n").map(String.init)
    #expect(lines.first == "2 runs below races, taking turns")
    let table = try #require(lines.firstIndex { $0.hasPrefix("run ") })
    #expect(lines[table + 1].hasPrefix("learning_rate=0.003") && lines[table + 2].hasPrefix("learning_rate=1e-6"))
    #expect(lines.last?.hasPrefix("learning_rate=0.003 leads learning_rate=1e-6 by ") == true)
    #expect(lines.last?.hasSuffix("more than noise (McNemar's test, p < 0.001)") == true)
    #expect(
      FileManager.default.contents(atPath: "\(folder.path)/races/2-learning_rate=0.003/metrics.jsonl")
        == FileManager.default.contents(atPath: "\(folder.path)/a/metrics.jsonl"))
  }

  @Test(arguments: [
    ("training.epochs", "expected a key, =, and values"), ("training.epochs=1,", "a value on each side of a comma"),
    ("training.epochs=1", "--vary makes 1 runs, expected 2 to 16"),
    ("training.epochs=1,x", "training.epochs: found \"x\", expected"),
  ])
  func whatIsNoRaceIsRefusedAndLeavesNothing(vary: String, message: String) throws {
    let folder = try TemporaryFolder()
    let wrong = try runProgram(["race", small, "--vary", vary], in: folder.path)
    #expect(wrong.status != 0 && wrong.errors.contains(message), "\(wrong.errors)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }
}
