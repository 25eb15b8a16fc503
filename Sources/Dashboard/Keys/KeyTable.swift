// The keys: one table that dispatches them, prints the line of keys, and writes the help.

import Telemetry

/// All bindings, in the order in which people see them.
public enum KeyTable {
  /// What means something in a view while a pane has the focus: the pane's keys, the view's, and those that work everywhere.
  public static func bindings(_ view: ViewName, focus: Pane, trains: Bool = true) -> [KeyBinding] {
    // The pane's own come first: where it means the same by a key, the view need not say so.
    let taken = Set(focus.keys.flatMap(\.keys))
    let own = focus.keys + View.of(view).keys.filter { taken.isDisjoint(with: $0.keys) }
    return own + everywhere.filter { trains || !$0.needsTraining }
  }

  /// Every binding that there is, each once.
  public static let all: [KeyBinding] = {
    var seen: Set<KeyBinding> = []
    let own = Pane.all.flatMap(\.keys) + ViewName.allCases.flatMap { View.of($0).keys }
    return (own + everywhere).filter { seen.insert($0).inserted }
  }()

  static let everywhere = running + choosing + panes + shading + program

  private static let running: [KeyBinding] = [
    .command("run", [.character(" ")], "Space", line: ("Space", "run/pause"), "run, or pause after this batch") {
      state, context in
      // Where the shown run is over, the key is for those beside it.
      if context.model.isOver, context.model.rivals.contains(where: { $0.status.phase == .running }) { return .pause }
      if context.model.canOnlyOthersGoOn { return .run }
      if isStuck(&state, context) { return nil }
      switch context.phase {
      case .finished:
        state.say("the run is finished: :epochs +10 adds ten epochs")
        return nil
      case .failed: return nil
      case .running: return .pause
      default: return .run
      }
    },
    .command("batch", [.character("n")], "n", line: ("n", "batch"), "exactly one batch, then pause; 100n: a hundred") {
      state, context in
      guard !isOver(&state, context) else { return nil }
      return .step(context.repeats)
    },
    .command(
      "epoch", [.character("N")], "N", line: ("N", "epoch"), "to the end of the epoch, then pause; 3N: of three"
    ) { state, context in
      guard !isOver(&state, context) else { return nil }
      return .finishEpoch(context.repeats)
    },
    .command("back-batch", [.character("b")], "b", line: ("b B", "back"), "a batch back; 100b: a hundred") {
      .back($1.repeats)
    },
    .command("back-epoch", [.character("B")], "B", "back to the epoch's beginning, or to that of the one before") {
      _, _ in .backToEpoch
    },
    .command("start", [.character("0")], "0", "back to the start, before the first batch") { _, _ in .goTo(step: 0) },
    .command("newest", [.character("$")], "$", "forward to the newest step at once; Space and n replay up to it") {
      _, _ in .goTo(step: .max)
    },
    .command("slower", [.character("-")], "-", line: ("- +", "pace"), "slower, down to a step every 3 seconds") {
      .pace(changePace(&$0, $1, 1))
    },
    .command("faster", [.character("+"), .character("=")], "+", "faster, up to full speed") {
      .pace(changePace(&$0, $1, -1))
    },
    .command("lower-rate", [.character("<")], "<", line: ("< >", "rate"), "half the learning rate") {
      changeRate(&$0, $1, 0.5)
    },
    .command("raise-rate", [.character(">")], ">", "twice the learning rate") { changeRate(&$0, $1, 2) },
    .command("freeze", [.character("F")], "F", "leave the layer as it is while others learn; or train it again") {
      .freeze(layer: $0.layer, !$1.model.status.frozen.contains($0.layer))
    },
    .command("write", [.character("w")], "w", line: ("w", "write"), "write a checkpoint now") { state, context in
      state.awaitsCheckpoint = context.model.access != .readOnly
      return .save
    },
    .command("return", [.character("R")], "R", "back to the last checkpoint, with half the learning rate") { _, _ in
      .goBack(0.5)
    },
  ]

  private static func isOver(_ state: inout DashboardState, _ context: KeyContext) -> Bool {
    if context.model.canOnlyOthersGoOn { return false }
    if isStuck(&state, context) { return true }
    guard context.phase == .finished else { return context.phase == .failed }
    state.say("the run is finished: :epochs +10 adds ten epochs")
    return true
  }

  /// From numbers that are not finite there is only the way back.
  private static func isStuck(_ state: inout DashboardState, _ context: KeyContext) -> Bool {
    guard let sentence = context.model.divergence else { return false }
    state.say(sentence)
    return true
  }

  private static func changePace(_ state: inout DashboardState, _ context: KeyContext, _ steps: Int) -> Pace {
    context.model.status.pace.slower(by: steps * context.repeats)
  }

  private static func changeRate(
    _ state: inout DashboardState, _ context: KeyContext, _ factor: Double
  ) -> RunCommand? {
    guard context.phase != .failed else { return nil }
    let now = context.model.status.learningRateFactor
    state.say("learning rate × \(formatNumber(Float(now * factor))) from the next step on")
    return .learningRateFactor(now * factor)
  }

  private static let choosing: [KeyBinding] = [
    .choice("layer-before", [.character("[")], "[", line: ("[ ]", "layer"), "the layer before") {
      $0.selectLayer($0.layer - $1.repeats, $1.run)
    },
    .choice("layer-after", [.character("]")], "]", "the layer after") {
      $0.selectLayer($0.layer + $1.repeats, $1.run)
    },
    .choice(
      "probe-after", [.character("p")], "p", line: ("p P", "probe"), "the next probe image; 500p: 500 on"
    ) {
      $0.selectProbe($0.probe + $1.repeats, $1.run)
    },
    .choice("probe-before", [.character("P")], "P", "the probe image before") {
      $0.selectProbe($0.probe - $1.repeats, $1.run)
    },
    .choice("probe-random", [.character("r")], "r", "a probe image at random") {
      // The next number of Knuth's generator: no clock is asked.
      $0.random = $0.random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      $0.selectProbe(Int($0.random >> 33), $1.run)
    },
    .choice("probe-same", [.character("k")], "k", "the next probe image of the same class") {
      guard let label = $1.model.snapshot?.probe.label else { return }
      $0.search = .ofClass(label, after: $0.probe)
    },
    .choice(
      "probe-wrong", [.character("W")], "W", "the most confidently wrong image; 3W: the third most",
      needsTraining: true
    ) { $0.search = .mostWrong(rank: $1.repeats - 1) },
    .choice(
      "probe-keep", [.character("v")], "v", "keep this probe beside the next ones, up to three; or drop it"
    ) {
      state, _ in
      if let index = state.otherProbes.firstIndex(of: state.probe) {
        state.otherProbes.remove(at: index)
      } else {
        state.otherProbes = Array((state.otherProbes + [state.probe]).suffix(3))
      }
    },
    .choice(
      "off", [.character("x")], "x", line: ("x", "off"), "switch the filter off, and see what it is worth; or on again",
      needsTraining: true
    ) { state, context in
      let layer = context.model.selectedLayer
      guard layer?.filters != nil else {
        return state.say("\(layer?.name ?? "this layer") has no weights: only a filter can be switched off")
      }
      let chosen = SwitchedOff(layer: state.layer, filter: state.filter)
      state.switchedOff = state.switchedOff == chosen ? nil : chosen
    },
  ]

  private static let panes: [KeyBinding] =
    // A line that begins with "step" goes to one.
    ViewName.allCases.map { view in
      .choice(
        view == .step ? "inside" : view.rawValue, [.function(view.number)] + (view == .step ? [.character("i")] : []),
        "F\(view.number)\(view == .step ? " i" : "")", line: view == .overview ? ("F1–F7", "views") : nil,
        view == .step ? "the last step from within, while the run rests" : "the view \(view.title)",
        needsTraining: view.needsTraining
      ) { state, _ in
        if view == .step { state.glass.causeSteps = 1 }
        state.go(view)
      }
    } + [
      .choice(
        "why", [.character("y")], "y", "which images moved the filter in the last step; 10y: in the last ten",
        needsTraining: true
      ) { state, context in
        state.glass.causeSteps = min(context.repeats, CauseRequest.mostSteps)
        // Of a layer without weights, the one before that has some is meant.
        let layers = context.run.layers
        if let trained = layers.indices.last(where: { $0 <= state.layer && layers[$0].filters != nil }) {
          state.selectLayer(trained, context.run)
        }
        state.go(.step, .causes, isZoomed: true)
      },
      .choice("next-pane", [.tab], "Tab", line: ("Tab", "pane"), "to the next pane") {
        $0.focus = neighbor(of: $0.focus, 1, in: $1.model.shownPanes($1.size))
      },
      .choice("pane-before", [.backTab], "Shift-Tab", "to the pane before") {
        $0.focus = neighbor(of: $0.focus, -1, in: $1.model.shownPanes($1.size))
      },
      KeyBinding(
        name: "open", keys: [.enter], label: "Enter", line: ("Enter", "open"), help: "open what has the focus larger"
      ) { state, context in
        let pane = state.focus
        return pane.open(&state, context)
      },
      .choice("back", [.escape], "Esc", "back the way one came") { state, _ in state.goBack() },
      .choice("zoom", [.character("z")], "z", line: ("z", "zoom"), "the pane alone on the screen, and back") {
        state, _ in
        if state.place.isZoomed { state.goBack() } else { state.go(state.view, state.focus, isZoomed: true) }
      },
    ]

  private static let shading: [KeyBinding] = [
    .choice(
      "scale", [.character("s")], "s", line: ("s", "scale"), "shade by this layer, each tile, or the whole network"
    ) { state, _ in state.look.scale = neighbor(of: state.look.scale, 1, in: ScaleMode.allCases) },
    .choice("colors", [.character("c")], "c", "the colours of numbers of one sign") { state, _ in
      state.look.sequential = neighbor(of: state.look.sequential, 1, in: ColorMap.sequential)
    },
    .choice("more-contrast", [.character("}")], "}", "more contrast") { state, _ in
      state.look.contrast = Look.clamp(state.look.contrast * Look.step)
    },
    .choice("less-contrast", [.character("{")], "{", "less contrast") { state, _ in
      state.look.contrast = Look.clamp(state.look.contrast / Look.step)
    },
    .choice("small-brighter", [.character(")")], ")", "small numbers brighter (gamma)") { state, _ in
      state.look.gamma = Look.clamp(state.look.gamma / Look.step)
    },
    .choice("small-darker", [.character("(")], "(", "small numbers darker (gamma)") { state, _ in
      state.look.gamma = Look.clamp(state.look.gamma * Look.step)
    },
  ]

  private static let program: [KeyBinding] = [
    .choice("command", [.character(":")], ":", line: (":", "command"), "type a command; Tab completes it") {
      state, _ in state.overlay = .commandLine(CommandLine(history: state.history))
    },
    .choice(
      "breakpoints", [.character("!")], "!", "where the run stops: the table of breakpoints", needsTraining: true
    ) { state, _ in state.overlay = .breakpoints(row: 0) },
    .choice(
      "fork-here", [.character("f")], "f", "begin another run here, with something changed", needsTraining: true
    ) { state, context in
      if let complaint = context.model.forkComplaint { return state.say(complaint) }
      state.hasNews = false
      state.overlay = .fork(ForkForm(context.model))
    },
    KeyBinding(
      name: "next-run", keys: [.character(";")], label: ";", help: "the next of the runs side by side",
      needsTraining: true
    ) { state, context in
      guard context.model.hasRivals else {
        state.say("there is one run; f forks it")
        return .none
      }
      return .lane((context.model.lane + context.repeats) % context.model.lanes.count)
    },
    .choice("messages", [.character("m")], "m", "all messages") { state, _ in state.overlay = .messages },
    KeyBinding(
      name: "save", keys: [.character("S")], label: "S",
      help: "save the screen as text, with its colours, and as a picture",
    ) { _, _ in .save },
    .choice("help", [.character("?")], "?", line: ("?", "help"), "this page; type to search it") { state, _ in
      state.overlay = .help(Help())
    },
    KeyBinding(
      name: "detach", keys: [.character("D")], label: "D",
      help: "leave the screen; the run goes on, and convtop attach shows it again", needsTraining: true
    ) { state, context in
      guard context.model.access == .own else { return .quit }
      if let fault = context.model.status.storageFault {
        state.say("\(fault): no other process could go on with the run")
        return .none
      }
      guard context.model.isOver, !context.model.canOnlyOthersGoOn else { return .detach }
      state.say("nothing is left to go on with: the run is over")
      return .none
    },
    KeyBinding(
      name: "quit", keys: [.character("q")], label: "q", line: ("q", "quit"),
      help: "quit; asks only while training here",
    ) { state, context in
      guard context.model.isAnyUnderWay, context.model.access == .own else { return .quit }
      state.overlay = .quitQuestion
      return .none
    },
  ]
}

extension KeyBinding {
  static let layerAbove = choice("up", [.up], "↑", line: ("↑ ↓", "layer"), "the layer before") {
    $0.selectLayer($0.layer - $1.repeats, $1.run)
  }
  static let layerBelow = choice("down", [.down], "↓", "the layer after") {
    $0.selectLayer($0.layer + $1.repeats, $1.run)
  }
  static let filterBefore = choice("left", [.left], "←", line: ("← →", "filter"), "the filter before") {
    $0.selectFilter($0.filter - $1.repeats, $1.run)
  }
  static let filterAfter = choice("right", [.right], "→", "the filter after") {
    $0.selectFilter($0.filter + $1.repeats, $1.run)
  }
}

/// The value some steps further in a list that goes round.
func neighbor<Value: Equatable>(of value: Value, _ step: Int, in all: [Value]) -> Value {
  guard !all.isEmpty else { return value }
  let index = all.firstIndex(of: value) ?? 0
  return all[(index + step + all.count) % all.count]
}
