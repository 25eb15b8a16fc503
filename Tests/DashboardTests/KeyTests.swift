// What each key does to the state, and what it asks of the trainer.

import Dashboard
import Telemetry
import Testing

@Suite struct KeyTests {
  private func press(
    _ keys: [Key], from state: DashboardState = DashboardState(), phase: RunPhase = .paused, trains: Bool = true
  ) -> (state: DashboardState, effects: [Effect]) {
    var (state, run) = (state, lenetRun)
    run.probes = 5
    let effects = keys.map { state.handle($0, run: run, phase: phase, trains: trains) }
    return (state, effects)
  }

  private func characters(_ text: String) -> [Key] { text.map { .character($0) } }

  @Test func spaceRunsAndPauses() {
    #expect(press([.character(" ")], phase: .running).effects == [.command(.pause)])
    for state: RunPhase in [.idle, .paused, .pausing] {
      #expect(press([.character(" ")], phase: state).effects == [.command(.run)])
    }
  }

  @Test func aNumberRepeatsTheNextStep() {
    #expect(press(characters("n")).effects.last == .command(.step(1)))
    #expect(press(characters("100n")).effects == [.none, .none, .none, .command(.step(100))])
    #expect(press(characters("3N")).effects.last == .command(.finishEpoch(3)))
    #expect(press(characters("12n")).state.count == nil)
    #expect(press(characters("99999999999999999999n")).effects.last == .command(.step(999_999)))
    // A zero alone starts no number; any other key drops it.
    #expect(press(characters("0n")).effects.last == .command(.step(1)))
    #expect(press(characters("5") + [.escape] + characters("n")).effects.last == .command(.step(1)))
    #expect(press(characters("5]n")).effects.last == .command(.step(1)))
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

  @Test func probesGoRound() {
    #expect(press(characters("ppp")).state.probe == 3)
    #expect(press(characters("P")).state.probe == 4)
    #expect(press(characters("ppppp")).state.probe == 0)
  }

  @Test func tabGoesThroughAllPanesAndBack() {
    let panes = (0..<Pane.all.count).map { press([Key](repeating: .tab, count: $0)).state.focus }
    #expect(Set(panes).count == Pane.all.count)
    #expect(press([.tab, .backTab]).state.focus == DashboardState().focus)
  }

  @Test func whatIsOnlyLookedAtHasNothingToRunAndNoCurves() {
    #expect(press(characters(" nNl"), trains: false).effects == [.none, .none, .none, .none])
    #expect(press(characters("l"), trains: false).state.isLogLoss == false)
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
    #expect(no.effects == [.none, .none] && !no.state.isConfirmingQuit)
  }

  @Test func anyKeyClosesTheHelpAndDoesNothingElse() {
    let (state, effects) = press(characters("?n"))
    #expect(effects == [.none, .none] && !state.isHelpVisible)
  }

  @Test func noKeyHasTwoActions() {
    #expect(KeyTable.bindings.allSatisfy { !$0.keys.isEmpty })
    // None of a table or a pane is left out.
    #expect(KeyTable.bindings.count == 16)
    let keys = KeyTable.bindings.flatMap(\.keys)
    #expect(Set(keys).count == keys.count)
  }

  @Test func theHelpNamesEveryBinding() {
    let size = Size(120, 40)
    let text = Dashboard.render(fixture(size: size) { $0.isHelpVisible = true }, size: size).text
    for binding in KeyTable.bindings { #expect(text.contains(binding.help)) }
  }

  @Test func theLineOfKeysAlwaysOffersHelpAndQuit() {
    for columns in 80...200 {
      let size = Size(columns, 24)
      let line = Dashboard.render(fixture(size: size), size: size).text.split(separator: "\n").last ?? ""
      #expect(line.contains("? help") && line.contains("q quit") && line.contains("n batch"))
    }
  }
}
