// Any keys, mouse reports and command lines: a screen is drawn, and its request fits its run.
//
// CONVTOP_FUZZ=1000000 swift test -c release -Xswiftc -enable-testing --filter FuzzTests tries so many.

import Telemetry
import TestSupport
import Testing

@testable import Dashboard

@Suite struct KeyFuzzTests {
  @Test func keysAndCommands() {
    let (sizes, named) = (
      [Size(80, 24), Size(200, 60), Size(100, 30), Size(20, 5), Size(1, 1)],
      [
        Key.up, .down, .left, .right, .enter, .escape, .tab, .backTab, .pageUp, .pageDown, .home, .end, .backspace,
        .delete,
      ]
    )
    let lines =
      (KeyTable.all.map(\.name) + ["lr 0.1", "epochs +3", "layer conv2", "filter 3", "probe 9", "class Bag", "pace 10"])
    var fuzzer = Fuzzer(seed: 1, corpus: lines.map { Array($0.utf8) }, words: ["lr ", "-1", "99999999999999999999"])
    // With one run and with several, under way and at rest: what is asked for then is answered.
    var models = [RunPhase.running, .paused].flatMap { phase in
      [1, 3].map { fixture(size: sizes[0], phase: phase, lanes: $0) }
    }
    var model = models.removeFirst()
    var size = sizes[0]
    for index in 0..<fuzzedInputs {
      let key: Key
      switch fuzzer.draw(20) {
      case 0..<9: key = .character(Character(Unicode.Scalar(UInt8(32 + fuzzer.draw(95)))))
      case 9..<14: key = named[fuzzer.draw(named.count)]
      case 14: key = .function(1 + fuzzer.draw(12))
      case 15, 16:
        let action = [Mouse.Action.press, .drag, .release, .wheelUp, .wheelDown][fuzzer.draw(5)]
        key = .mouse(Mouse(action, Point(column: fuzzer.draw(260) - 10, row: fuzzer.draw(80) - 5)))
      case 17:
        _ = model.handle(.character(":"), size: size)
        for character in String(decoding: fuzzer.next(), as: UTF8.self) {
          _ = model.handle(.character(character), size: size)
        }
        key = [.enter, .tab, .escape][fuzzer.draw(3)]
      case 18:
        size = sizes[fuzzer.draw(sizes.count)]
        if fuzzer.draw(20) == 0 {
          models.append(model)
          model = models.removeFirst()
        }
        continue
      default: key = Unicode.Scalar(UInt32(fuzzer.draw(0x11_0000))).map { .character(Character($0)) } ?? .enter
      }
      if case .lane(let lane) = model.handle(key, size: size), model.lanes.indices.contains(lane) {
        model.show(lane: lane, run: model.run, settings: model.settings, status: model.status)
      }
      if let request = Dashboard.request(model, size: size) {
        #expect(
          model.run.layers.indices.contains(request.layer) && (0..<model.run.probes).contains(request.probe), "\(index)"
        )
        if index % 8 == 0 { model.take(snapshot(request)) }
      }
      // Drawing takes longer than a key.
      if index % 16 == 0 {
        let grid = Dashboard.render(model, size: size)
        #expect(grid.size == size)
      }
    }
  }

  @Test func mouseReports() {
    var fuzzer = Fuzzer(
      seed: 2, corpus: ["0;20;10M", "35;1;1m", "64;200;60M"].map { Array($0.utf8) }, words: [";", "M"])
    var understood = 0
    for _ in 0..<fuzzedInputs {
      if Mouse(report: String(decoding: fuzzer.next(), as: UTF8.self)) != nil { understood += 1 }
    }
    #expect(understood > 0 && understood < fuzzedInputs)
  }
}
