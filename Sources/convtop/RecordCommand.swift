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
