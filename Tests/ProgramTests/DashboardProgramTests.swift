// The real program on a real (pseudo-)terminal, from start to end.

import Foundation
import Glibc
import Testing

@Suite(.serialized) struct DashboardProgramTests {
  private static let small = "\(configurations)/small.json"

  /// The small configuration, paused before its first batch.
  private func paused(_ environment: [String: String] = [:], columns: Int = 100, rows: Int = 30) throws
    -> PseudoTerminal
  {
    let terminal = try PseudoTerminal(
      ["dashboard", DashboardProgramTests.small, "--paused", "--run", "run"], columns: columns, rows: rows,
      environment: environment)
    terminal.expect("step 0/1280")
    return terminal
  }

  /// A checkpoint of some step behind the first.
  private func expectCheckpoint(_ terminal: PseudoTerminal, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: "\(terminal.folder.path)/run/checkpoints")
    #expect(
      names.contains { $0.hasPrefix("step-") && $0 != "step-0.safetensors" }, "\(names)", sourceLocation: sourceLocation
    )
  }

  /// The session that README tells: a spike, a step back, a fork with a lower rate, and the fork wins.
  @Test func aSpikeIsStoppedAtLookedAtAndForkedAway() throws {
    let settings = ["--set", "training.optimizer.learning_rate=0.3", "--set", "training.epochs=3"]
    let terminal = try PseudoTerminal(
      ["dashboard", DashboardProgramTests.small, "--paused", "--run", "run"] + settings, columns: 120, rows: 30)
    terminal.expect("step 0/384")
    terminal.type("n")
    terminal.expect("step 1/384")
    terminal.type(":break loss > 3\r")
    terminal.expect("the run stops before a step at which loss > 3")
    terminal.type(" ")
    terminal.expect("stopped before the update of step 2: loss > 3, and loss is 696")
    terminal.type("b")
    terminal.expect("step 0, replayed (newest 1)")
    terminal.type("w")
    terminal.expect("the past cannot be changed")
    terminal.type("f")
    terminal.expect("Fork at step 0")
    terminal.type(String(repeating: "\u{7f}", count: 4) + "-1\r")
    terminal.expect("learning_rate: found -1")
    terminal.type("\u{7f}\u{7f}0.003\r")
    terminal.expect("a fork of run at step 0: training.optimizer.learning_rate 0.3")
    // Both from there on; the one that comes to the spike again stops both.
    terminal.type(" ")
    terminal.expect("A has stopped before the update of step 2")
    terminal.type(" ")
    terminal.expect("finished")
    terminal.type("\u{1b}[19~")
    terminal.expect("B leads A by")
    terminal.expect("after epoch 3: more than noise (McNemar's test, p < 0.001)")
    terminal.type(";")
    terminal.expect("finished")
    terminal.type("q")
    #expect(terminal.exitStatus() == 0)
    terminal.expectRestoredTerminal()
    let folder = terminal.folder.path
    func accuracy(_ run: String) throws -> Double {
      let text = try runProgram(["evaluate", run, "--json"], in: folder).output
      let fields = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
      return try #require(fields?["accuracy"] as? Double)
    }
    #expect(try accuracy("run-fork-0") > accuracy("run") + 0.3)
    for run in ["run", "run-fork-0"] { #expect(try runProgram(["verify", run], in: folder).status == 0) }
  }

  @Test func stepsInspectsAndQuits() throws {
    let terminal = try paused()
    terminal.expect("small on glyphs")
    terminal.type("n")
    terminal.expect("step 1/1280")
    terminal.type("100n")
    terminal.expect("step 101/1280")
    terminal.type("N")
    terminal.expect("step 128/1280")
    terminal.expect(" test ")
    terminal.type("]")
    terminal.expect("of relu1")
    terminal.type("\u{1b}OB")
    terminal.expect("Filters of conv2")
    terminal.type("\u{1b}OC")
    terminal.expect("▸1")
    terminal.type("pp")
    terminal.expect("input 2")
    terminal.type("?")
    terminal.expect("the layer after")
    terminal.type("epoch")
    terminal.expect("search: epoch")
    terminal.type("\u{1b}")
    terminal.expect("Prediction")
    // Every view, by its key; and back the way one came.
    for (key, word) in [
      ("\u{1b}OQ", "classes"), ("\u{1b}OR", "gradient"), ("\u{1b}OS", "the engine's"),
      ("\u{1b}[15~", "Series"), ("\u{1b}[17~", "Training images"),
    ] {
      terminal.type(key)
      terminal.expect(word)
    }
    terminal.type("\u{1b}")
    terminal.expect("Series")
    terminal.type(":lr 0.01\r")
    terminal.expect("learning rate 0.01")
    terminal.type("-")
    terminal.expect("100 steps/s")
    terminal.type("S")
    terminal.expect("saved run/convtop-charts-1.txt")
    let saved = URL(fileURLWithPath: "\(terminal.folder.path)/run/convtop-charts-1.txt")
    #expect(try String(contentsOf: saved, encoding: .utf8).contains("Series"))
    let picture = try Data(
      contentsOf: URL(fileURLWithPath: "\(terminal.folder.path)/run/convtop-charts-1.png"))
    // 100×30 cells of 8×16 pixels.
    #expect(picture.count > 2000 && Array(picture[16..<24]) == [0, 0, 3, 32, 0, 0, 1, 224])
    // A click on the first tab.
    terminal.type("\u{1b}[<0;13;1M\u{1b}[<0;13;1m")
    terminal.expect("Layers")
    terminal.type("q")
    #expect(terminal.exitStatus() == 0)
    terminal.expectRestoredTerminal()
    #expect(
      terminal.outputText.hasSuffix("small: 128 of 1280 steps, run run\r\nnext: convtop --resume --run run\r\n"))
  }

  /// Each picture after a single batch is of the state after it, however short the batch is.
  @Test func afterEachBatchThePicturesAreOfTheStateThatItLeft() throws {
    let terminal = try PseudoTerminal(
      [
        "dashboard", DashboardProgramTests.small, "--paused", "--run", "run", "--set", "training.batch_size=2",
        "--set", "dashboard.smoothing=0",
      ], columns: 100, rows: 30)
    terminal.expect("step 0/20480")
    let metrics = URL(fileURLWithPath: "\(terminal.folder.path)/run/metrics.jsonl")
    for step in 1...40 {
      terminal.type("n")
      terminal.expect("step \(step)/20480")
      let lines = String(decoding: try Data(contentsOf: metrics), as: UTF8.self).split(separator: "\n")
      // Behind a step's line may be one of what was measured.
      let last = try #require(lines.last { $0.contains("\"loss\"") })
      let line = try JSONDecoder().decode([String: Double].self, from: Data(last.utf8))
      #expect(line["step"] == Double(step))
      terminal.expect(String(format: "train %.3f", try #require(line["loss"])))
    }
    terminal.type("q")
    #expect(terminal.exitStatus() == 0)
  }

  @Test func aFixedFilterIsLookedAtAndLeavesNothingBehind() throws {
    let edge = "\(configurations)/edge-filter.json"
    let terminal = try PseudoTerminal(["dashboard", edge, "--set", "dataset.name=glyphs"])
    terminal.expect("nothing trains here; image 0 of")
    terminal.expect("Filters of edge")
    terminal.expect("input 0")
    terminal.type(" np")
    terminal.expect("input 1")
    terminal.type("q")
    #expect(terminal.exitStatus() == 0)
    terminal.expectRestoredTerminal()
    #expect(try FileManager.default.contentsOfDirectory(atPath: terminal.folder.path).isEmpty)
  }

  @Test func aRunThatNeverMadeAStepLeavesNoFolder() throws {
    let terminal = try paused()
    terminal.type("q")
    #expect(terminal.exitStatus() == 0)
    #expect(!FileManager.default.fileExists(atPath: "\(terminal.folder.path)/run"))
  }

  @Test func aStockConfigurationIsNamedWithoutItsFile() throws {
    let terminal = try PseudoTerminal(["lenet", "--paused", "--set", "dataset.name=glyphs"])
    terminal.expect("lenet on glyphs")
    terminal.type("q")
    #expect(terminal.exitStatus() == 0)
  }

  /// An answer that comes when nobody waits for it any more, and a mouse report in two pieces, are not taken for keys.
  @Test func whatATerminalSaysLateIsNotTakenForKeys() throws {
    let terminal = try paused()
    terminal.expect("Prediction")
    terminal.type("\u{1b}]11;rgb:cccc/cccc/cccc\u{1b}\\\u{1b}[?62;22c")
    terminal.type("\u{1b}[<0;1")
    terminal.absorb(milliseconds: 100)
    terminal.type("3;1M\u{1b}[<0;13;1m")
    terminal.type("n")
    terminal.expect("step 1/1280")
    #expect(terminal.screen.text.contains("▸conv1") && !terminal.screen.text.contains("Messages"))
    terminal.type("q")
    #expect(terminal.exitStatus() == 0)
  }

  @Test func runsPausesAndAsksBeforeItQuits() throws {
    let terminal = try PseudoTerminal(
      ["dashboard", DashboardProgramTests.small, "--set", "training.epochs=100000", "--run", "run"])
    terminal.expect("running")
    terminal.type("q")
    terminal.expect("Quit?")
    terminal.type("n")
    terminal.expect("Space run/pause")
    terminal.type(" ")
    terminal.expect("paused")
    terminal.type(" ")
    terminal.expect("running")
    terminal.type("q")
    terminal.expect("Quit?")
    terminal.type("y")
    #expect(terminal.exitStatus() == 0)
    terminal.expectRestoredTerminal()
    try expectCheckpoint(terminal)
  }

  /// Where each step is a frame that is written whole: pictures that glow, and curves.
  @Test func slowMotionGoesOnInEveryView() throws {
    let terminal = try paused(["COLORTERM": "truecolor"], columns: 160, rows: 50)
    terminal.type(":pace 10\r")
    terminal.expect("10 steps/s")
    terminal.type(" ")
    terminal.expect("running")
    for key in ["\u{1b}OP", "\u{1b}OQ", "\u{1b}OR", "\u{1b}OS", "\u{1b}[15~", "\u{1b}[17~"] {
      terminal.type(key)
      for _ in 0..<8 { _ = terminal.absorb(milliseconds: 60) }
    }
    terminal.type("q")
    terminal.expect("Quit?")
    terminal.type("y")
    #expect(terminal.exitStatus() == 0)
    terminal.expectRestoredTerminal()
  }

  @Test func anIdlePausedScreenWritesNothingAndSleeps() throws {
    let terminal = try paused()
    terminal.type("n")
    terminal.expect("step 1/1280")
    while terminal.absorb(milliseconds: 300) > 0 {}
    let before = terminal.processorTime
    #expect(terminal.absorb(milliseconds: 1000) == 0)
    // Two ticks of the clock that the kernel counts in.
    #expect(terminal.processorTime - before <= 0.02)
  }

  @Test func resizingAtAnyMomentEndsInACleanScreen() throws {
    let terminal = try PseudoTerminal(
      ["dashboard", DashboardProgramTests.small, "--set", "training.epochs=100000", "--run", "run"])
    terminal.expect("running")
    for (columns, rows) in [
      (1, 1), (200, 60), (3, 50), (80, 24), (79, 24), (1, 1), (2, 1), (120, 40), (10, 2), (100, 30),
    ] {
      terminal.resize(columns: columns, rows: rows)
      terminal.absorb(milliseconds: 60)
    }
    terminal.resize(columns: 60, rows: 20)
    terminal.expect("convtop needs 80×24; this is 60×20")
    #expect(terminal.screen.text.split(separator: "\n").filter { !$0.allSatisfy { $0 == " " } }.count == 1)
    terminal.resize(columns: 120, rows: 40)
    terminal.expect("Prediction")
    terminal.type(" ")
    terminal.expect("paused")
    // What a repaint shows is what the differences had led to.
    while terminal.absorb(milliseconds: 300) > 0 {}
    let shown = terminal.screen.text
    terminal.resize(columns: 121, rows: 40)
    terminal.resize(columns: 120, rows: 40)
    while terminal.absorb(milliseconds: 300) > 0 {}
    #expect(terminal.screen.text == shown)
    terminal.type("q")
    #expect(terminal.exitStatus() == 0)
  }

  @Test(arguments: [(SIGTERM, Int32(143)), (SIGHUP, Int32(129)), (SIGINT, Int32(130)), (SIGQUIT, Int32(131))])
  func aSignalEndsItWithTheTerminalRestoredAndTheWeightsSaved(number: Int32, status: Int32) throws {
    let terminal = try PseudoTerminal(
      ["dashboard", DashboardProgramTests.small, "--set", "training.epochs=100000", "--run", "run"])
    terminal.expect("running")
    terminal.expect(" test ")
    if number == SIGINT { terminal.type("\u{3}") } else { terminal.signal(number) }
    #expect(terminal.exitStatus() == status)
    terminal.expectRestoredTerminal()
    try expectCheckpoint(terminal)
  }

  @Test(arguments: [SIGSEGV, SIGABRT, SIGILL], ["", "enable=no"])
  func aCrashGivesTheTerminalBack(number: Int32, backtrace: String) throws {
    let terminal = try paused(["SWIFT_BACKTRACE": backtrace])
    terminal.signal(number)
    expectLastWords(terminal, number)
  }

  /// The pool's threads, and the queue's, in which the kernels run.
  @Test(arguments: [SIGSEGV, SIGILL, SIGBUS])
  func aFaultInsideAWorkerGivesTheTerminalBack(number: Int32) throws {
    let terminal = try paused(["SWIFT_BACKTRACE": ""])
    terminal.type("3n")
    terminal.expect("step 3/1280")
    let workers = try terminal.otherThreads()
    #expect(!workers.isEmpty)
    for worker in workers { #expect(try !terminal.blocks(number, thread: worker), "thread \(worker)") }
    terminal.signal(number, thread: try #require(workers.last))
    expectLastWords(terminal, number)
  }

  private func expectLastWords(_ terminal: PseudoTerminal, _ number: Int32) {
    #expect(terminal.exitStatus() == -number)
    terminal.expectRestoredTerminal()
    #expect(terminal.outputText.contains("convtop: a fault in the program itself ended it (SIG"))
    #expect(!terminal.outputText.contains("backtrace"))
  }

  @Test func controlZGivesTheTerminalBackAndForegroundTakesItAgain() throws {
    // Only a process that a shell with job control has started can be stopped.
    let command = "\(programPath) dashboard \(DashboardProgramTests.small) --paused --run run"
    let terminal = try PseudoTerminal(
      ["-mc", "\(command); echo STOPPED; read line; fg; echo ENDED $?"], program: "/bin/bash")
    terminal.expect("step 0/1280")
    terminal.expect("Prediction")
    terminal.type("\u{1a}")
    terminal.expect("STOPPED")
    terminal.expectRestoredTerminal()
    terminal.clearScreen()
    terminal.type("\n")
    terminal.expect("step 0/1280")
    terminal.expect("Prediction")
    terminal.type("n")
    terminal.expect("step 1/1280")
    terminal.type("q")
    terminal.expect("ENDED 0")
    #expect(terminal.exitStatus() == 0)
    terminal.expectRestoredTerminal()
  }

  @Test(arguments: [
    ("xterm-256color", "C.UTF-8"), ("tmux-256color", "C.UTF-8"), ("screen", "C.UTF-8"), ("xterm", "C.UTF-8"),
    ("vt100", "C.UTF-8"), ("xterm-256color", "C"), ("vt100", "C"),
  ])
  func worksUnderEveryKindOfTerminal(type: String, locale: String) throws {
    let terminal = try paused(["TERM": type, "LC_ALL": locale])
    terminal.type("3n")
    terminal.expect("step 3/1280")
    terminal.expect("Prediction")
    if locale == "C" { #expect(terminal.output.allSatisfy { $0 < 0x80 }) }
    terminal.type("q")
    #expect(terminal.exitStatus() == 0)
    #expect(terminal.hasFormerModes)
  }

  @Test(arguments: [
    ("dumb", "TERM is \"dumb\", which cannot move its cursor"),
    ("no-such-terminal", "TERM is \"no-such-terminal\", which this system does not know"),
    ("", "TERM is not set"),
  ])
  func aTerminalThatCannotBeUsedIsNamedInOneLine(type: String, message: String) throws {
    let terminal = try PseudoTerminal(
      ["dashboard", DashboardProgramTests.small, "--run", "run"], columns: 200, environment: ["TERM": type])
    #expect(terminal.exitStatus() == 1)
    #expect(terminal.outputText.contains("convtop: \(message)"))
    #expect(terminal.outputText.split(separator: "\r\n").count == 1)
    terminal.expectRestoredTerminal()
  }

  @Test func aWrongConfigurationIsRefusedBeforeTheScreenChanges() throws {
    let terminal = try PseudoTerminal(
      ["dashboard", DashboardProgramTests.small, "--set", "training.epoch=3"], columns: 200)
    #expect(terminal.exitStatus() == 78)
    #expect(
      terminal.outputText
        == "convtop: \(DashboardProgramTests.small): training.epoch: is not a known key; did you mean \"epochs\"?\r\n")
  }

  @Test func withoutItsDataSetItStartsOnGlyphsAndSaysSo() throws {
    let terminal = try PseudoTerminal(
      ["dashboard", "--paused", "--run", "run", "--set", "dataset.name=mnist"],
      environment: ["HOME": "/nonexistent", "XDG_DATA_HOME": "/nonexistent"])
    terminal.expect("mnist is not installed, so this trains on the built-in glyphs")
    terminal.expect("lenet on glyphs")
    terminal.type("q")
    #expect(terminal.exitStatus() == 0)
  }
}
