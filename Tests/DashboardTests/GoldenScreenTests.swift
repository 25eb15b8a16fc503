// Whole screens against recorded ones: characters, and the colour of every cell.
//
// CONVTOP_RECORD=1 swift test --filter GoldenScreenTests records them anew.

import Foundation
import Telemetry
import Testing

@testable import Dashboard

@Suite struct GoldenScreenTests {
  struct Scene: Sendable, CustomTestStringConvertible {
    let name: String
    let size: Size
    var capabilities = Capabilities(colors: .indexed256, unicode: true)
    var phase = RunPhase.running
    var trains = true
    var poison = false
    var layers = lenetLayers
    var failure: String?
    var lanes = 1
    var change: @Sendable (inout DashboardState) -> Void = { _ in }
    var status: @Sendable (inout RunStatus) -> Void = { _ in }
    var testDescription: String { name }
  }

  static let ladder: [(name: String, capabilities: Capabilities)] = [
    ("truecolor", Capabilities(colors: .trueColor, unicode: true)),
    ("light", Capabilities(colors: .indexed256, unicode: true, isLight: true)),
    ("16-colors", Capabilities(colors: .sixteen, unicode: true)),
    ("8-colors", Capabilities(colors: .eight, unicode: true)),
    ("monochrome", Capabilities(colors: .monochrome, unicode: true)),
    ("ascii", Capabilities(colors: .monochrome, unicode: false)),
  ]

  /// Goes to a view by its key, with the second convolution chosen, so that there are several channels.
  private static func open(_ view: ViewName) -> @Sendable (inout DashboardState) -> Void {
    { state in
      state.layer = 3
      state.filter = 2
      state.place = Place(view: view, pane: KeyTests.firstPanes[view] ?? .layers, isZoomed: false)
    }
  }

  /// A step is looked at while the run rests.
  private static func phase(_ view: ViewName) -> RunPhase { view == .step ? .paused : .running }

  /// Forks are looked at where there are some.
  private static func lanes(_ view: ViewName) -> Int { view == .fork ? 3 : 1 }

  /// Every view at three sizes, and at the smallest one on every kind of terminal.
  static let views: [Scene] = ViewName.allCases.flatMap { view in
    [Size(80, 24), Size(120, 40), Size(200, 60)].map { size in
      Scene(
        name: "\(view)-\(size.columns)x\(size.rows)", size: size, phase: phase(view), lanes: lanes(view),
        change: open(view))
    }
      + ladder.map { rung in
        Scene(
          name: "\(view)-\(rung.name)", size: Size(80, 24), capabilities: rung.capabilities, phase: phase(view),
          lanes: lanes(view), change: open(view))
      }
  }

  static let scenes: [Scene] =
    views
    + [Size(80, 24), Size(120, 40), Size(200, 60)].map { size in
      Scene(name: "past-\(size.columns)x\(size.rows)", size: size, phase: .paused) { _ in
      } status: {
        $0.newest = RunStatus.Newest(step: 1200, epoch: 2)
        ($0.step, $0.epoch) = (512, 1)
      }
    }
    + [Size(80, 24), Size(120, 40), Size(200, 60)].flatMap { size in
      [
        Scene(name: "loss-of-an-image-\(size.columns)x\(size.rows)", size: size, phase: .paused) { state in
          (state.glass.stage, state.glass.image, state.layer) = (.loss, 5, 11)
          state.place = Place(view: .step, pane: .batch, isZoomed: false)
        },
        Scene(name: "update-\(size.columns)x\(size.rows)", size: size, phase: .paused) { state in
          (state.glass.stage, state.layer) = (.update, 3)
          state.place = Place(view: .step, pane: .inside, isZoomed: false)
        },
        Scene(name: "fork-form-\(size.columns)x\(size.rows)", size: size, phase: .paused) { state in
          state.overlay = .fork(ForkForm(KeyTests.formModel))
        },
        Scene(name: "causes-\(size.columns)x\(size.rows)", size: size, phase: .paused) { state in
          (state.layer, state.filter, state.glass.causeSteps) = (3, 2, 10)
          state.place = Place(view: .step, pane: .causes, isZoomed: true)
        },
      ]
    }
    + [Size(80, 24), Size(120, 40), Size(200, 60)].map { size in
      Scene(name: "breakpoints-\(size.columns)x\(size.rows)", size: size, phase: .paused) {
        $0.overlay = .breakpoints(row: 1)
      } status: {
        $0.breakpoints = [
          Breakpoint(condition: "non-finite", isOn: true, hits: 0),
          Breakpoint(condition: "loss > 2", isOn: true, hits: 1),
          Breakpoint(condition: "update_ratio(conv2) < 1e-05", isOn: false, hits: 12),
        ]
        $0.stop = Stop(step: 1201, condition: "loss > 2", saw: "loss is 2.314")
      }
    } + [
      Scene(name: "conv1-80x24", size: Size(80, 24)),
      Scene(name: "relu-tile-scale", size: Size(120, 40), phase: .paused) { state in
        state.layer = 1
        state.look.scale = .tile
      },
      Scene(name: "fc1-network-scale", size: Size(120, 40), phase: .finished) { state in
        state.layer = 7
        state.look.scale = .network
        state.charts.isLog = true
      },
      Scene(name: "maps-zoomed", size: Size(120, 40)) {
        $0.place = Place(view: .overview, pane: .maps, isZoomed: true)
      },
      Scene(name: "loss-zoomed", size: Size(80, 24)) { $0.place = Place(view: .overview, pane: .loss, isZoomed: true) },
      Scene(name: "filter-zoomed", size: Size(80, 24)) { state in
        state.filter = 3
        state.place = Place(view: .filters, pane: .filter, isZoomed: true)
      },
      Scene(name: "arithmetic-zoomed", size: Size(80, 24)) { state in
        state.layer = 3
        (state.maps.row, state.maps.column) = (4, 5)
        state.place = Place(view: .maps, pane: .arithmetic, isZoomed: true)
      },
      Scene(name: "filter-off", size: Size(120, 40), phase: .paused) { state in
        state.filter = 2
        state.switchedOff = SwitchedOff(layer: 0, filter: 2)
        state.place = Place(view: .filters, pane: .filter, isZoomed: true)
      },
      Scene(name: "three-probes", size: Size(120, 40)) { state in
        state.otherProbes = [4, 5]
        state.place = Place(view: .maps, pane: .maps, isZoomed: false)
      },
      Scene(name: "gradients-by-norm", size: Size(80, 24)) { state in
        state.layer = 3
        (state.filters.quantity, state.filters.order) = (.gradient, .norm)
        state.place = Place(view: .filters, pane: .filters, isZoomed: false)
      },
      Scene(name: "batch", size: Size(120, 40)) { state in
        state.data.source = .batch
        state.place = Place(view: .data, pane: .images, isZoomed: false)
      },
      Scene(name: "charts-cursor", size: Size(120, 40)) { state in
        state.charts.shown = ["loss", "accuracy", "gradient_norm"]
        (state.charts.cursor, state.charts.window, state.charts.time) = (600, 400...1100, .epochs)
        state.place = Place(view: .charts, pane: .plots, isZoomed: false)
      },
      Scene(name: "four-runs", size: Size(120, 40), lanes: 4),
      Scene(name: "four-runs-ascii", size: Size(120, 40), capabilities: ladder[5].capabilities, lanes: 4),
      Scene(name: "step-under-way", size: Size(80, 24)) {
        $0.place = Place(view: .step, pane: .batch, isZoomed: false)
      },
      Scene(name: "batch-norm", size: Size(120, 40), layers: residualLayers) { $0.layer = 4 },
      Scene(name: "residual-network", size: Size(120, 40), layers: residualLayers) { state in
        state.layer = 6
        state.place = Place(view: .network, pane: .network, isZoomed: false)
      },
      Scene(name: "many-channels", size: Size(120, 40), layers: residualLayers) { state in
        state.layer = 3
        state.place = Place(view: .filters, pane: .filters, isZoomed: false)
      },
      Scene(name: "pooling", size: Size(120, 40)) { $0.layer = 2 },
      Scene(name: "not-a-number", size: Size(120, 40), poison: true),
      Scene(name: "diverged", size: Size(80, 24), poison: true) { _ in
      } status: { status in
        status.lastStep = StepRecord(step: 1200, epoch: 2, loss: .nan, accuracy: 0.1, learningRate: 10, images: 64)
        (status.divergedAt, status.divergedLayer, status.savedStep) = (1200, "conv2", 938)
      },
      Scene(name: "not-saved", size: Size(80, 24)) { _ in
      } status: { status in
        status.storageFault = "runs/lenet-1/metrics.jsonl: cannot be written: No space left on device"
        status.frozen = [0]
      },
      Scene(name: "slow", size: Size(120, 40)) { _ in
      } status: {
        $0.pace = Pace.all[4]
      },
      Scene(name: "last-layer", size: Size(80, 24)) { state in
        state.layer = 11
        state.place = Place(view: .maps, pane: .maps, isZoomed: false)
      },
      Scene(name: "no-weights", size: Size(80, 24)) { state in
        state.layer = 2
        state.place = Place(view: .filters, pane: .maps, isZoomed: false)
      },
      Scene(name: "help", size: Size(80, 24)) { $0.overlay = .help(Help()) },
      Scene(name: "messages", size: Size(80, 24)) { state in
        state.say(Message("fashion-mnist is not installed, so this trains on the built-in glyphs"))
        state.say(Message("\"frob\" is no command", isError: true))
        state.overlay = .messages
      },
      Scene(name: "news", size: Size(80, 24)) { state in
        state.say(
          Message(
            "fashion-mnist is not installed, so this trains on the built-in glyphs; to get it: apt-get install dataset-fashion-mnist"
          ))
      },
      Scene(name: "quit-question", size: Size(80, 24)) { $0.overlay = .quitQuestion },
      Scene(name: "count", size: Size(80, 24), phase: .paused) { $0.count = 100 },
      Scene(
        name: "failure", size: Size(120, 40), phase: .failed,
        failure: "runs/lenet/metrics.jsonl: cannot be written: No space left on device"),
      Scene(name: "looked-at-80x24", size: Size(80, 24), phase: .finished, trains: false),
      Scene(name: "looked-at-120x40", size: Size(120, 40), phase: .finished, trains: false) { $0.place.pane = .maps },
      Scene(name: "too-small", size: Size(79, 24)),
    ]

  @Test(arguments: scenes)
  func screenIsAsRecorded(scene: Scene) throws {
    var model = fixture(
      scene.capabilities, size: scene.size, phase: scene.phase, layers: scene.layers, lanes: scene.lanes,
      change: scene.change)
    model.status.failure = scene.failure
    if !scene.trains { model.status.epochs = 0 }
    scene.status(&model.status)
    if let request = Dashboard.request(model, size: scene.size) {
      model.snapshot = snapshot(request, layers: scene.layers, poison: scene.poison)
    }
    let found = recording(Dashboard.render(model, size: scene.size))
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Golden/\(scene.name).txt")
    if ProcessInfo.processInfo.environment["CONVTOP_RECORD"] == "1" {
      try Data(found.utf8).write(to: file)
    }
    let expected = String(decoding: try Data(contentsOf: file), as: UTF8.self)
    #expect(found == expected, "the screen \(scene.name) differs from its recording")
  }

  /// A recording that no scene makes any more says nothing.
  @Test func everyRecordingHasItsScene() throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Golden")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(Set(files) == Set(GoldenScreenTests.scenes.map { "\($0.name).txt" }))
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
