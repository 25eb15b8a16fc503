// Every size of the screen: nothing overlaps, nothing overflows, nothing crashes.

import Dashboard
import Testing

@testable import Training

@Suite struct SweepTests {
  @Test func atEverySizeThePanesLieInsideAndApart() {
    for columns in stride(from: 1, through: 300, by: 1) {
      for rows in stride(from: 1, through: 100, by: 1) {
        for (notice, trains) in [(0, true), (3, true), (0, false), (3, false)] {
          let size = Size(columns, rows)
          guard let layout = Layout(size, noticeRows: notice, trains: trains) else {
            if columns >= Layout.minimum.columns && rows >= Layout.minimum.rows { Issue.record("no layout at \(size)") }
            continue
          }
          let screen = Rect(column: 0, row: 0, columns: columns, rows: rows)
          let parts = [layout.header, layout.notice, layout.keys] + Array(layout.panes.values)
          let isSound = parts.indices.allSatisfy { i in
            screen.contains(parts[i]) && parts.indices.allSatisfy { j in i == j || !parts[i].overlaps(parts[j]) }
          }
          if !isSound || layout.panes.count != (trains ? Pane.allCases.count : 3) {
            Issue.record("unsound layout at \(size)")
          }
          for (pane, rect) in layout.panes where rect.columns < 16 || rect.rows < 4 {
            Issue.record("\(pane) has only \(rect.size) at \(size)")
          }
        }
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
        state.focus = Pane.allCases[columns % Pane.allCases.count]
      }
      let grid = Dashboard.render(model, size: size, fill: Cell("x"))
      #expect(grid.size == size)
      #expect(grid.cells.count == columns * rows)
    }
  }

  @Test func thePanesLeaveTheGapsBetweenThemUntouched() throws {
    let size = Size(120, 40)
    let layout = try #require(Layout(size))
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
            request: request, step: picture.step, filters: picture.filters, maps: picture.maps,
            probe: ProbePicture(
              index: 0, image: picture.probe.image, label: 0,
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
