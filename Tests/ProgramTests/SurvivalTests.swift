// Runs that survive: killed, without a disk, without a terminal, without a screen.
//
// CONVTOP_KILLS=500 has the killing go on that long.

import Foundation
import Glibc
import Testing

/// A process in the background whose files are looked at afterwards.
private final class BackgroundProgram {
  let process = Process()
  private let output = Pipe()

  init(_ arguments: [String], in folder: String, program: String = programPath) throws {
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    (process.standardInput, process.standardOutput) = (FileHandle.nullDevice, FileHandle.nullDevice)
    process.standardError = output
    try process.run()
  }

  deinit {
    if process.isRunning {
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }
  }

  /// What it said on standard error, once it has ended.
  func errors() -> String {
    process.waitUntilExit()
    return String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
  }
}

@Suite(.serialized) struct SurvivalTests {
  private let small = "\(configurations)/small.json"

  /// Waits until something holds, half a minute at most.
  private func wait(sourceLocation: SourceLocation = #_sourceLocation, until isSo: () throws -> Bool) throws {
    let end = ContinuousClock.now + .seconds(30)
    while try !isSo() {
      try #require(ContinuousClock.now < end, "it did not come about", sourceLocation: sourceLocation)
      usleep(5000)
    }
  }

  private func contents(_ folder: TemporaryFolder, _ file: String) -> Data? {
    FileManager.default.contents(atPath: "\(folder.path)/\(file)")
  }

  private func expectSameFiles(
    _ folder: TemporaryFolder, _ a: String, _ b: String, step: Int, withBest: Bool = true,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let best = withBest ? ["checkpoints/best.safetensors"] : []
    for file in ["metrics.jsonl", "checkpoints/step-\(step).safetensors"] + best {
      let (first, second) = (contents(folder, "\(a)/\(file)"), contents(folder, "\(b)/\(file)"))
      #expect(first != nil && first == second, "\(file)", sourceLocation: sourceLocation)
    }
  }

  /// At random moments, that of a checkpoint's writing among them: it writes one after every second step.
  @Test func killedAtAnyMomentARunGoesOnToTheSameBytes() throws {
    let kills = ProcessInfo.processInfo.environment["CONVTOP_KILLS"].flatMap { Int($0) } ?? 25
    let folder = try TemporaryFolder()
    let epochs = max(4, kills / 4)
    let settings = ["--set", "training.epochs=\(epochs)", "--set", "training.checkpoint.every_steps=2"]
    #expect(try runProgram(["train", small, "--run", "straight"] + settings, in: folder.path).status == 0)
    var arguments = ["train", small, "--run", "run"] + settings
    var random = UInt64(7)
    var survived = 0
    while survived < kills {
      let program = try BackgroundProgram(arguments, in: folder.path)
      // From before its first line to some hundred steps.
      random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      usleep(50_000 + UInt32(random >> 33) % 600_000)
      if !program.process.isRunning { break }
      kill(program.process.processIdentifier, SIGKILL)
      program.process.waitUntilExit()
      survived += 1
      // Killed before it had its configuration it is no run yet, and is begun anew.
      if FileManager.default.fileExists(atPath: "\(folder.path)/run/config.json") {
        // Every line that a checkpoint stands on is whole; only the last may be torn.
        let text = String(decoding: contents(folder, "run/metrics.jsonl") ?? Data(), as: UTF8.self)
        for line in text.split(separator: "\n").dropLast() {
          #expect(line.hasPrefix("{") && line.hasSuffix("}"), "after kill \(survived)")
        }
        arguments = ["train", "--resume", "--run", "run"]
      }
    }
    let last = try runProgram(arguments, in: folder.path)
    #expect(last.status == 0, "\(last.errors)")
    expectSameFiles(folder, "straight", "run", step: 128 * epochs)
    let names = try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/run/checkpoints")
    #expect(names.allSatisfy { !$0.hasPrefix(".") }, "\(names)")
    print("killed \(survived) times")
  }

  @Test func aDiskThatTakesNothingIsTriedAgainUntilItDoes() throws {
    let folder = try TemporaryFolder()
    let settings = ["--set", "training.epochs=40", "--set", "training.checkpoint.every_steps=100"]
    // A quota of 100 kilobytes a file.
    let shell = "ulimit -S -f 100; exec '\(programPath)' train '\(small)' --run run \(settings.joined(separator: " "))"
    let program = try BackgroundProgram(["-c", shell], in: folder.path, program: "/bin/bash")
    // Its lines end in the middle of one, and it goes on: the fault lasts for some steps of the slowest machine, and is
    // over before the fastest has done all of them.
    try wait { contents(folder, "run/metrics.jsonl")?.count == 102_400 }
    usleep(300_000)
    #expect(
      try runProgram(
        ["--pid", "\(program.process.processIdentifier)", "--fsize=unlimited"], in: folder.path,
        program: "/usr/bin/prlimit"
      ).status == 0)
    let errors = program.errors()
    #expect(program.process.terminationStatus == 0)
    #expect(errors.contains("run/metrics.jsonl: cannot be written: File too large; it is tried again\n"), "\(errors)")
    #expect(errors.contains("the disk has everything again\n"))
    #expect(try runProgram(["train", small, "--run", "straight"] + settings, in: folder.path).status == 0)
    expectSameFiles(folder, "straight", "run", step: 5120)
  }

  @Test func aFolderThatIsRemovedIsMadeAgainWithAllOfIt() throws {
    let folder = try TemporaryFolder()
    let settings = ["--set", "training.epochs=40"]
    let program = try BackgroundProgram(["train", small, "--run", "run"] + settings, in: folder.path)
    try wait { contents(folder, "run/metrics.jsonl")?.count ?? 0 > 20_000 }
    // At once: removing file by file would meet what is written meanwhile.
    try FileManager.default.moveItem(atPath: "\(folder.path)/run", toPath: "\(folder.path)/removed")
    try FileManager.default.removeItem(atPath: "\(folder.path)/removed")
    let errors = program.errors()
    #expect(program.process.terminationStatus == 0, "\(errors)")
    #expect(try runProgram(["train", small, "--run", "straight"] + settings, in: folder.path).status == 0)
    // The best one is written again when there is a better one.
    expectSameFiles(folder, "straight", "run", step: 5120, withBest: false)
    #expect(try runProgram(["verify", "run", "--last", "100"], in: folder.path).status == 0)
  }

  @Test func theCommandsThatKnowRunsAgree() throws {
    let folder = try TemporaryFolder()
    let short = ["--set", "training.epochs=2"]
    #expect(try runProgram(["train", small, "--run", "runs/a"] + short, in: folder.path).status == 0)
    let second = try runProgram(["train", small, "--run", "runs/a"] + short, in: folder.path)
    #expect(
      second.status == 73
        && second.errors
          == "convtop: runs/a: already holds a run; go on with it by --resume, or name another folder with --run\n"
    )
    let longer = try runProgram(
      ["train", "--resume", "--run", "runs/a", "--set", "training.epochs=3"], in: folder.path)
    #expect(longer.status == 0 && longer.output.contains("epoch 3/3") && !longer.output.contains("epoch 2/"))
    #expect(
      longer.errors
        == "convtop: the run goes on after step 256 of 256\nconvtop: training.epochs is 3 from now on; it was 2\n")
    let refused = try runProgram(["train", "--resume", "--run", "runs/a", "--set", "seed=9"], in: folder.path)
    #expect(
      refused.status == 78
        && refused.errors
          == "convtop: runs/a/config.json: seed: found 9, but the run in runs/a was begun with 7, which cannot change any more; "
          + "expected the same, or another run's folder\n",
      "\(refused.errors)")
    let verified = try runProgram(["verify", "runs/a"], in: folder.path)
    #expect(verified.status == 0 && verified.output.contains("runs/a: steps 1 to 384 done again: "))
    #expect(verified.output.contains("the last state among them, are the same to the last bit"))
    let listed = try runProgram(["runs"], in: folder.path)
    let line = try #require(listed.output.split(separator: "\n").last)
    #expect(line.hasPrefix("runs/a  finished       3/3       384"))
    // One checkpoint or another; and the best is one of them.
    for which in ["last", "best", "384"] {
      #expect(try runProgram(["evaluate", "runs/a", "--checkpoint", which], in: folder.path).status == 0)
    }
    let missing = try runProgram(["evaluate", "runs/a", "--checkpoint", "7"], in: folder.path)
    #expect(
      missing.status == 73 && missing.errors.contains("step-7.safetensors: is not there; there are those of steps: "))
  }

  @Test func aBreakpointEndsARunWithoutAScreenAndItGoesOnFromThere() throws {
    let folder = try TemporaryFolder()
    let settings = ["--set", "training.epochs=2"]
    #expect(try runProgram(["train", small, "--run", "straight"] + settings, in: folder.path).status == 0)
    let stopped = try runProgram(
      ["train", small, "--run", "run", "--break", "loss < 0.5", "--break", "every 200"] + settings, in: folder.path)
    #expect(stopped.status == 4)
    #expect(stopped.errors.contains(": loss < 0.5, and loss is 0.4"), "\(stopped.errors)")
    #expect(stopped.errors.contains("To go on: convtop train --resume --run run\n"))
    let again = try runProgram(["train", "--resume", "--run", "run", "--break", "every 200"], in: folder.path)
    #expect(again.status == 4 && again.errors.contains("before the update of step 200: every 200, and step 200"))
    #expect(try runProgram(["train", "--resume", "--run", "run"], in: folder.path).status == 0)
    expectSameFiles(folder, "straight", "run", step: 256)
    let wrong = try runProgram(["train", small, "--break", "los > 1"], in: folder.path)
    #expect(wrong.status == 64 && wrong.errors.contains("--break: found \"los > 1\" in \"los > 1\", expected \"loss\""))
  }

  @Test func aDetachedRunGoesOnAndComesBack() throws {
    let terminal = try PseudoTerminal(
      ["dashboard", small, "--run", "run", "--set", "training.epochs=3000"], columns: 120)
    // It has trained for a while: how many epochs depends on the machine.
    terminal.expect(" left ")
    terminal.type("D")
    #expect(terminal.exitStatus() == 0)
    terminal.expectRestoredTerminal()
    #expect(terminal.outputText.contains("small goes on without a screen, as process"))
    func runs() throws -> [String: Any] {
      let text = try runProgram(["runs", ".", "--json"], in: terminal.folder.path).output
      return try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] ?? [:]
    }
    let first = try runs()
    let process = try #require(first["process"] as? Int32)
    defer { kill(process, SIGKILL) }
    #expect(first["state"] as? String == "running" && first["living"] as? Bool == true)
    // Somebody who only looks on, and somebody who takes over.
    let spectator = try PseudoTerminal(
      ["attach", "\(terminal.folder.path)/run", "--read-only"], columns: 120)
    spectator.expect("running  read only")
    spectator.type(" ")
    spectator.expect("nothing can be changed from here")
    let owner = try PseudoTerminal(["attach", "\(terminal.folder.path)/run"], columns: 120)
    owner.expect("running  attached")
    owner.type(" ")
    owner.expect("paused  attached")
    spectator.expect("paused  read only")
    owner.type(":lr 0.25\r")
    spectator.expect("learning rate 0.25")
    owner.type("q")
    #expect(owner.exitStatus() == 0)
    owner.expectRestoredTerminal()
    // Another process on the same folder is refused.
    let second = try runProgram(["train", "--resume", "--run", "run"], in: terminal.folder.path)
    #expect(second.errors == "convtop: run: another process trains this run; watch it with: convtop attach run\n")
    kill(process, SIGTERM)
    spectator.expect("the process that trained this run has ended")
    spectator.type("q")
    #expect(spectator.exitStatus() == 0)
    try wait { try runs()["living"] as? Bool == false }
    #expect(try runs()["state"] as? String == "stopped")
    #expect(!FileManager.default.fileExists(atPath: "\(terminal.folder.path)/run/socket"))
    let verified = try runProgram(["verify", "run"], in: terminal.folder.path)
    #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
  }

  @Test func withoutItsTerminalARunGoesOnIfItIsAskedTo() throws {
    let terminal = try PseudoTerminal(
      ["dashboard", small, "--run", "run", "--keep-running", "--set", "training.epochs=40"])
    terminal.expect("running")
    terminal.signal(SIGHUP)
    #expect(terminal.exitStatus() == 0)
    terminal.expectRestoredTerminal()
    #expect(try runProgram(["runs", "."], in: terminal.folder.path).output.contains("finished     40/40"))
  }

  /// A reader that leaves ends the run as a terminal that is gone does; a full disk for the words changes nothing.
  @Test func whoReadsWhatIsSaidCannotLoseTheRun() throws {
    let folder = try TemporaryFolder()
    let long = "--set training.epochs=3000"
    let left = try runProgram(
      ["-c", "'\(programPath)' train '\(small)' --run a \(long) | head -2; exit ${PIPESTATUS[0]}"], in: folder.path,
      program: "/bin/bash")
    #expect(left.status == 129 && left.errors.contains("standard output cannot be written: Broken pipe; the run ends"))
    #expect(try runProgram(["verify", "a", "--last", "1"], in: folder.path).status == 0)
    let full = try runProgram(
      ["-c", "'\(programPath)' train '\(small)' --run b --set training.epochs=2 > /dev/full"], in: folder.path,
      program: "/bin/sh")
    #expect(full.status == 0 && full.errors.contains("No space left on device; the run goes on"))
    #expect(try runProgram(["runs", "b"], in: folder.path).output.contains("finished"))
  }

  @Test func aNumberThatIsNotFiniteStopsARunWithASentence() throws {
    let folder = try TemporaryFolder()
    let rate = "training.optimizer={\"type\":\"sgd\",\"learning_rate\":1e30}"
    let result = try runProgram(["train", small, "--run", "run", "--set", rate], in: folder.path)
    #expect(result.status == 3)
    #expect(result.errors.contains("numbers were not finite any more, first in layer conv1; the checkpoint of step 0"))
    // As the sentence says, with a rate that works.
    let again = try runProgram(
      [
        "train", "--resume", "--run", "run", "--set", "training.optimizer.learning_rate=0.01", "--set",
        "training.epochs=1",
      ],
      in: folder.path)
    #expect(again.status == 0, "\(again.errors)")
  }
}
