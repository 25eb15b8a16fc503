// Runs that are watched from elsewhere: through a real socket, by any number of watchers.

import Experiments
import Foundation
import Telemetry
import Testing
import Training
import Workers

@testable import Attachment

@Suite struct AttachmentTests {
  /// A trainer in a folder, and its server.
  private struct Served {
    let folder = TemporaryFolder()
    let harness: Harness
    let server: RunServer

    init(_ configuration: Experiments.Configuration) throws {
      harness = try Harness(configuration, folder: RunFolder(configuration, path: folder.path))
      server = try RunServer(harness.trainer, folder: folder.path, name: "socket")
    }

    func attach(isReadOnly: Bool = false) throws -> RemoteRun {
      try RemoteRun(folder: folder.path, name: "socket", isReadOnly: isReadOnly)
    }
  }

  /// Waits until something holds, ten seconds at most.
  private func wait(
    sourceLocation: SourceLocation = #_sourceLocation, until isSo: () -> Bool
  ) {
    let end = ContinuousClock.now + .seconds(10)
    while !isSo() && ContinuousClock.now < end { usleep(2000) }
    #expect(isSo(), sourceLocation: sourceLocation)
  }

  private let request = PictureRequest(
    layer: 0, filters: 0..<3, maps: 0..<3, probe: 1, quantities: ["loss"], curvePoints: 50)

  @Test func aWatcherSeesWhatTheTrainerHasAndCommandsIt() throws {
    let served = try Served(smallConfiguration())
    let remote = try served.attach()
    let watcher = remote.addWatcher {}
    #expect(remote.description == served.harness.trainer.description)
    #expect(remote.status.phase == .idle && remote.process == ProcessInfo.processInfo.processIdentifier)
    let isDone = Locked(false)
    remote.send(.step(2)) { isDone.withLock { $0 = true } }
    wait { isDone.withLock { $0 } && remote.status.phase == .paused }
    #expect(remote.status.step == 2)
    var asked = request
    asked.number = 7
    remote.request(asked, for: watcher)
    wait { remote.snapshot(for: watcher)?.request.number == 7 }
    // Every number of it, to the last bit.
    let here = served.harness.picture(request)
    let there = try #require(remote.snapshot(for: watcher))
    #expect(there.filters == here.filters && there.maps == here.maps && there.probe == here.probe)
    #expect(there.curves == here.curves && there.curves.count == 2 && there.step == 2)
    remote.send(.run)
    wait { remote.status.phase == .finished }
    #expect(remote.status.step == 9 && remote.status.lastEpoch == served.harness.trainer.status.lastEpoch)
    served.server.stop()
    #expect(!FileManager.default.fileExists(atPath: "\(served.folder.path)/socket"))
    // Nobody there any more; what was seen stays.
    #expect(remote.status.phase == .finished && remote.snapshot(for: watcher) != nil)
    #expect(throws: AttachmentError.self) { try served.attach() }
  }

  @Test func eachOfManyWatchersHasAViewOfItsOwn() throws {
    let served = try Served(smallConfiguration())
    let remotes = try (0..<8).map { try served.attach(isReadOnly: $0 % 2 == 1) }
    for (probe, remote) in remotes.enumerated() {
      var asked = PictureRequest(layer: 0, filters: 0..<1, probe: probe)
      asked.number = probe + 1
      remote.request(asked, for: remote.addWatcher {})
    }
    for (probe, remote) in remotes.enumerated() {
      wait { remote.snapshot(for: Watcher(number: 1))?.probe.index == probe }
    }
    #expect(served.server.watchers == 8)
  }

  @Test func whoOnlyLooksOnChangesNothing() throws {
    let served = try Served(smallConfiguration())
    let remote = try served.attach(isReadOnly: true)
    remote.send(.step(1))
    wait { remote.status.notices.last == "this watcher only looks on" }
    #expect(served.harness.trainer.status.step == 0)
  }

  @Test func theSocketIsTheUsersAloneAndALongPathIsNoMatter() throws {
    let configuration = try smallConfiguration()
    let folder = TemporaryFolder()
    let path = "\(folder.path)/\(String(repeating: "long/", count: 40))run"
    let trainer = try Harness(configuration, folder: RunFolder(configuration, path: path)).trainer
    let server = try RunServer(trainer, folder: path, name: "socket")
    let mode = try FileManager.default.attributesOfItem(atPath: "\(path)/socket")[.posixPermissions] as? Int
    #expect(mode == 0o600)
    #expect(try RemoteRun(folder: path, name: "socket", isReadOnly: true).status.phase == .idle)
    server.stop()
    // What is no socket is not taken away.
    try Data("mine".utf8).write(to: URL(fileURLWithPath: "\(path)/socket"))
    #expect(throws: AttachmentError("\(path)/socket: is there and is no socket")) {
      try RunServer(trainer, folder: path, name: "socket")
    }
  }

  @Test func aSocketThatIsRemovedComesBackWithItsFolder() throws {
    let served = try Served(smallConfiguration())
    try FileManager.default.removeItem(atPath: "\(served.folder.path)/socket")
    wait { FileManager.default.fileExists(atPath: "\(served.folder.path)/socket") }
    #expect(try served.attach().status.phase == .idle)
  }

  /// One says nothing, one sends rubbish, one asks and never reads, one sends a line without an end, and one leaves.
  @Test func noWatcherHarmsTheRun() throws {
    let served = try Served(smallConfiguration(epochs: 60))
    let sockets = try (0..<5).map { _ in try LocalSocket.connected(served.folder.path, "socket") }
    let hello = try ClientMessage.hello(version: attachmentVersion, isReadOnly: false).line()
    _ = sockets[1].send(Array("{\"rubbish\":\n\u{0}\u{1b}[2J\n".utf8))
    _ = sockets[2].send(hello)
    var large = request
    for number in 1...2000 {
      large.number = number
      guard sockets[2].send(try ClientMessage.request(large).line()) else { break }
    }
    _ = sockets[3].send([UInt8](repeating: 0x20, count: Connection.longestLine + 100))
    _ = sockets[4].send(hello)
    sockets[4].shutDown()
    let status = served.harness.send(.run, until: [.finished])
    #expect(status.step == 180)
    // The same as when nobody is there.
    let alone = try Harness(smallConfiguration(epochs: 60))
    _ = alone.send(.run, until: [.finished])
    #expect(alone.trainer.state() == served.harness.trainer.state())
    var buffer = [UInt8](repeating: 0, count: 4096)
    var answer = ""
    while let bytes = sockets[1].receive(into: &buffer) { answer += String(decoding: bytes, as: UTF8.self) }
    #expect(answer.contains("a line could not be read"))
  }

  @Test func anotherVersionIsToldSo() throws {
    let served = try Served(smallConfiguration())
    let socket = try LocalSocket.connected(served.folder.path, "socket")
    _ = socket.send(try ClientMessage.hello(version: 99, isReadOnly: true).line())
    var buffer = [UInt8](repeating: 0, count: 4096)
    var lines = LineBuffer(limit: 4096)
    while let bytes = socket.receive(into: &buffer) { try lines.append(bytes) }
    let line = lines.next()
    let answer = try TelemetryCoding.decode(ServerMessage.self, from: try #require(line))
    guard case .refused("it speaks version 99, and this process \(attachmentVersion)") = answer else {
      Issue.record("found \(answer)")
      return
    }
  }

  @Test func requestsThatFitNoRunAreRefused() throws {
    let run = try Harness(smallConfiguration()).trainer.description
    #expect(request.complaint(about: run) == nil)
    let spoilt: [(inout PictureRequest) -> Void] = [
      { $0.layer = 99 }, { $0.layer = -1 }, { $0.probe = 40 }, { $0.otherProbes = [1, 2, 3, 4] },
      { $0.maps = MapRequest(layer: 99, maps: 0..<1) }, { $0.filters = FilterRequest(places: 0..<1 << 20) },
      { $0.network = NetworkRequest(columns: [.init(layer: 0, maps: -1)], map: 0) }, { $0.detail = -1 },
      { $0.curvePoints = .max }, { $0.smoothing = .nan }, { $0.search = .ofClass(10, after: 0) },
      { $0.output = OutputPlace(map: 0, row: .min, column: 0) },
      { $0.images = ImageRequest(source: .training(ofClass: 77), places: 0..<1) },
      { $0.trainingProbe = -1 }, { $0.causes = CauseRequest(filter: 0, steps: -1) },
      { $0.causes = CauseRequest(filter: 0, steps: 1, most: 1 << 29) },
      { $0.glass = GlassRequest(stage: .loss, layer: 99, image: 0, images: 0..<1, tiles: 0..<1) },
      { $0.glass = GlassRequest(stage: .update, layer: 0, image: -1, images: 0..<1, tiles: 0..<1) },
      { $0.glass = GlassRequest(stage: .forward, layer: 0, image: 0, images: 0..<1 << 20, tiles: 0..<1) },
    ]
    for spoil in spoilt {
      var asked = request
      spoil(&asked)
      #expect(asked.complaint(about: run) != nil, "\(asked)")
    }
  }

  @Test func aTileSurvivesItsWordsToTheLastBit() throws {
    let values: [Float] = [0, -0.0, .nan, .infinity, -.infinity, .leastNonzeroMagnitude, 1.1, -3e38]
    let tile = Tile(height: 2, width: 4, values: values, count: 7)
    let again = try TelemetryCoding.decode(Tile.self, from: TelemetryCoding.encode(tile))
    #expect(again.values.map(\.bitPattern) == values.map(\.bitPattern) && again.count == 7)
    for broken in [
      #"{"height":2,"width":2,"count":4,"values":"AAAA"}"#, #"{"height":-1,"width":-1,"count":1,"values":"AAAAAA=="}"#,
      #"{"height":1,"width":1,"count":2,"values":"AAAAAA=="}"#,
      #"{"height":4611686018427387904,"width":4,"count":0,"values":""}"#,
    ] {
      #expect(throws: DecodingError.self) { try TelemetryCoding.decode(Tile.self, from: Data(broken.utf8)) }
    }
  }
}
