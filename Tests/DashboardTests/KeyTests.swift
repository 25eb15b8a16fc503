// What each key does to the state, and what it asks of the trainer.

import Telemetry
import Testing

@testable import Dashboard

@Suite struct KeyTests {
  static let firstPanes = Dictionary(uniqueKeysWithValues: ViewName.allCases.map { ($0, View.of($0).firstPane) })
  private static let size = Size(120, 40)

  /// A model with some settings that a fork may change.
  static var formModel: DashboardModel { KeyTests().model() }

  private func model(
    _ state: DashboardState = DashboardState(), phase: RunPhase = .paused, trains: Bool = true
  ) -> DashboardModel {
    var run = lenetRun
    run.probes = 5
    var status = RunStatus(
      phase: phase, epoch: 2, epochs: trains ? 10 : 0, step: 1200, steps: 9380, learningRate: 0.001)
    status.pace = .full
    status.baseLearningRate = 0.001
    var model = DashboardModel(
      state: state, run: run, status: status, capabilities: Capabilities(colors: .indexed256, unicode: true))
    model.settings = [
      Setting(key: "training.optimizer.learning_rate", value: "0.25"),
      Setting(key: "training.optimizer.type", value: "adam"),
      Setting(key: "training.batch_size", value: "64"),
    ]
    return model
  }

  @discardableResult
  private func press(
    _ keys: [Key], from state: DashboardState = DashboardState(), phase: RunPhase = .paused, trains: Bool = true
  ) -> (state: DashboardState, effects: [Effect]) {
    var model = model(state, phase: phase, trains: trains)
    let effects = keys.map { key -> Effect in
      // What a key shows comes with the answer to its request.
      if let request = Dashboard.request(model, size: KeyTests.size) { model.take(snapshot(request)) }
      return model.handle(key, size: KeyTests.size)
    }
    return (model.state, effects)
  }

  private func characters(_ text: String) -> [Key] { text.map { .character($0) } }

  private func commands(_ text: String, phase: RunPhase = .paused) -> [Effect] {
    press(characters(text), phase: phase).effects.filter { $0 != .none }
  }

  /// Types a line behind a colon.
  private func line(_ text: String, phase: RunPhase = .paused) -> (state: DashboardState, effects: [Effect]) {
    press(characters(":\(text)") + [.enter], phase: phase)
  }

  @Test func spaceRunsAndPauses() {
    #expect(commands(" ", phase: .running) == [.command(.pause)])
    for state: RunPhase in [.idle, .paused, .pausing] { #expect(commands(" ", phase: state) == [.command(.run)]) }
  }

  @Test func afterTheEndKeysSayWhyTheyDoNothing() {
    for key in [" ", "n", "N"] {
      let (state, effects) = press(characters(key), phase: .finished)
      #expect(effects == [.none] && state.messages.last?.text.contains(":epochs") == true)
    }
  }

  @Test func aForkIsFilledIntoAFormThatBeginsWithHalfTheRate() {
    func fork(_ keys: [Key]) -> Effect? { press([.character("f")] + keys + [.enter]).effects.last }
    let half = "training.optimizer.learning_rate=0.0005"
    #expect(fork([]) == .fork(overrides: [half], frozen: []))
    #expect(fork([.delete]) == .fork(overrides: [], frozen: []))
    #expect(fork([.backspace] + characters("1")) == .fork(overrides: [half.dropLast() + "1"], frozen: []))
    #expect(
      fork(characters("0.1"))
        == .fork(overrides: ["training.optimizer.learning_rate=0.1"], frozen: []), "what is typed first takes its place"
    )
    // Another type has settings of its own; what is typed for those comes behind it.
    #expect(
      fork([.down] + characters("sgd"))
        == .fork(overrides: ["training.optimizer={\"type\":\"sgd\"}", half], frozen: []))
    #expect(
      fork([.delete, .down, .down] + characters("32")) == .fork(overrides: ["training.batch_size=32"], frozen: []))
    // What is typed anew as it was changes nothing.
    #expect(fork([.delete, .down, .down] + characters("64")) == .fork(overrides: [], frozen: []))
    // The last line takes anything, and the ones before it are the layers.
    #expect(
      fork([.delete, .end] + characters("training.clip.norm=1") + [.up, .character(" "), .up, .character(" ")])
        == .fork(overrides: ["training.clip.norm=1"], frozen: ["fc2", "fc3"]))
    #expect(fork([.delete, .end, .up, .character(" "), .character(" ")]) == .fork(overrides: [], frozen: []))
    // It stays open until the fork is there, so that what was wrong can be mended.
    guard case .fork = press([.character("f"), .enter]).state.overlay else {
      Issue.record("the form is closed")
      return
    }
    #expect(press([.character("f"), .escape]).state.overlay == .none)
    let typed = press(characters(":fork training.batch_size=32 freeze=conv1") + [.enter])
    #expect(typed.effects.last == .fork(overrides: ["training.batch_size=32"], frozen: ["conv1"]))
    #expect(press(characters(":fork training.epochs=") + [.enter]).state.messages.last?.isError == true)
  }

  @Test func theTableOfBreakpointsTakesTheKeys() {
    var model = model()
    model.status.breakpoints = [
      Breakpoint(condition: "loss > 2", isOn: true, hits: 1), Breakpoint(condition: "every 5", isOn: false, hits: 0),
    ]
    let keys: [Key] = [.character("!"), .character(" "), .down, .enter, .down, .character("d"), .up, .escape]
    let effects = keys.map { model.handle($0, size: KeyTests.size) }
    let commands: [RunCommand] = [.turnBreakpoint(0, on: false), .turnBreakpoint(1, on: true), .removeBreakpoint(1)]
    #expect(effects.filter { $0 != .none } == commands.map(Effect.command))
    #expect(model.state.overlay == .none)
    #expect(press(characters(":break loss > 2") + [.enter]).effects.last == .command(.addBreakpoint("loss > 2")))
    #expect(
      press(characters(":watch update_ratio(conv1)") + [.enter]).effects.last == .command(.watch("update_ratio(conv1)"))
    )
    #expect(press(characters(":step 77") + [.enter]).effects.last == .command(.goTo(step: 77)))
    #expect(press(characters(":step 1201") + [.enter]).state.messages.last?.text.contains("has been") == true)
  }

  @Test func aNumberRepeatsTheNextKey() {
    #expect(commands("n") == [.command(.step(1))])
    #expect(press(characters("100n")).effects == [.none, .none, .none, .command(.step(100))])
    #expect(commands("3N") == [.command(.finishEpoch(3))])
    #expect(press(characters("12n")).state.count == nil)
    #expect(commands("99999999999999999999n") == [.command(.step(999_999))])
    // A zero alone starts no number, it goes to the start; Escape drops one, and so does any other key.
    #expect(commands("0n") == [.command(.goTo(step: 0)), .command(.step(1))])
    #expect(commands("b100bB$") == [.back(1), .back(100), .backToEpoch, .goTo(step: .max)].map(Effect.command))
    #expect(press(characters("5") + [.escape] + characters("n")).effects.last == .command(.step(1)))
    #expect(press(characters("5?") + [.escape] + characters("n")).effects.last == .command(.step(1)))
    #expect(press(characters("3p")).state.probe == 3)
    #expect(press(characters("3]")).state.layer == 3)
  }

  @Test func layersAndFiltersStopAtTheirEnds() {
    #expect(press([.up]).state.layer == 0)
    #expect(press([.down, .character("]"), .down, .character("["), .down]).state.layer == 3)
    #expect(press([Key](repeating: .down, count: 99)).state.layer == lenetLayers.count - 1)
    #expect(press([.left]).state.filter == 0)
    #expect(press([Key](repeating: .right, count: 99)).state.filter == 5)
    // A layer with fewer filters keeps the selection inside.
    var state = DashboardState()
    state.layer = 7
    state.filter = 119
    #expect(press([.down], from: state).state.filter == 0)
  }

  @Test func probesGoRoundAndCanBeLookedFor() {
    #expect(press(characters("ppp")).state.probe == 3)
    #expect(press(characters("P")).state.probe == 4)
    #expect(press(characters("ppppp")).state.probe == 0)
    let random = (1...20).map { press([Key](repeating: .character("r"), count: $0)).state.probe }
    #expect(Set(random).count >= 3 && random.allSatisfy((0..<5).contains))
    #expect(press(characters("k")).state.search == .ofClass(9, after: 0))
    #expect(press(characters("3W")).state.search == .mostWrong(rank: 2))
    #expect(press(characters("vpvpv")).state.otherProbes == [0, 1, 2])
    #expect(press(characters("vv")).state.otherProbes == [])
  }

  @Test func theAnswerToASearchIsTheProbe() throws {
    var model = model()
    _ = model.handle(.character("W"), size: KeyTests.size)
    var answer = snapshot(try #require(Dashboard.request(model, size: KeyTests.size)))
    answer.found = 4
    model.take(answer)
    #expect(model.state.probe == 4 && model.state.search == nil)
    _ = model.handle(.character("W"), size: KeyTests.size)
    answer = snapshot(try #require(Dashboard.request(model, size: KeyTests.size)))
    model.take(answer)
    #expect(model.state.probe == 4 && model.state.search == nil && model.state.messages.count == 1)
  }

  @Test func functionKeysOpenViewsAndEscapeGoesBackTheWayOneCame() {
    for view in ViewName.allCases { #expect(press([.function(view.number)]).state.view == view) }
    let there = press([.function(3), .enter, .function(5), .tab]).state
    #expect(there.view == .charts && there.focus != View.of(.charts).firstPane)
    var back = press([.escape], from: there).state
    #expect(back.view == .filters && back.focus == .filter && back.place.isZoomed)
    back = press([.escape], from: back).state
    #expect(back.view == .filters && !back.place.isZoomed)
    back = press([.escape, .escape], from: back).state
    #expect(back.view == .overview && back.place == DashboardState().place)
    // A view is found as it was left.
    #expect(press([.function(5), .tab, .function(1), .function(5)]).state.focus == .series)
  }

  @Test func aStepIsWalkedThroughForwardAndBackToTheUpdate() {
    let inside = press(characters("i")).state
    #expect(inside.view == .step && inside.glass == GlassChoice() && inside.layer == 0)
    // Twelve layers forward, the loss, twelve back, and the five that have weights.
    var (state, way) = (inside, ["\(inside.glass.stage) \(inside.layer)"])
    for _ in 0..<40 {
      let next = press([.right], from: state).state
      if next == state { break }
      state = next
      way.append("\(state.glass.stage) \(state.layer)")
    }
    let trained = [0, 3, 7, 9, 11]
    #expect(
      way == (0..<12).map { "forward \($0)" } + ["loss 11"] + (0..<12).reversed().map { "backward \($0)" }
        + trained.map { "update \($0)" })
    #expect(press([.left, .left], from: state).state.layer == 7)
    #expect(press(characters("40") + [.left], from: state).state.glass.stage == .forward)
    // A layer without weights, chosen while updates are shown, is passed by.
    var passed = state
    passed.layer = 4
    #expect(press([.right], from: passed).state.layer == 9)
  }

  @Test func anImageOfTheBatchIsChosenAndTheNetIsSeenThroughIt() {
    let state = press([.character("i")] + [.down, .down, .down, .up]).state
    #expect(state.glass.image == 2)
    #expect(press([.end], from: state).state.glass.image == 63)
    let seen = press([.enter], from: state).state
    #expect(seen.view == .network && seen.trainingProbe == 402)
    #expect(press(characters("p"), from: seen).state.trainingProbe == nil)
  }

  @Test func whyAsksOfTheLayerWithWeightsAndOfSoManySteps() {
    var state = DashboardState()
    state.layer = 5
    let why = press(characters("25y"), from: state).state
    #expect(why.layer == 3 && why.glass.causeSteps == 25 && why.focus == .causes && why.place.isZoomed)
    #expect(press([.escape], from: why).state.view == .overview)
  }

  @Test func runsSideBySideAreShownInTurnAndQuittingAsksForAll() throws {
    var model = model()
    #expect(
      model.handle(.character(";"), size: KeyTests.size) == .none
        && model.state.messages.last?.text == "there is one run; f forks it")
    model.lanes = lanes(3, model.status)
    #expect(model.handle(.character(";"), size: KeyTests.size) == .lane(1))
    model.show(lane: 2, run: model.run, settings: model.settings, status: model.status)
    #expect(model.handle(.character(";"), size: KeyTests.size) == .lane(0))
    let line = try #require(Layout(KeyTests.size, model)?.lanes)
    for tab in Canvas(KeyTests.size, model).laneTabs(in: line) {
      let press = Mouse(.press, Point(column: tab.rect.column, row: tab.rect.row))
      #expect(model.handle(.mouse(press), size: KeyTests.size) == .lane(tab.lane))
    }
    // One that is not shown still trains.
    model.lanes[0].status.phase = .running
    #expect(model.handle(.character("q"), size: KeyTests.size) == .none && model.state.overlay == .quitQuestion)
  }

  @Test func theMouseSlidesThePaceAndPressesKeys() throws {
    for size in [Size(80, 24), Size(200, 60)] {
      var model = model()
      let layout = try #require(Layout(size, model))
      let line = Canvas(size, model).keyLine(in: layout.keys)
      let slider = try #require(line.lazy.compactMap(\.slider).first)
      func mouse(_ action: Mouse.Action, _ column: Int) -> Effect {
        model.handle(.mouse(Mouse(action, Point(column: column, row: slider.row))), size: size)
      }
      #expect(mouse(.press, slider.column) == .command(.pace(Pace.all[6])))
      #expect(mouse(.drag, slider.column + 3) == .command(.pace(Pace.all[3])))
      // Beyond the end it stays there, which is where it is.
      #expect(mouse(.drag, slider.column + 90) == .none)
      #expect(mouse(.release, slider.column) == .none && mouse(.drag, slider.column) == .none)
      let batch = try #require(line.first { $0.binding.name == "batch" })
      #expect(mouse(.press, batch.rect.column) == .command(.step(1)))
      let two = try #require(line.first { $0.label.contains(" ") && $0.slider == nil })
      #expect(mouse(.press, two.rect.column) == .none)
    }
  }

  @Test func enterOpensWhatHasTheFocusLarger() {
    for (pane, view) in [
      (Pane.loss, ViewName.charts), (.layers, .network), (.filters, .filters), (.maps, .maps),
    ] {
      var state = DashboardState()
      state.focus = pane
      #expect(press([.enter], from: state).state.view == view)
    }
    let zoomed = press(characters("z")).state
    #expect(zoomed.place.isZoomed && zoomed.focus == .layers)
    #expect(!press(characters("z"), from: zoomed).state.place.isZoomed)
  }

  @Test func tabGoesThroughThePanesOfAView() {
    for view in ViewName.allCases {
      let shown = press([.function(view.number)]).state
      for count in 0..<4 {
        var model = model()
        for key in [.function(view.number)] + [Key](repeating: .tab, count: count) {
          _ = model.handle(key, size: KeyTests.size)
        }
        #expect(Layout(KeyTests.size, model)?.panes[model.state.focus] != nil)
      }
      #expect(press([.tab, .backTab], from: shown).state.focus == shown.focus)
    }
  }

  @Test func aPaneThatHasNothingToShowLosesTheFocus() {
    var state = DashboardState()
    state.focus = .filters
    // Pooling has no weights.
    #expect(press(characters("]]"), from: state).state.focus == .layers)
  }

  @Test func filtersMoveInTheirGridAndInTheirOrder() {
    var state = press([.function(3)]).state
    let across = press([.right], from: state).state.filter
    let below = press([.down], from: state).state.filter
    #expect(across == 1 && below > 1)
    #expect(press([.end], from: state).state.filter == 5 && press([.end, .home], from: state).state.filter == 0)
    state = press(characters("g"), from: state).state
    #expect(state.filters.quantity == .gradient)
    // The canned source has the others the other way round.
    state = press(characters("o"), from: state).state
    #expect(state.filters.order == .norm)
    state.filter = 5
    #expect(press([.right], from: state).state.filter == 4)
  }

  @Test func theCursorOfAMapStaysInside() {
    var state = press([.function(4), .enter]).state
    #expect(state.focus == .arithmetic && state.place.isZoomed)
    state = press([.right, .right, .down, .left] + [Key](repeating: .up, count: 5), from: state).state
    #expect(state.maps.row == 0 && state.maps.column == 1)
    state = press([Key](repeating: .down, count: 50), from: state).state
    #expect(state.maps.row == 27)
  }

  /// A pooling layer's numbers are no sums of products.
  @Test func whereThereIsNoArithmeticTheMapsAreOpened() {
    let state = press([.function(4), .character("]"), .character("]"), .enter]).state
    #expect(state.focus == .maps && state.place.isZoomed)
  }

  @Test func aFilterIsSwitchedOffAndOnAndOnlyOne() {
    let off = press(characters("x")).state
    #expect(off.switchedOff == SwitchedOff(layer: 0, filter: 0))
    #expect(press(characters("x"), from: off).state.switchedOff == nil)
    #expect(press([.right], from: off).state.switchedOff == nil)
    let pooling = press(characters("]]x")).state
    #expect(pooling.switchedOff == nil && pooling.messages.last?.text.contains("no weights") == true)
  }

  @Test func paceGoesFromFullSpeedToAStepEveryThreeSeconds() {
    #expect(commands("-") == [.command(.pace(Pace.all[1]))])
    #expect(commands("+") == [.command(.pace(.full))])
    #expect(commands("9-") == [.command(.pace(Pace.all[6]))])
    #expect(
      Pace.all.map(\.description) == [
        "full speed", "100 steps/s", "30 steps/s", "10 steps/s", "3 steps/s", "1 step/s", "a step every 3 s",
      ])
    #expect(line("pace 3").effects.last == .command(.pace(Pace.all[4])))
  }

  @Test func theLearningRateIsHalvedDoubledOrTyped() {
    #expect(commands("<") == [.command(.learningRateFactor(0.5))])
    #expect(commands(">") == [.command(.learningRateFactor(2))])
    #expect(line("lr 0.01").effects.last == .command(.learningRate(0.01)))
    #expect(line("epochs +5").effects.last == .command(.addEpochs(5)))
  }

  @Test func theCommandLineDoesAllThatKeysDo() {
    #expect(line("layer conv2").state.layer == 3)
    #expect(line("filter 4").state.filter == 4)
    #expect(line("probe 3").state.probe == 3)
    #expect(line("probe Bag").state.search == .ofClass(8, after: 0))
    #expect(line("smoothing 0.5").state.charts.smoothing == 0.5)
    #expect(line("batch 7").effects.last == .command(.step(7)))
    #expect(line("charts").state.view == .charts)
    #expect(line("scale").state.look.scale == .tile)
    #expect(line("chart gradient_norm").state.charts.shown == ["loss", "accuracy", "gradient_norm"])
    for binding in KeyTable.all { #expect(CommandLine.completions(of: "", model()).contains(binding.name)) }
  }

  /// By the command line, with counts that no key could have: refused, or done, but never a fault.
  @Test func noCommandFailsOnAnyCount() {
    for binding in KeyTable.all {
      for count in [0, -1, Int.max, Int.min, 999_999] {
        var model = model()
        model.state.layer = 3
        _ = CommandLine.perform("\(binding.name) \(count)", &model, KeyTests.size)
        #expect(lenetLayers.indices.contains(model.state.layer) && (0..<5).contains(model.state.probe))
      }
    }
  }

  @Test func aLineThatMeansNothingSaysWhatThereIs() {
    for text in ["frob", "layer conv9", "filter 99", "lr fast", "probe 5", "epochs 0", "pace 7", "smoothing 1"] {
      let (state, effects) = line(text)
      #expect(state.messages.last?.isError == true && effects.last == Effect.none)
    }
  }

  @Test func tabCompletesAndArrowsRecall() {
    let state = press(characters(":laye") + [.tab]).state
    guard case .commandLine(let typed) = state.overlay else {
      Issue.record("no command line")
      return
    }
    #expect(typed.text == "layer")
    #expect(press(characters(":layer ") + [.tab, .tab, .enter]).state.layer == 3)
    let once = line("layer conv2").state
    #expect(press(characters("[:") + [.up, .enter], from: once).state.layer == 3)
    #expect(press(characters(":xyz") + [.escape]).state.overlay == .none)
    #expect(press(characters(":a") + [.backspace, .backspace]).state.overlay == .none)
  }

  @Test func whatIsOnlyLookedAtHasNothingToRunAndNoCurves() {
    #expect(press(characters(" nNl<-x"), trains: false).effects.allSatisfy { $0 == .none })
    let panes = (0..<4).map { press([Key](repeating: .tab, count: $0), trains: false).state.focus }
    #expect(panes == [.layers, .filters, .maps, .layers])
    #expect(press([.down, .character("p")], trains: false).state.layer == 1)
  }

  @Test func quittingAsksOnlyWhileTraining() {
    for state: RunPhase in [.idle, .paused, .finished, .failed] {
      #expect(press(characters("q"), phase: state).effects == [.quit])
    }
    #expect(press(characters("q"), phase: .running).effects == [.none])
    #expect(press(characters("qy"), phase: .running).effects == [.none, .quit])
    let no = press(characters("qn"), phase: .running)
    #expect(no.effects == [.none, .none] && no.state.overlay == .none)
  }

  @Test func typingSearchesTheHelp() {
    let open = press(characters("?epoch")).state
    guard case .help(let help) = open.overlay else {
      Issue.record("no help")
      return
    }
    let found = help.found(model(open))
    #expect(found.contains { $0.name == "epoch" } && !found.contains { $0.name == "quit" })
    #expect(press([.enter], from: open).state.overlay == .none)
    #expect(press(characters("??")).state.overlay == .none)
  }

  /// In each view, with each of its panes focused, a key has one meaning; and a name always the same key's.
  @Test(arguments: ViewName.allCases) func noKeyHasTwoActions(view: ViewName) {
    for trains in [true, false] {
      for pane in Pane.all {
        let keys = KeyTable.bindings(view, focus: pane, trains: trains).flatMap(\.keys)
        #expect(Set(keys).count == keys.count, "\(view), \(pane.name)")
      }
    }
  }

  @Test func theHelpNamesEveryBindingOfAView() {
    let size = Size(200, 60)
    for view in ViewName.allCases {
      var model = fixture(size: size) { state in
        state.place = Place(view: view, pane: View.of(view).firstPane, isZoomed: false)
        state.overlay = .help(Help())
      }
      model.state.hasNews = false
      let text = Dashboard.render(model, size: size).text
      for binding in KeyTable.bindings(view, focus: model.state.focus) { #expect(text.contains(binding.help)) }
    }
  }

  @Test func theLineOfKeysAlwaysOffersHelpAndQuit() {
    for view in ViewName.allCases {
      for columns in stride(from: 80, through: 200, by: 3) {
        let size = Size(columns, 24)
        let model = fixture(size: size) {
          $0.place = Place(view: view, pane: View.of(view).firstPane, isZoomed: false)
        }
        let line = Dashboard.render(model, size: size).text.split(separator: "\n").last ?? ""
        #expect(line.contains("? help") && line.contains("q quit") && line.contains("n batch"))
      }
    }
  }
}
