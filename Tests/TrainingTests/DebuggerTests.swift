// Breakpoints: where a run stops, that it stops before the step, and that nothing comes of it.

import Experiments
import Fields
import Foundation
import Telemetry
import Testing
import Training

@Suite struct DebuggerTests {
  @Test(arguments: [
    ("loss > 2", "loss > 2"), ("accuracy>=0.9", "accuracy >= 0.9"), (" step = 500 ", "step = 500"),
    ("non-finite", "non-finite"), ("every 100", "every 100"),
    ("update_ratio( conv1 ) < 1e-5", "update_ratio(conv1) < 1e-05"),
    ("loss - 2 * validation_loss / 3 > -1", "loss - ((2 * validation_loss) / 3) > -1"),
    ("(loss + 1) * 2 != gradient_norm", "(loss + 1) * 2 != gradient_norm"),
    ("dead(block1.relu-2) > .5", "dead(block1.relu-2) > 0.5"),
  ])
  func conditionsAreReadAndWrittenAgain(text: String, written: String) throws {
    let condition = try Condition(text)
    #expect("\(condition)" == written)
    #expect(try Condition(written) == condition)
  }

  @Test(arguments: [
    ("", "found the end in \"\", expected a number or one of loss, accuracy,"),
    ("loss", "found the end in \"loss\", expected a comparison, such as loss > 2"),
    ("los > 2", "found \"los > 2\" in \"los > 2\", expected \"loss\""),
    ("loss > ", "found the end in \"loss > \", expected a number or"),
    ("loss > 2 3", "found \"3\" in \"loss > 2 3\", expected nothing more"),
    ("dead > 1", "found \"> 1\" in \"dead > 1\", expected a layer, such as dead(conv1)"),
    ("dead(conv > 1", "expected a layer's name and \")\""),
    ("(loss > 1", "found \"> 1\" in \"(loss > 1\", expected \")\""),
    ("every x", "found \"every x\", expected a number of steps, such as every 100"),
    ("every 0", "expected a number of steps"), ("((((((((((((((((((((((((((((((((((((((((1 > 0", "at most 32 brackets"),
    ("----------------------------------------1 > 0", "fewer signs"),
  ])
  func whatIsNoConditionIsRefusedInASentence(text: String, message: String) {
    #expect { try Condition(text) } throws: { "\($0)".contains(message) }
  }

  @Test func aConfigurationsConditionsAreCheckedBeforeTheRun() throws {
    func refusal(_ list: String) -> String {
      do {
        let configuration = try smallConfiguration(overrides: ["training.breakpoints=\(list)"])
        _ = try Harness(configuration)
        return "none"
      } catch { return "\(error)" }
    }
    #expect(refusal("[\"loss > 2\", \"dead(conv) > 0.5\", \"every 7\"]") == "none")
    #expect(refusal("[\"loss\"]").contains("training.breakpoints[0]: found the end in \"loss\", expected a comparison"))
    #expect(refusal("[1]").contains("training.breakpoints: found"))
    #expect(
      refusal("[\"non-finite\", \"weight_norm(conv9) > 1\"]").contains(
        "training.breakpoints[1]: there is no layer conv9; there are conv, batch_norm1"))
    #expect(refusal("[\"update_ratio(relu1) > 1\"]").contains("relu1 has nothing to train"))
    #expect(refusal("[\"dead(fc) > 1\"]").contains("fc has no relu behind it"))
  }

  /// Stopped and gone on with, whatever it is that stops it, a run is the straight one.
  @Test(arguments: [
    "every 1", "every 4", "loss < 100", "gradient_norm > 0", "gradient_norm(conv) > 0", "update_norm(fc) > 0",
    "update_ratio(conv) < 1", "weight_norm(fc) > 0", "dead(conv) >= 0", "step = 5", "epoch = 2", "learning_rate > 0",
    "validation_accuracy >= 0", "accuracy >= 0",
  ])
  func aStopComesBeforeTheStepAndChangesNothing(condition: String) throws {
    let configuration = try smallConfiguration(overrides: ["training.schedule={\"type\":\"plateau\",\"patience\":0}"])
    let straight = try Harness(configuration)
    _ = straight.send(.run, until: [.finished])
    let harness = try Harness(configuration)
    _ = harness.send(.addBreakpoint(condition), until: [.idle])
    var stops: [Int] = []
    while stops.count < 20, harness.send(.run, until: [.paused, .finished]).phase != .finished {
      let stop = try #require(harness.trainer.status.stop)
      #expect(harness.trainer.status.step == stop.step - 1 && stop.condition == condition)
      #expect(harness.trainer.state().position.step == stop.step - 1)
      stops.append(stop.step)
    }
    let expected =
      switch condition {
      case "every 1": Array(1...9)
      case "every 4": [4, 8]
      case "step = 5": [5]
      case "epoch = 2", "validation_accuracy >= 0": [4]
      default: [1]
      }
    #expect(stops == expected)
    #expect(harness.trainer.status.breakpoints.first?.hits == expected.count && harness.trainer.status.stop == nil)
    #expect(harness.trainer.state() == straight.trainer.state() && harness.records == straight.records)
  }

  @Test func stoppedItShowsTheBatchAndTheGradientsOfTheStepToCome() throws {
    let harness = try Harness(smallConfiguration())
    _ = harness.send(.addBreakpoint("step = 5"), until: [.idle])
    _ = harness.send(.run, until: [.paused])
    var request = PictureRequest(layer: 0, probe: 0)
    request.images = ImageRequest(source: .batch, places: 0..<32)
    request.filters = FilterRequest(places: 0..<3, quantity: .gradient)
    let stopped = harness.picture(request)
    #expect(stopped.step == 4)
    _ = harness.send(.step(1), until: [.paused])
    let after = harness.picture(request)
    #expect(after.step == 5)
    #expect(Set(stopped.images?.images.map(\.index) ?? []) == Set(after.images?.images.map(\.index) ?? [0]))
    #expect(stopped.filters?.tiles == after.filters?.tiles)
    // The step before is the one that came before the stop.
    #expect(harness.send(.back(2), until: [.paused]).step == 3)
    // Forward again it stops there again.
    #expect(harness.send(.run, until: [.paused]).stop?.step == 5)
    #expect(harness.trainer.status.newest?.step == 5 && harness.trainer.status.step == 4)
    #expect(harness.send(.run, until: [.finished]).step == 9)
  }

  @Test func beforeANumberThatIsNotFiniteAllIsStillFinite() throws {
    let overrides = [
      "training.optimizer={\"type\":\"sgd\",\"learning_rate\":3e38}", "training.breakpoints=[\"non-finite\"]",
    ]
    let harness = try Harness(smallConfiguration(overrides: overrides))
    let status = harness.send(.run, until: [.paused])
    let stop = try #require(status.stop)
    #expect(status.divergedAt == nil && stop.saw.contains("first in layer conv"))
    #expect(harness.trainer.state().position.step == stop.step - 1)
    // Whoever goes on all the same has it happen.
    let after = harness.send(.step(1), until: [.paused])
    #expect(after.divergedAt == stop.step && after.stop == nil)
  }

  @Test func breakpointsAreTurnedOffDroppedAndNotTakenTwice() throws {
    let harness = try Harness(smallConfiguration())
    for text in ["loss > 0", "every 2", "loss > 0", "nothing", "weight_norm(x) > 1"] {
      _ = harness.send(.addBreakpoint(text), until: [.idle])
    }
    let status = harness.trainer.status
    #expect(status.breakpoints.map(\.condition) == ["loss > 0", "every 2"])
    #expect(status.notices.suffix(3).first == "the run stops at loss > 0 already, or has no room for more")
    #expect(
      status.notices.last
        == "weight_norm(x) > 1: there is no layer x; there are conv, batch_norm1, relu1, max_pool1, dropout1, flatten1, fc"
    )
    _ = harness.send(.turnBreakpoint(0, on: false), until: [.idle])
    #expect(harness.send(.run, until: [.paused]).stop?.step == 2)
    _ = harness.send(.removeBreakpoint(1), until: [.paused])
    #expect(harness.send(.run, until: [.finished]).breakpoints.map(\.isOn) == [false])
  }

  @Test func lookingBackFromAStopItIsNotStoppedAgainAtTheNewestStep() throws {
    let harness = try Harness(smallConfiguration())
    _ = harness.send(.addBreakpoint("step >= 4"), until: [.idle])
    #expect(harness.send(.run, until: [.paused]).stop?.step == 4)
    #expect(harness.send(.back(2), until: [.paused]).step == 1)
    let newest = harness.send(.goTo(step: .max), until: [.paused])
    #expect(newest.step == 3 && newest.stop == nil)
    #expect(harness.send(.run, until: [.paused, .finished]).phase == .finished)
    #expect(harness.trainer.status.breakpoints[0].hits == 1)
  }

  @Test func aWatchedFormulaIsASeries() throws {
    let harness = try Harness(smallConfiguration())
    for text in ["update_ratio(fc)", "loss * 2", "dead(conv)", "frob"] {
      _ = harness.send(.watch(text), until: [.idle])
    }
    #expect(harness.trainer.status.notices.last?.hasPrefix("found \"frob\"") == true)
    _ = harness.send(.run, until: [.finished])
    var request = PictureRequest(layer: 0, probe: 0)
    (request.quantities, request.curvePoints) = (["loss * 2", "loss", "update_ratio(fc)", "dead(conv)"], 50)
    let snapshot = harness.picture(request)
    #expect(snapshot.quantities.contains("update_ratio(fc)"))
    let twice = try #require(snapshot.curves(of: "loss * 2").first?.buckets.map(\.last))
    #expect(twice == harness.records.map { 2 * $0.loss })
    #expect(snapshot.curves(of: "update_ratio(fc)").first?.buckets.allSatisfy { $0.last > 0 && $0.last < 1 } == true)
    // Steps 1, 2, 4 and 8.
    #expect(snapshot.curves(of: "dead(conv)").first?.buckets.map(\.lastStep) == [1, 2, 4, 8])
    // Once more, and it is not watched any more.
    _ = harness.send(.watch("loss * 2"), until: [.finished])
    #expect(harness.trainer.status.notices.last == "loss * 2 is watched no more")
  }
}
