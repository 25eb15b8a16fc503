// Every size of the screen: nothing overlaps, nothing overflows, nothing crashes.

import Telemetry
import Testing

@testable import Dashboard

@Suite struct SweepTests {
  /// A failure of a line or three above, and a model that trains or is only looked at.
  private func model(_ view: ViewName, fails: Bool, trains: Bool, classes: Int) -> DashboardModel {
    let fixture = fixture(size: Size(80, 24)) {
      $0.place = Place(view: view, pane: View.of(view).firstPane, isZoomed: false)
    }
    var (run, status) = (fixture.run, fixture.status)
    run.classes = (0..<classes).map { "class \($0)" }
    if !trains { status.epochs = 0 }
    if fails { status.failure = String(repeating: "word ", count: 99) }
    return DashboardModel(state: fixture.state, run: run, status: status, capabilities: fixture.capabilities)
  }

  @Test(arguments: ViewName.allCases, [2, 10, 100])
  func atEverySizeThePanesLieInsideAndApart(view: ViewName, classes: Int) {
    for (fails, trains) in [(false, true), (true, true), (false, false)] where trains || !view.needsTraining {
      let model = model(view, fails: fails, trains: trains, classes: classes)
      for columns in stride(from: 1, through: 300, by: classes == 10 ? 4 : 13) {
        for rows in stride(from: 1, through: 100, by: classes == 10 ? 2 : 7) {
          let size = Size(columns, rows)
          guard let layout = Layout(size, model) else {
            if columns >= Layout.minimum.columns && rows >= Layout.minimum.rows { Issue.record("no layout at \(size)") }
            continue
          }
          let screen = Rect(column: 0, row: 0, columns: columns, rows: rows)
          let parts = [layout.header, layout.banner, layout.foot, layout.keys] + Array(layout.panes.values)
          let isSound = parts.indices.allSatisfy { i in
            screen.contains(parts[i]) && parts.indices.allSatisfy { j in i == j || !parts[i].overlaps(parts[j]) }
          }
          if !isSound || layout.panes.isEmpty { Issue.record("unsound layout at \(size)") }
          // A long failure may leave too little.
          for (pane, rect) in layout.panes
          where !fails && (rect.columns < pane.smallest.columns || rect.rows < pane.smallest.rows) {
            Issue.record("\(pane.name) has only \(rect.size) at \(size)")
          }
        }
      }
    }
  }

  @Test func aBorderThatIsDraggedMovesAndStopsWhereAPaneWouldBeTooSmall() throws {
    let size = Size(120, 40)
    for by in [5, -3, 500, -500] {
      var model = fixture(size: size)
      let before = try #require(Layout(size, model))
      let border = try #require(before.borders.first { !$0.isHorizontal && $0.rect.rows > 5 })
      let from = Point(column: border.rect.column, row: border.rect.row + 2)
      for mouse in [
        Mouse(.press, from), Mouse(.drag, Point(column: from.column + by, row: from.row)),
        Mouse(.release, Point(column: from.column + by, row: from.row)),
      ] { #expect(model.handle(.mouse(mouse), size: size) == .none) }
      let after = try #require(Layout(size, model))
      let moved = try #require(after.borders.first { $0.name == border.name }).rect.column - border.rect.column
      #expect(abs(by) > 100 ? abs(moved) < 100 && moved != 0 : moved == by)
      for (pane, rect) in after.panes { #expect(pane.smallest.fits(in: rect.size), "\(pane.name) has \(rect.size)") }
      #expect(model.state.grip == nil)
    }
  }

  @Test func theMouseChoosesWhatItPointsAtAndASecondClickOpensIt() throws {
    let size = Size(120, 40)
    var model = fixture(size: size)
    func click(_ point: Point) {
      for action in [Mouse.Action.press, .release] { _ = model.handle(.mouse(Mouse(action, point)), size: size) }
    }
    let list = try #require(Layout(size, model)?.panes[.layers])
    click(Point(column: list.column + 2, row: list.row + 4))
    #expect(model.state.layer == 3 && model.state.focus == .layers)
    click(Point(column: list.column + 2, row: list.row + 4))
    #expect(model.state.view == .network)
    let tabs = Canvas(size, model).tabs(in: Rect(column: 0, row: 0, columns: 120, rows: 2))
    let tab = try #require(tabs.first { $0.view == .data })
    click(Point(column: tab.rect.column + 1, row: 0))
    #expect(model.state.view == .data)
    let images = try #require(Layout(size, model)?.panes[.images])
    model.snapshot = snapshot(try #require(Dashboard.request(model, size: size)))
    let down = Mouse(.wheelDown, Point(column: images.column + 3, row: images.row + 3))
    _ = model.handle(.mouse(down), size: size)
    #expect(model.state.data.first > 0)
  }

  @Test func aMouseReportIsReadAndWhatIsNoneIsNot() {
    #expect(Mouse(report: "0;12;7M") == Mouse(.press, Point(column: 11, row: 6)))
    #expect(Mouse(report: "0;12;7m") == Mouse(.release, Point(column: 11, row: 6)))
    #expect(Mouse(report: "32;1;1M") == Mouse(.drag, Point(column: 0, row: 0)))
    #expect(Mouse(report: "64;300;90M") == Mouse(.wheelUp, Point(column: 299, row: 89)))
    // With Control held down.
    #expect(Mouse(report: "81;1;1M") == Mouse(.wheelDown, Point(column: 0, row: 0)))
    for wrong in ["", "M", "0;1M", "0;0;1M", "0;-1;1M", "x;1;1M", "0;1;1", "0;1;99999999999999999999M", "2;1;1M"] {
      #expect(Mouse(report: wrong) == nil)
    }
  }

  @Test func everyCellOfAPaneIsHitAndWhatLiesThereCanBeChosen() throws {
    for size in [Size(80, 24), Size(120, 40), Size(200, 60)] {
      for layer in [0, 3, 7] {
        let model = fixture(size: size) { $0.layer = layer }
        let layout = try #require(Layout(size, model))
        var labels: Set<String> = []
        // Every cell of the smallest screen, and of the others enough to meet everything.
        let every = size.columns / 80
        for row in 0..<size.rows {
          for column in stride(from: 0, to: size.columns, by: every) {
            let point = Point(column: column, row: row)
            let hit = Dashboard.hit(point, model, size: size)
            #expect(hit?.pane == layout.panes.first { $0.value.contains(point) }?.key)
            if let target = hit?.target { labels.insert(target.label) }
          }
        }
        let request = try #require(Dashboard.request(model, size: size))
        for filter in request.filters?.places ?? 0..<0 { #expect(labels.contains("filter \(filter)")) }
        for map in request.maps?.maps ?? 0..<0 { #expect(labels.contains("map \(map)")) }
        #expect(labels.contains("layer \(lenetLayers[layer].name)"))
        let list = try #require(layout.panes[.layers])
        let hit = Dashboard.hit(Point(column: list.column + 3, row: list.row + 2), fixture(size: size), size: size)
        var state = DashboardState()
        hit?.target?.choose(&state)
        #expect(hit?.target?.label == "layer relu1" && state.layer == 1)
      }
    }
  }

  static let ladders = [
    Capabilities(colors: .indexed256, unicode: true), Capabilities(colors: .eight, unicode: true),
    Capabilities(colors: .monochrome, unicode: false),
  ]

  /// Each row of sizes is its own case, so that they run side by side.
  @Test(arguments: Array(stride(from: 1, through: 100, by: 3)))
  func everyLayerDrawsAtEverySize(rows: Int) {
    for columns in [1, 2, 3, 5, 10, 20, 40, 60, 79, 80, 81, 90, 99, 100, 101, 120, 150, 159, 160, 161, 200, 250, 300] {
      let size = Size(columns, rows)
      let layer = (columns + rows) % lenetLayers.count
      let model = fixture(SweepTests.ladders[(columns + rows) % 3], size: size) { state in
        state.layer = layer
        state.filter = (columns * rows) % 200
        state.place = Place(
          view: ViewName.allCases[(columns + 2 * rows) % 6], pane: Pane.all[columns % Pane.all.count],
          isZoomed: rows % 4 == 0)
      }
      let grid = Dashboard.render(model, size: size, fill: Cell("x"))
      #expect(grid.size == size)
      #expect(grid.cells.count == columns * rows)
    }
  }

  @Test func thePanesLeaveTheGapsBetweenThemUntouched() throws {
    let size = Size(120, 40)
    let layout = try #require(Layout(size, fixture(size: size)))
    let grid = Dashboard.render(fixture(size: size), size: size, fill: Cell("x"))
    let parts = [layout.header, layout.foot, layout.keys] + Array(layout.panes.values)
    for row in 0..<size.rows {
      for column in 0..<size.columns {
        let cell = Rect(column: column, row: row, columns: 1, rows: 1)
        if !parts.contains(where: { $0.contains(cell) }) { #expect(grid[column, row].character == "x") }
      }
    }
  }

  @Test func belowItsMinimumTheScreenSaysItsSizeAndTheSizeItNeeds() {
    let size = Size(60, 10)
    let text = Dashboard.render(fixture(size: size), size: size).text
    #expect(text.contains("convtop needs 80×24; this is 60×10"))
    #expect(Dashboard.request(fixture(size: size), size: size) == nil)
  }

  @Test func numbersThatAreNotFiniteDrawEverywhere() {
    for size in [Size(80, 24), Size(120, 40), Size(200, 60)] {
      for capabilities in SweepTests.ladders {
        for layer in lenetLayers.indices {
          var model = fixture(capabilities, size: size) {
            $0.layer = layer
            let view = ViewName.allCases[layer % 6]
            $0.place = Place(view: view, pane: View.of(view).firstPane, isZoomed: false)
          }
          guard let request = Dashboard.request(model, size: size) else { continue }
          var picture = snapshot(request, poison: true)
          picture.probe = ProbePicture(
            index: 0, channels: picture.probe.channels, label: 0,
            prediction: Prediction(.probabilities, [Float](repeating: .nan, count: 10)))
          model.snapshot = picture
          model.status.imagesPerSecond = .infinity
          model.status.secondsLeft = .nan
          #expect(Dashboard.render(model, size: size).cells.count == size.columns * size.rows)
        }
      }
    }
  }
}
