// `convtop record`: a run again, as a film of its screen.

import ArgumentParser
import Dashboard
import Foundation
import Interchange
import Telemetry
import Training

struct RecordCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "record", abstract: "Make a film of a recorded run: an asciicast, or an animated PNG.",
    discussion: "Played by asciinema, or shown by a browser. The run is done again from its beginning.")

  @Argument(help: ArgumentHelp("A run's folder.", valueName: "run"))
  var folder: String

  @Argument(help: "The film: FILE.cast (asciicast, version 2) or FILE.png (animated).")
  var file: String

  @Option(help: ArgumentHelp("Only these steps.", valueName: "a..b"), transform: RecordCommand.range)
  var steps: ClosedRange<Int>?

  @Option(help: "A frame each so many steps.")
  var every = 1

  @Option(help: "Frames a second.")
  var fps = 10

  @Option(help: "overview, network, filters, maps, charts or data.")
  var view: String = ViewName.overview.rawValue

  @Option(help: ArgumentHelp("One pane of the view alone, such as filters.", valueName: "name"))
  var pane: String?

  @Option(help: ArgumentHelp("The layer that is looked at.", valueName: "name"))
  var layer: String?

  @Option(help: ArgumentHelp("Columns and rows.", valueName: "120x40"), transform: RecordCommand.size)
  var size = Size(120, 40)

  /// Each takes memory until the film is written.
  private static let mostFrames = 3_000

  private static func range(_ text: String) throws -> ClosedRange<Int> {
    let ends = text.split(separator: ".", omittingEmptySubsequences: true).compactMap { Int($0) }
    guard text.contains(".."), ends.count == 2, ends[0] >= 0, ends[0] <= ends[1] else {
      throw ValidationError("found \"\(text)\", expected two steps, such as 0..500")
    }
    return ends[0]...ends[1]
  }

  private static func size(_ text: String) throws -> Size {
    let sides = text.split(separator: "x").compactMap { Int($0) }
    guard sides.count == 2, (80...500).contains(sides[0]), (24...200).contains(sides[1]) else {
      throw ValidationError("found \"\(text)\", expected columns and rows, from 80x24 to 500x200")
    }
    return Size(sides[0], sides[1])
  }

  func validate() throws {
    guard every >= 1 else { throw ValidationError("--every \(every): expected a number of steps of at least 1") }
    guard (1...100).contains(fps) else { throw ValidationError("--fps \(fps): expected 1 to 100") }
    guard ViewName(rawValue: view) != nil else {
      throw ValidationError(
        "--view \(view): expected one of \(ViewName.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    if let pane, !Pane.all.contains(where: { $0.name == pane }) {
      throw ValidationError("--pane \(pane): expected one of \(Pane.all.map(\.name).joined(separator: ", "))")
    }
    guard file.hasSuffix(".cast") || file.hasSuffix(".png") else {
      throw ValidationError("\(file): expected a file that ends with .cast or .png")
    }
  }

  func run() throws {
    try reportingFailures {
      guard !FileManager.default.fileExists(atPath: file) else {
        throw Failure(description: "\(file): is there already; expected the name of a new file", status: .output)
      }
      let film = try Film(recordedTrainer(folder), size: size)
      try film.look(at: view, pane: pane, layer: layer)
      let grids = try film.frames(steps: steps, every: every, most: RecordCommand.mostFrames)
      let data = file.hasSuffix(".png") ? try picture(grids) : try cast(grids)
      do { try data.write(to: URL(fileURLWithPath: file), options: .withoutOverwriting) } catch {
        throw Failure(description: "\(file): cannot be written: \(error.localizedDescription)", status: .output)
      }
      say("\(shown(file)): \(grouped(grids.count)) frames, \(fixed(Double(grids.count) / Double(fps), 1)) s")
    }
  }

  private func picture(_ grids: [Grid]) throws -> Data {
    let (width, height) = ScreenPicture.size(size)
    return try PNG.encode(
      width: width, height: height, frames: grids.lazy.map { ScreenPicture.pixels($0, isLight: false) },
      framesPerSecond: fps
    )
  }

  /// An asciicast: a header, then a line for each frame with what a terminal has to be sent.
  ///
  /// Source: asciinema's "asciicast v2 format".
  private func cast(_ grids: [Grid]) throws -> Data {
    var header = JSONLine()
    header.add("version", 2)
    header.add("width", size.columns)
    header.add("height", size.rows)
    try header.add("title", "convtop: \(folder)")
    try header.add("env", ["TERM": "xterm-256color"])
    var text = header.text + "\n"
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    var before: [Substring] = []
    for (index, grid) in grids.enumerated() {
      let rows = grid.ansi.split(separator: "\n", omittingEmptySubsequences: false)
      // Only the rows that are other than they were.
      var output = index == 0 ? "\u{1b}[?25l\u{1b}[2J" : ""
      for (row, line) in rows.enumerated() where row < size.rows && (row >= before.count || before[row] != line) {
        output += "\u{1b}[\(row + 1);1H\(line)"
      }
      before = rows
      let time = fixed(Double(index) / Double(fps), 3)
      text += "[\(time),\"o\",\(String(decoding: try encoder.encode(output), as: UTF8.self))]\n"
    }
    return Data(text.utf8)
  }
}

/// A run that is looked at frame by frame.
private final class Film {
  private let trainer: Trainer
  private let size: Size
  private var model: DashboardModel
  private let watcher: Watcher
  private let news = DispatchSemaphore(value: 0)
  private var requests = 0

  init(_ trainer: Trainer, size: Size) {
    (self.trainer, self.size) = (trainer, size)
    model = DashboardModel(
      state: DashboardState(), run: trainer.description, status: trainer.status,
      capabilities: Capabilities(colors: .trueColor, unicode: true))
    let news = news
    watcher = trainer.addWatcher { news.signal() }
  }

  deinit { trainer.removeWatcher(watcher) }

  func look(at view: String, pane: String?, layer: String?) throws {
    if let layer {
      guard let index = model.run.layers.firstIndex(where: { $0.name == layer }) else {
        let names = model.run.layers.map(\.name).joined(separator: ", ")
        throw Failure(description: "there is no layer \(layer); there are \(names)", status: .failure)
      }
      model.state.layer = index
    }
    model.state.place.view = ViewName(rawValue: view) ?? .overview
    if let pane = Pane.all.first(where: { $0.name == pane }) {
      (model.state.place.pane, model.state.place.isZoomed) = (pane, true)
    }
  }

  /// The screen before the first step that is wanted, and after each so many.
  func frames(steps: ClosedRange<Int>?, every: Int, most: Int) throws -> [Grid] {
    if let first = steps?.lowerBound, first > trainer.status.step { advance(first - trainer.status.step) }
    var grids = [frame()]
    while trainer.status.phase != .finished, trainer.status.stop == nil, trainer.status.divergedAt == nil {
      let left = steps.map { $0.upperBound - trainer.status.step } ?? every
      guard left > 0 else { break }
      let before = trainer.status.step
      advance(min(every, left))
      // Where the record ends, nothing is new.
      guard trainer.status.step > before else { break }
      grids.append(frame())
      guard grids.count <= most else {
        throw Failure(
          description: "that makes more than \(grouped(most)) frames; expected a larger --every, or --steps",
          status: .failure)
      }
    }
    return grids
  }

  private func advance(_ steps: Int) {
    trainer.sendAndWait(.step(steps))
    while trainer.status.phase.isUnderWay { news.wait() }
  }

  private func frame() -> Grid {
    model.take(trainer.status)
    // Where the record ends it stops; that is no news in a film.
    model.status.stop = nil
    if var request = Dashboard.request(model, size: size) {
      requests += 1
      request.number = requests
      trainer.request(request, for: watcher)
      while trainer.snapshot(for: watcher)?.request.number != requests { news.wait() }
      model.take(trainer.snapshot(for: watcher))
    }
    return Dashboard.render(model, size: size)
  }
}
