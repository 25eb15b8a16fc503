// Trainers that share a queue, a pool and watchers.

import Autograd
import Datasets
import Dispatch
import Experiments
import Foundation
import Layers
import Telemetry
import Tensors
import Testing
import Training
import Workers

@Suite struct SharingTests {
  /// Two runs on one queue and one pool.
  private func pair(_ first: RunFolder? = nil, _ second: RunFolder? = nil, epochs: Int = 3) throws -> [Harness] {
    let (pool, queue) = (WorkerPool(threads: 2), DispatchQueue(label: "shared"))
    return [
      try Harness(smallConfiguration(epochs: epochs), pool: pool, queue: queue, folder: first),
      try Harness(
        smallConfiguration(epochs: epochs, overrides: ["seed=4"]), pool: pool, queue: queue, folder: second),
    ]
  }

  @Test func twoRunsOnOneQueueAreEachAsIfAlone() throws {
    var alone: [RunState] = []
    for seed in [3, 4] {
      let harness = try Harness(smallConfiguration(overrides: ["seed=\(seed)"]))
      _ = harness.send(.run, until: [.finished])
      alone.append(harness.trainer.state())
    }
    let together = try pair()
    for harness in together { harness.trainer.send(.run) }
    for harness in together { while harness.trainer.status.phase != .finished { usleep(500) } }
    #expect(together.map { $0.trainer.state() } == alone)
    #expect(alone[0] != alone[1])
  }

  @Test func twoRunsOnOneQueueTakeTurns() throws {
    let together = try pair(epochs: 100_000)
    // The second one starts while the first is under way, and is not kept waiting.
    together[0].trainer.send(.run)
    while together[0].records.count < 3 { usleep(200) }
    let ahead = together[0].records.count
    _ = together[1].send(.run, until: [.running])
    while together[1].records.count < 60 { usleep(200) }
    let (first, second) = (together[0].trainer.status.step, together[1].trainer.status.step)
    for harness in together { _ = harness.send(.pause, until: [.paused]) }
    // Both do units of the same kind in turn; between the looks at them a few may pass.
    #expect(abs((first - ahead) - second) <= 20 + ahead, "\(first) from \(ahead), \(second)")
  }

  @Test func eachWatcherGetsTheAnswerToItsOwnRequest() throws {
    let harness = try Harness(smallConfiguration())
    let trainer = harness.trainer
    let watchers = (0..<4).map { _ in trainer.addWatcher {} }
    for round in 1...20 {
      for (index, watcher) in watchers.enumerated() {
        var request = PictureRequest(layer: index, maps: 0..<1, probe: index + round)
        request.number = round
        trainer.request(request, for: watcher)
      }
      for (index, watcher) in watchers.enumerated() {
        while trainer.snapshot(for: watcher)?.request.number != round { usleep(200) }
        let snapshot = try #require(trainer.snapshot(for: watcher))
        #expect(snapshot.request.layer == index && snapshot.probe.index == index + round)
      }
    }
    trainer.removeWatcher(watchers[0])
    #expect(trainer.snapshot(for: watchers[0]) == nil && trainer.snapshot(for: watchers[1]) != nil)
  }

  /// A request that comes with a command is answered before the work that the command sets off: whoever asked can tell.
  @Test func aPictureSaysOfWhichUnitOfWorkItIs() throws {
    let (pool, queue) = (WorkerPool(threads: 1), DispatchQueue(label: "held"))
    let trainer = try Harness(smallConfiguration(), pool: pool, queue: queue).trainer
    let watcher = trainer.addWatcher {}
    let held = DispatchSemaphore(value: 0)
    queue.async { held.wait() }
    trainer.send(.step(1))
    trainer.request(PictureRequest(layer: 0, probe: 0), for: watcher)
    held.signal()
    while trainer.status.phase != .paused { usleep(200) }
    #expect(trainer.snapshot(for: watcher)?.units == 0 && trainer.status.units == 1)
    trainer.request(PictureRequest(layer: 0, probe: 1), for: watcher)
    while trainer.snapshot(for: watcher)?.request.probe != 1 { usleep(200) }
    #expect(trainer.snapshot(for: watcher)?.units == 1)
  }

  /// Who asks for a pause before the run has begun is not told that it runs.
  @Test func aPauseThatWaitsIsNotForgottenByACommandBeforeIt() throws {
    let (pool, queue) = (WorkerPool(threads: 1), DispatchQueue(label: "held"))
    let trainer = try Harness(smallConfiguration(epochs: 100_000), pool: pool, queue: queue).trainer
    let paused = DispatchSemaphore(value: 0)
    trainer.send(.run) { trainer.send(.pause) { paused.signal() } }
    paused.wait()
    #expect(trainer.status.phase == .paused)
    let units = trainer.status.units
    usleep(20_000)
    #expect(trainer.status.units == units)
  }

  @Test func theSeriesOfAMetricsFileAreTheRunsOwn() throws {
    let folder = TemporaryFolder()
    let configuration = try smallConfiguration()
    let harness = try Harness(configuration, folder: RunFolder(configuration, path: folder.path))
    _ = harness.send(.run, until: [.finished])
    var series = SeriesList()
    let text = Data(folder.text("metrics.jsonl").utf8)
    #expect(try series.append(lines: text) == 12 + 4 + 3)
    #expect(series == harness.trainer.state().series)
    #expect(series[SeriesKey("loss", .training)]?.count == 9 && series[SeriesKey("accuracy", .validation)]?.count == 3)
    // A last line without an end is still being written.
    var cut = SeriesList()
    #expect(try cut.append(lines: text.dropLast(3)) == 11 + 4 + 3)
    for (line, number) in [("{\"step\":1,\"epoch\":1}", 1), ("x", 1), ("[]", 1)] {
      #expect(throws: MetricsError(line: number)) { try cut.append(lines: Data("\(line)\n".utf8)) }
    }
  }

  /// Three channels, sides of their own, five classes: nothing about images is assumed.
  @Test func imagesOfAnyShapeAndColourTrainAndAreShown() throws {
    func images(_ count: Int, _ stream: Int) -> LabeledImages {
      let random = RandomStream(seed: 1, purpose: .glyphs, stream: stream)
      return LabeledImages(shape: [3, 9, 14], labels: (0..<count).map { UInt8($0 % 5) }) { bytes in
        for index in bytes.indices { bytes[index] = UInt8(40 * (index / 378 % 5)) + UInt8(50 * random.uniform(index)) }
      }
    }
    let dataset = try Dataset(
      name: "colours", classes: ["a", "b", "c", "d", "e"], train: images(60, 1), test: images(25, 2))
    var configuration = try smallConfiguration(epochs: 30)
    configuration.dataset.normalization = Normalization(mean: [0.4, 0.5, 0.6], std: [0.2, 0.3, 0.2])
    (configuration.dataset.train, configuration.dataset.test) = (nil, nil)
    configuration.layers = [
      Conv2d.Configuration(outChannels: 4, kernelSize: Size2d(3)), ReLU.Configuration(), Flatten.Configuration(),
      Linear.Configuration(outFeatures: 5),
    ]
    let trainer = try Trainer(configuration, dataset: dataset, pool: WorkerPool(threads: 2))
    let watcher = trainer.addWatcher {}
    trainer.send(.run)
    while trainer.status.phase != .finished { usleep(500) }
    #expect(trainer.description.image == [3, 9, 14] && trainer.description.classes.count == 5)
    #expect(try #require(trainer.status.lastEpoch).validationAccuracy > 0.7)
    trainer.request(PictureRequest(layer: 0, filters: 0..<4, maps: 0..<4, probe: 7), for: watcher)
    while trainer.snapshot(for: watcher) == nil { usleep(500) }
    let picture = try #require(trainer.snapshot(for: watcher))
    #expect(picture.probe.channels.count == 3 && picture.probe.channels[0].width == 14 && picture.probe.label == 2)
    #expect(picture.filters?.tilesPerFilter == 3 && picture.probe.prediction?.values.count == 5)
    let bytes = dataset.test.image(7)
    #expect(picture.probe.channels[2].values[5] == Float(bytes[2 * 126 + 5]) / 255)
  }

  @Test func aBlocksLayersAreListedBeforeItUnderItsName() throws {
    let layers = #"""
      [{"type":"conv2d","out_channels":4,"kernel_size":5,"stride":4},
       {"type":"residual","name":"block","layers":[{"type":"conv2d","out_channels":4,"kernel_size":3,"padding":1},{"type":"relu"}],
        "shortcut":[{"type":"conv2d","out_channels":4,"kernel_size":1}]},
       {"type":"flatten"},{"type":"linear","out_features":10}]
      """#
    let harness = try Harness(smallConfiguration(overrides: ["model.layers=\(layers)"]))
    let list = harness.trainer.description.layers
    #expect(
      list.map(\.name) == [
        "conv1", "block.conv1", "block.relu1", "block.shortcut.conv1", "block", "flatten1", "linear1",
      ])
    #expect(list.map(\.parameters) == [104, 148, 0, 20, 0, 0, 1450])
    #expect(list[6].filters == TileGeometry(count: 10, tiles: 4, height: 6, width: 6))
    let picture = harness.picture(PictureRequest(layer: 1, filters: 0..<4, maps: 0..<4, probe: 0))
    #expect(picture.filters?.tiles.count == 16 && picture.maps?.tiles.count == 4)
  }
}
