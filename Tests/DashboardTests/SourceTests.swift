// A run that is nothing but values: what a screen needs comes through JSON and back.

import Foundation
import Telemetry
import Tensors
import Testing
import Workers

@testable import Dashboard

/// A source without a trainer: its description, its status and its pictures are canned, and each answer, like each
/// question, goes through text, as it would to another process.
private final class CannedSource: RunSource {
  let description: RunDescription
  private let state: Locked<(status: RunStatus, snapshots: [Watcher: Snapshot], commands: [RunCommand], watchers: Int)>

  init(_ model: DashboardModel) throws {
    description = try overTheWire(model.run)
    state = Locked((try overTheWire(model.status), [:], [], 0))
  }

  var status: RunStatus { state.withLock { $0.status } }
  var commands: [RunCommand] { state.withLock { $0.commands } }

  func addWatcher(onNews: @escaping @Sendable () -> Void) -> Watcher {
    state.withLock {
      $0.watchers += 1
      return Watcher(number: $0.watchers)
    }
  }

  func removeWatcher(_ watcher: Watcher) { state.withLock { $0.snapshots[watcher] = nil } }

  func request(_ request: PictureRequest, for watcher: Watcher) {
    do {
      let answer = try overTheWire(DashboardTests.snapshot(overTheWire(request), poison: true))
      state.withLock { $0.snapshots[watcher] = answer }
    } catch { Issue.record(error) }
  }

  func snapshot(for watcher: Watcher) -> Snapshot? { state.withLock { $0.snapshots[watcher] } }

  func send(_ command: RunCommand, acknowledge: (@Sendable () -> Void)?) {
    do {
      let command = try overTheWire(command)
      state.withLock { $0.commands.append(command) }
    } catch { Issue.record(error) }
    acknowledge?()
  }
}

private func overTheWire<Value: Codable>(_ value: Value) throws -> Value {
  try TelemetryCoding.decode(Value.self, from: TelemetryCoding.encode(value))
}

@Suite struct SourceTests {
  @Test func aScreenOfASourceThatIsTextIsTheSameScreen() throws {
    for layer in lenetLayers.indices {
      let size = Size(120, 40)
      var direct = fixture(size: size) {
        $0.layer = layer
        let view = ViewName.allCases[layer % 6]
        $0.place = Place(view: view, pane: View.of(view).firstPane, isZoomed: false)
      }
      let source = try CannedSource(direct)
      let watcher = source.addWatcher {}
      let request = try #require(Dashboard.request(direct, size: size))
      source.request(request, for: watcher)
      direct.snapshot = snapshot(request, poison: true)
      let remote = DashboardModel(
        state: direct.state, run: source.description, status: source.status, snapshot: source.snapshot(for: watcher),
        capabilities: direct.capabilities)
      #expect(Dashboard.render(remote, size: size) == Dashboard.render(direct, size: size))
    }
  }

  @Test func commandsArriveAsTheyWereGiven() throws {
    let source = try CannedSource(fixture(size: Size(80, 24)))
    let commands: [RunCommand] = [
      .run, .pause, .step(7), .finishEpoch(2), .pace(Pace.all[3]), .learningRateFactor(0.5), .learningRate(0.1),
      .addEpochs(3), .stop,
    ]
    for command in commands { source.send(command) }
    #expect(source.commands == commands)
  }

  @Test func aColourImageIsShownInItsColours() {
    let size = Size(120, 40)
    var (run, request) = (lenetRun, PictureRequest(layer: 0, probe: 0))
    run.image = [3, 4, 4]
    // Red on the left, blue on the right.
    let left = Tile(height: 4, width: 4, values: (0..<16).map { $0 % 4 < 2 ? 1 : 0 })
    let right = Tile(height: 4, width: 4, values: (0..<16).map { $0 % 4 < 2 ? 0 : 1 })
    let none = Tile(height: 4, width: 4, values: [Float](repeating: 0, count: 16))
    func render(_ colors: ColorLadder) -> [Style] {
      var model = DashboardModel(
        state: DashboardState(), run: run, status: fixture(size: size).status,
        capabilities: Capabilities(colors: colors, unicode: true))
      model.state.place = Place(view: .maps, pane: .maps, isZoomed: true)
      request = Dashboard.request(model, size: size) ?? request
      model.snapshot = Snapshot(
        request: request, step: 0, units: 0,
        probe: ProbePicture(index: 0, channels: [left, none, right], label: 0, prediction: nil))
      return Dashboard.render(model, size: size).cells.map(\.style)
    }
    let exact = render(.trueColor)
    #expect(exact.contains(Style(background: .rgb(255, 0, 0))) && exact.contains(Style(background: .rgb(0, 0, 255))))
    let cube = render(.indexed256)
    #expect(cube.contains(Style(background: .indexed(196))) && cube.contains(Style(background: .indexed(21))))
  }
}
