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

  @Test func aRunIsPlayedAndFilmedAsItWas() throws {
    let terminal = try PseudoTerminal(
      ["dashboard", small, "--paused", "--run", "run", "--set", "training.epochs=2"], columns: 100)
    terminal.expect("step 0/256")
    terminal.type("40n")
    terminal.expect("step 40/256")
    terminal.type(":lr 0.0625\r")
    terminal.expect("learning rate 0.0625")
    terminal.type("10n")
    terminal.expect("step 50/256")
    terminal.type("q")
    #expect(terminal.exitStatus() == 0)
    let run = "\(terminal.folder.path)/run"
    let before = FileManager.default.contents(atPath: "\(run)/metrics.jsonl")

    let played = try PseudoTerminal(["play", run, "--paused"], columns: 120)
    played.expect("again, as it was")
    played.type("40n")
    played.expect("step 40/256")
    played.type("n")
    // With what was changed there, and to where the record ends.
    played.expect("learning rate 0.0625")
    played.type(" ")
    played.expect("stopped before the update of step 51")
    played.type("b")
    played.expect("step 49, replayed (newest 50)")
    played.type("q")
    #expect(played.exitStatus() == 0)
    played.expectRestoredTerminal()

    let film = "\(terminal.folder.path)/film.cast"
    let made = try runProgram(
      ["record", run, film, "--every", "10", "--size", "80x24", "--fps", "5"], in: terminal.folder.path)
    #expect(made.status == 0 && made.output.hasSuffix("film.cast: 6 frames, 1.2 s\n"), "\(made.output)\(made.errors)")
    let lines = String(decoding: FileManager.default.contents(atPath: film) ?? Data(), as: UTF8.self).split(
      separator: "\n")
    let header = try #require(try JSONSerialization.jsonObject(with: Data(lines[0].utf8)) as? [String: Any])
    #expect(header["version"] as? Int == 2 && header["width"] as? Int == 80 && header["height"] as? Int == 24)
    let events = try lines.dropFirst().map { try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [Any] ?? [] }
    #expect(events.map { $0.first as? Double } == [0, 0.2, 0.4, 0.6, 0.8, 1])
    #expect((events.last?.last as? String)?.contains("50/256") == true)
    let again = try runProgram(["record", run, film], in: terminal.folder.path)
    #expect(again.status == 73 && again.errors.contains("is there already; expected the name of a new file"))
    let picture = try runProgram(
      [
        "record", run, "film.png", "--steps", "10..20", "--every", "5", "--view", "filters", "--pane", "filters",
        "--layer", "conv2",
      ],
      in: terminal.folder.path)
    #expect(picture.output == "film.png: 3 frames, 0.3 s\n", "\(picture.errors)")
    #expect(FileManager.default.contents(atPath: "\(run)/metrics.jsonl") == before)
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
