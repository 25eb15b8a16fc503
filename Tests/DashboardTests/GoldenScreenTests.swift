// Whole screens against recorded ones: characters, and the colour of every cell.
//
// CONVTOP_RECORD=1 swift test --filter GoldenScreenTests records them anew.

import Dashboard
import Foundation
import Telemetry
import Testing

@Suite struct GoldenScreenTests {
  struct Scene: Sendable, CustomTestStringConvertible {
    let name: String
    let size: Size
    var capabilities = Capabilities(colors: .indexed256, unicode: true)
    var phase = RunPhase.running
    var trains = true
    var poison = false
    var notice: String?
    var failure: String?
    var change: @Sendable (inout DashboardState) -> Void = { _ in }
    var testDescription: String { name }
  }

  static let scenes: [Scene] = [
    Scene(name: "conv1-80x24", size: Size(80, 24)),
    Scene(name: "conv1-120x40", size: Size(120, 40)),
    Scene(name: "conv1-200x60", size: Size(200, 60)),
    Scene(name: "conv1-truecolor", size: Size(80, 24), capabilities: Capabilities(colors: .trueColor, unicode: true)),
    Scene(
      name: "conv1-light", size: Size(80, 24),
      capabilities: Capabilities(colors: .indexed256, unicode: true, isLight: true)),
    Scene(name: "conv1-16-colors", size: Size(80, 24), capabilities: Capabilities(colors: .sixteen, unicode: true)),
    Scene(name: "conv1-8-colors", size: Size(120, 40), capabilities: Capabilities(colors: .eight, unicode: true)),
    Scene(name: "conv1-monochrome", size: Size(80, 24), capabilities: Capabilities(colors: .monochrome, unicode: true)),
    Scene(name: "conv1-ascii", size: Size(80, 24), capabilities: Capabilities(colors: .monochrome, unicode: false)),
    Scene(name: "conv1-ascii-colors", size: Size(120, 40), capabilities: Capabilities(colors: .eight, unicode: false)),
    Scene(name: "conv2-filter3", size: Size(120, 40), phase: .paused) { state in
      state.layer = 3
      state.filter = 3
      state.focus = .filters
    },
    Scene(name: "relu-tile-scale", size: Size(120, 40), phase: .paused) { state in
      state.layer = 1
      state.scale = .tile
    },
    Scene(name: "fc1-network-scale", size: Size(120, 40), phase: .finished) { state in
      state.layer = 7
      state.scale = .network
      state.isLogLoss = true
    },
    Scene(name: "maps-maximized", size: Size(120, 40)) { state in
      state.focus = .maps
      state.isMaximized = true
    },
    Scene(name: "loss-maximized", size: Size(80, 24)) { state in
      state.focus = .loss
      state.isMaximized = true
    },
    Scene(name: "not-a-number", size: Size(120, 40), poison: true),
    Scene(name: "help", size: Size(80, 24)) { $0.isHelpVisible = true },
    Scene(name: "quit-question", size: Size(80, 24)) { $0.isConfirmingQuit = true },
    Scene(name: "count", size: Size(80, 24), phase: .paused) { $0.count = 100 },
    Scene(
      name: "notice", size: Size(80, 24),
      notice:
        "fashion-mnist is not installed, so this trains on the built-in glyphs; to get it: apt-get install dataset-fashion-mnist"
    ),
    Scene(
      name: "failure", size: Size(120, 40), phase: .failed,
      failure: "runs/lenet/metrics.jsonl: cannot be written: No space left on device"),
    Scene(name: "looked-at-80x24", size: Size(80, 24), phase: .finished, trains: false),
    Scene(name: "looked-at-120x40", size: Size(120, 40), phase: .finished, trains: false) { $0.focus = .maps },
    Scene(name: "too-small", size: Size(79, 24)),
  ]

  @Test(arguments: scenes)
  func screenIsAsRecorded(scene: Scene) throws {
    var model = fixture(scene.capabilities, size: scene.size, phase: scene.phase, change: scene.change)
    model.notice = scene.notice
    model.status.failure = scene.failure
    if !scene.trains { model.status.epochs = 0 }
    if let request = Dashboard.request(model, size: scene.size) {
      model.snapshot = snapshot(request, poison: scene.poison)
    }
    let found = recording(Dashboard.render(model, size: scene.size))
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Golden/\(scene.name).txt")
    if ProcessInfo.processInfo.environment["CONVTOP_RECORD"] == "1" {
      try Data(found.utf8).write(to: file)
    }
    let expected = String(decoding: try Data(contentsOf: file), as: UTF8.self)
    #expect(found == expected, "the screen \(scene.name) differs from its recording")
  }

  /// The text, then a line for each row with a letter a cell for its style, then what the letters mean.
  private func recording(_ grid: Grid) -> String {
    var letters: [Style: Character] = [:]
    var order: [Style] = []
    let alphabet =
      Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
      + (0x100..<0x1000).compactMap { Unicode.Scalar($0).map(Character.init) }
    var styles = ""
    for row in 0..<grid.size.rows {
      for column in 0..<grid.size.columns {
        let style = grid[column, row].style
        if style == .plain {
          styles.append(".")
          continue
        }
        if letters[style] == nil {
          letters[style] = alphabet[order.count]
          order.append(style)
        }
        styles.append(letters[style] ?? "?")
      }
      styles.append("\n")
    }
    let legend = order.map { style in
      let flags = [style.isBold ? "bold" : nil, style.isReversed ? "reversed" : nil]
        .compactMap { $0 }
      return
        "\(letters[style] ?? "?"): \(describe(style.foreground)) on \(describe(style.background)) \(flags.joined(separator: " "))"
    }
    return "\(grid.text)\n\n\(styles)\n\(legend.joined(separator: "\n"))\n"
  }

  private func describe(_ color: TerminalColor) -> String {
    switch color {
    case .standard: "-"
    case .indexed(let index): "\(index)"
    case .rgb(let red, let green, let blue): "\(red),\(green),\(blue)"
    }
  }
}
