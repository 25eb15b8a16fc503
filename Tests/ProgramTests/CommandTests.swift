// The commands that need no terminal.

import Foundation
import Glibc
import Testing

@Suite(.serialized) struct CommandTests {
  private let small = "\(configurations)/small.json"

  private func lines(_ text: String) -> [[String: Any]] {
    text.split(separator: "\n").compactMap {
      (try? JSONSerialization.jsonObject(with: Data($0.utf8))) as? [String: Any]
    }
  }

  @Test func trainTellsOneJSONObjectALineAndEvaluateAgreesWithIt() throws {
    let folder = try TemporaryFolder()
    let trained = try runProgram(
      ["train", small, "--json", "--run", "run", "--set", "training.epochs=2"], in: folder.path)
    #expect(trained.status == 0 && trained.errors.isEmpty)
    let events = lines(trained.output)
    #expect(events.map { $0["event"] as? String } == ["start", "epoch", "epoch", "finished"])
    let last = events[2]
    let keys: Set = [
      "event", "epoch", "step", "train_loss", "train_accuracy", "validation_loss", "validation_accuracy",
      "images_per_second", "seconds",
    ]
    #expect(Set(last.keys) == keys)
    #expect(last["epoch"] as? Int == 2 && last["step"] as? Int == 256)
    let evaluated = try runProgram(["evaluate", "run", "--json"], in: folder.path)
    let result = try #require(lines(evaluated.output).first)
    #expect(result["accuracy"] as? Double == last["validation_accuracy"] as? Double)
    #expect(result["loss"] as? Double == last["validation_loss"] as? Double)
    #expect(result["images"] as? Int == 1024)
    // The counts of the confusion matrix are those images, and its diagonal is the accuracy.
    let confusion = try #require(result["confusion"] as? [[Int]])
    #expect(confusion.joined().reduce(0, +) == 1024)
    let right = confusion.indices.map { confusion[$0][$0] }.reduce(0, +)
    #expect(Double(right) / 1024 == result["accuracy"] as? Double)
    #expect((result["top_5_accuracy"] as? Double ?? 0) >= (result["accuracy"] as? Double ?? 1))
    let text = try runProgram(["evaluate", "run"], in: folder.path).output
    #expect(text.contains("precision  recall  taken for") && text.split(separator: "\n").count == 12)
    // The small net learns its glyphs.
    #expect((last["validation_accuracy"] as? Double ?? 0) > 0.9)
  }

  @Test func withoutATerminalTheDashboardSaysWhatToRunInstead() throws {
    let folder = try TemporaryFolder()
    let result = try runProgram([], in: folder.path)
    #expect(result.status == 1)
    #expect(
      result.errors == "convtop: the dashboard needs a terminal; without one, run: convtop train CONFIG\n")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }

  @Test func theProgramAloneWorksFromAnywhere() throws {
    let folder = try TemporaryFolder()
    let copy = "\(folder.path)/elsewhere"
    // By another process: while this one holds a file open for writing, programs that other tests start inherit it, and a file
    // that is open for writing does not run.
    #expect(try runProgram([programPath, copy], in: folder.path, program: "/bin/cp").status == 0)
    let checked = try runProgram(["config", "check"], in: "/", program: copy)
    #expect(checked.status == 0)
    // What is inside the program is what the folder of stock configurations holds.
    let stock = try runProgram(["config", "check", "\(configurations)/lenet.json"], in: "/", program: copy)
    #expect(checked.output == stock.output && checked.output.contains("\"name\" : \"lenet\""))
  }

  @Test func gradcheckTellsByItsStatusWhetherAGradientIsWrong() throws {
    let folder = try TemporaryFolder()
    let sound = try runProgram(["gradcheck"], in: folder.path)
    #expect(sound.status == 0 && sound.output.hasSuffix("all pass\n") && !sound.output.contains("FAIL"))
    let spoilt = try runProgram(["gradcheck", "--break", "conv2d"], in: folder.path)
    let failing = spoilt.output.split(separator: "\n").filter { $0.hasSuffix("FAIL") }
    #expect(spoilt.status == 1 && failing.count >= 3 && failing.allSatisfy { $0.hasPrefix("conv2d ") })
    let model = try runProgram(["gradcheck", small], in: folder.path)
    #expect(model.status == 0 && model.output.contains("conv1.weight"))
  }

  @Test func whatTrainsNothingIsNotTrainedEvaluatedOrChecked() throws {
    let folder = try TemporaryFolder()
    let edge = "\(configurations)/edge-filter.json"
    for command in ["train", "gradcheck"] {
      let result = try runProgram([command, edge], in: folder.path)
      #expect(result.status == 78 && result.errors.contains("training.epochs: is 0, so nothing trains"))
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }

  @Test func failuresHaveTheirSentenceAndStatus() throws {
    let folder = try TemporaryFolder()
    let cases: [([String], Int32, String)] = [
      (
        ["train", "nowhere.json"], 78,
        "convtop: nowhere.json: cannot be read: No such file or directory; expected a JSON file\n"
      ),
      (["train", folder.path], 78, "convtop: \(folder.path): cannot be read: it is a folder; expected a JSON file\n"),
      (
        ["train", small, "--set", "model.layers[0].kernel_size=99"], 78,
        "convtop: \(small): model.layers[0].kernel_size: conv2d of 1×28×28 and 6×99×99: the kernel covers 99×99 but the padded input is only 32×32\n"
      ),
      (
        ["train", small, "--set", "dataset.name=fashion-mnist", "--set", "dataset.path=/nowhere"], 65,
        "convtop: /nowhere: holds neither train-images-idx3-ubyte.gz nor train-images-idx3-ubyte\n"
      ),
      (
        ["train", small, "--run", "/proc/run"], 73,
        "convtop: /proc/run: the run's folder cannot be written: No such file or directory; name another with --run\n"
      ),
      (["train", small, "--run", ""], 73, "convtop: --run \"\": names no folder; leave it out, or name one\n"),
      (["evaluate", ""], 73, "convtop: \"\" names no run's folder\n"),
      (["evaluate", "nowhere"], 73, "convtop: nowhere: is not a run's folder: it has no readable config.json\n"),
    ]
    for (arguments, status, message) in cases {
      let result = try runProgram(arguments, in: folder.path)
      #expect(result.errors == message)
      #expect(result.status == status)
      #expect(result.output.isEmpty)
    }
  }

  @Test func aProgramThatIsBoundToOneProcessorTakesOneThread() throws {
    let folder = try TemporaryFolder()
    let result = try runProgram(
      ["-c", "0", programPath, "train", small, "--json", "--set", "training.epochs=1"], in: folder.path,
      program: "/usr/bin/taskset")
    #expect(result.status == 0 && result.output.contains("\"threads\":1}"), "\(result.output) \(result.errors)")
  }

  @Test func aRefusedRunLeavesNoFolder() throws {
    let folder = try TemporaryFolder()
    for refused in ["dataset.validation=999999", "training.drop_last=true"] {
      let result = try runProgram(
        ["train", small, "--run", "run", "--set", refused, "--set", "training.batch_size=60000"], in: folder.path)
      #expect(result.status == 78, "\(result.errors)")
      #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/run"))
    }
    // The corrected one may take the same name.
    #expect(
      try runProgram(["train", small, "--run", "run", "--set", "training.epochs=1"], in: folder.path).status == 0)
  }

  @Test func aClosedOrFullOutputIsOneSentenceAndHarmsNoFile() throws {
    let folder = try TemporaryFolder()
    func shell(_ command: String) throws -> (output: String, errors: String, status: Int32) {
      try runProgram(["-c", command], in: folder.path, program: "/bin/sh")
    }
    let full = try shell("'\(programPath)' data list > /dev/full")
    #expect(full.status == 74)
    #expect(full.errors == "convtop: standard output cannot be written: No space left on device\n")
    let closed = try shell("'\(programPath)' train '\(small)' --run run --set training.epochs=1 >&-")
    #expect(closed.status == 0)
    let metrics = try String(contentsOfFile: "\(folder.path)/run/metrics.jsonl", encoding: .utf8)
    // 128 steps, of which nine are measured, and the epoch with its dead units.
    #expect(lines(metrics).count == 139 && metrics.split(separator: "\n").count == 139)
  }

  @Test(arguments: [(SIGINT, Int32(130)), (SIGTERM, Int32(143)), (SIGHUP, Int32(129))])
  func anInterruptedTrainingSavesItsWeightsAndSaysSo(number: Int32, status: Int32) throws {
    let terminal = try PseudoTerminal(["train", small, "--run", "run", "--set", "training.epochs=100000"])
    terminal.expect("epoch 1/100000")
    terminal.signal(number)
    #expect(terminal.exitStatus() == status)
    #expect(terminal.outputText.contains("interrupted after step"))
    let evaluated = try runProgram(["evaluate", "run"], in: terminal.folder.path)
    #expect(evaluated.status == 0)
  }

  @Test func dataListNamesEverySetAndItsPlace() throws {
    let folder = try TemporaryFolder()
    let result = try runProgram(["data", "list"], in: folder.path)
    #expect(result.status == 0)
    #expect(result.output.contains("fashion-mnist  /usr/share/datasets/fashion-mnist\n"))
    #expect(result.output.contains("glyphs         built in\n"))
  }
}
