// What is written of a screen that changes a little: text at once, pictures by how much they differ.

import Testing

@testable import Dashboard

@Suite struct GridUpdateTests {
  private func picture(_ top: RGB, _ bottom: RGB) -> Cell {
    func color(_ rgb: RGB) -> TerminalColor { .rgb(rgb.red, rgb.green, rgb.blue) }
    return top == bottom
      ? Cell(" ", Style(background: color(top))) : Cell("▀", Style(foreground: color(top), background: color(bottom)))
  }

  private func row(_ cells: [Cell]) -> Grid {
    var grid = Grid(Size(cells.count, 1))
    for (index, cell) in cells.enumerated() { grid.set(index, to: cell) }
    return grid
  }

  @Test func textComesFirstAndShadesByHowMuchTheyDiffer() {
    let (black, dim, bright) = (RGB(0, 0, 0), RGB(40, 0, 0), RGB(200, 0, 0))
    let cells: [(from: Cell, to: Cell)] = [
      (picture(black, black), picture(black, dim)),  // by 40, in one half
      (Cell("7"), Cell("8")),
      (picture(black, black), picture(bright, black)),  // by 200
      (picture(dim, dim), picture(RGB(41, 0, 0), dim)),  // by 1
      (picture(dim, black), picture(dim, black)),
      (picture(dim, dim), picture(RGB(44, 90, 0), black)),  // by 94
      (Cell.blank, picture(black, black)),  // nothing was there
      (Cell("▀", Style(foreground: .rgb(9, 9, 9))), Cell("▀", Style(foreground: .rgb(9, 9, 60)))),
      (
        Cell(" ", Style(background: .indexed(16))), Cell(" ", Style(background: .indexed(52)))  // 95 red
      ),
      (
        Cell(" ", Style(background: .indexed(1))), Cell(" ", Style(background: .indexed(2)))  // the terminal's own
      ),
    ]
    let (shown, wanted) = (row(cells.map(\.from)), row(cells.map(\.to)))
    let all = GridUpdate(from: shown, to: wanted, tolerance: 0)
    #expect(all.text == [1])
    #expect(all.shades == [6, 9, 2, 8, 5, 7, 0, 3])
    #expect(GridUpdate(from: shown, to: wanted, tolerance: 40).shades == [6, 9, 2, 8, 5, 7])
  }

  /// A curve whose axis grows is written from the left to the right; the letter that it runs into is text.
  @Test func curvesGoFromTheLeftToTheRight() {
    let size = Size(40, 2)
    var (shown, wanted) = (Grid(size), Grid(size))
    for index in shown.cells.indices { shown.set(index, to: .blank) }
    for index in wanted.cells.indices { wanted.set(index, to: Cell("\u{2812}")) }
    shown.set(3, to: Cell("a"))
    wanted.set(41, to: .blank)
    let update = GridUpdate(from: shown, to: wanted, tolerance: 0)
    #expect(update.text == [3])
    #expect(update.shades.isEmpty)
    #expect(
      update.curves == [0, 1, 2] + Array(4..<16) + [40] + Array(42..<56) + Array(16..<32) + Array(56..<72)
        + Array(32..<40) + Array(72..<80))
    // Those that change all the time come to their end too.
    let later = GridUpdate(from: shown, to: wanted, tolerance: 0, curvesFrom: 20)
    #expect(later.curves.first == 16 && later.curves.last == 55 && Set(later.curves) == Set(update.curves))
  }

  /// A cell of one colour, of two halves, or of four quarters may show the same.
  @Test func cellsAreComparedByWhatTheyShow() {
    let (a, b) = (TerminalColor.rgb(10, 20, 30), TerminalColor.rgb(110, 20, 30))
    for (cell, same) in [
      (Cell(" ", Style(background: a)), Cell("█", Style(foreground: a))),
      (Cell("▀", Style(foreground: a, background: b)), Cell("▄", Style(foreground: b, background: a))),
      (Cell("▌", Style(foreground: a, background: b)), Cell("▐", Style(foreground: b, background: a))),
      (Cell("▚", Style(foreground: a, background: b)), Cell("▞", Style(foreground: b, background: a))),
      (Cell("▙", Style(foreground: a, background: b)), Cell("▝", Style(foreground: b, background: a))),
    ] {
      let update = GridUpdate(from: row([cell]), to: row([same]), tolerance: 0)
      #expect(update.text.isEmpty && update.shades.isEmpty, "\(cell.character) \(same.character)")
    }
    let halves = Cell("▀", Style(foreground: a, background: b))
    #expect(GridUpdate(from: row([Cell(" ", Style(background: a))]), to: row([halves]), tolerance: 99).shades == [0])
  }

  /// So what is left as it is can hardly be told from what it should be.
  @Test(arguments: ColorMap.allCases, [false, true]) func noShadeThatIsLeftIsThreeOff(map: ColorMap, isLight: Bool) {
    func isLeft(_ a: RGB, _ b: RGB) -> Bool {
      GridUpdate(from: row([picture(a, a)]), to: row([picture(b, b)]), tolerance: GridUpdate.oneShade).shades.isEmpty
    }
    let (positive, negative) = map.shades(isLight: isLight)
    for side in [positive, negative] {
      for (a, b) in zip(side, side.dropFirst(3)) { #expect(!isLeft(a, b), "\(a) \(b)") }
    }
    // Where there are more of them than a screen can tell apart.
    #expect(zip(positive, positive.dropFirst()).contains(where: isLeft))
  }
}
