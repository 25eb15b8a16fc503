// Every size of the screen: nothing overlaps, nothing overflows, nothing crashes.

import Dashboard
import Telemetry
import Testing

@Suite struct SweepTests {
  /// A line or three of notice above, and a model that trains or is only looked at.
  private func model(notice: Bool, trains: Bool, classes: Int) -> DashboardModel {
    let fixture = fixture(size: Size(80, 24))
    var (run, status) = (fixture.run, fixture.status)
    run.classes = (0..<classes).map { "class \($0)" }
    if !trains { status.epochs = 0 }
    return DashboardModel(
      state: fixture.state, run: run, status: status, notice: notice ? String(repeating: "word ", count: 99) : nil,
      capabilities: fixture.capabilities)
  }

  @Test(arguments: [2, 10, 100])
  func atEverySizeThePanesLieInsideAndApart(classes: Int) {
    for (notice, trains) in [(false, true), (true, true), (false, false), (true, false)] {
      let model = model(notice: notice, trains: trains, classes: classes)
      for columns in stride(from: 1, through: 300, by: classes == 10 ? 1 : 3) {
        for rows in stride(from: 1, through: 100, by: 1) {
          let size = Size(columns, rows)
          guard let layout = Layout(size, model) else {
            if columns >= Layout.minimum.columns && rows >= Layout.minimum.rows { Issue.record("no layout at \(size)") }
            continue
          }
          let screen = Rect(column: 0, row: 0, columns: columns, rows: rows)
          let parts = [layout.header, layout.notice, layout.keys] + Array(layout.panes.values)
          let isSound = parts.indices.allSatisfy { i in
            screen.contains(parts[i]) && parts.indices.allSatisfy { j in i == j || !parts[i].overlaps(parts[j]) }
          }
          if !isSound || Set(layout.panes.keys) != Set(trains ? Pane.all : [.layers, .filters, .maps]) {
            Issue.record("unsound layout at \(size)")
          }
          for (pane, rect) in layout.panes where rect.columns < pane.smallest.columns || rect.rows < pane.smallest.rows
          {
            Issue.record("\(pane.name) has only \(rect.size) at \(size)")
          }
        }
      }
    }
  }

  @Test func everyCellOfAPaneIsHitAndWhatLiesThereCanBeChosen() throws {
    for size in [Size(80, 24), Size(120, 40), Size(200, 60)] {
      for layer in [0, 3, 7] {
        let model = fixture(size: size) { $0.layer = layer }
        let layout = try #require(Layout(size, model))
        var labels: Set<String> = []
        for row in 0..<size.rows {
          for column in 0..<size.columns {
            let point = Point(column: column, row: row)
            let hit = Dashboard.hit(point, model, size: size)
            #expect(hit?.pane == layout.panes.first { $0.value.contains(point) }?.key)
            if let target = hit?.target { labels.insert(target.label) }
          }
        }
        let request = try #require(Dashboard.request(model, size: size))
        for filter in request.filters { #expect(labels.contains("filter \(filter)")) }
        for map in request.maps { #expect(labels.contains("map \(map)")) }
        #expect(labels.contains("layer conv1"))
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
        state.isMaximized = rows % 4 == 0
        state.focus = Pane.all[columns % Pane.all.count]
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
    let parts = [layout.header, layout.keys] + Array(layout.panes.values)
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
          var model = fixture(capabilities, size: size) { $0.layer = layer }
          guard let request = Dashboard.request(model, size: size) else { continue }
          let picture = snapshot(request, poison: true)
          model.snapshot = Snapshot(
            request: request, step: picture.step, units: picture.units, filters: picture.filters, maps: picture.maps,
            probe: ProbePicture(
              index: 0, channels: picture.probe.channels, label: 0,
              prediction: Prediction(.probabilities, [Float](repeating: .nan, count: 10))),
            curves: picture.curves)
          model.status.imagesPerSecond = .infinity
          model.status.secondsLeft = .nan
          #expect(Dashboard.render(model, size: size).cells.count == size.columns * size.rows)
        }
      }
    }
  }
}
