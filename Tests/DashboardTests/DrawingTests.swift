// Axes, numbers and shades.

import Telemetry
import Testing

@testable import Dashboard

@Suite struct DrawingTests {
  @Test func ticksComeInStepsOfOneTwoAndFive() {
    for (range, count, expected) in [
      (0.0...1.0, 4, [0, 0.5, 1]), (0.31...2.4, 5, [0, 0.5, 1, 1.5, 2, 2.5]), (12...87, 3, [0, 50, 100]),
      (0...0.0007, 4, [0, 0.0002, 0.0004, 0.0006, 0.0008]),
    ] {
      let axis = Axis(linear: range, count: count)
      #expect(axis.ticks.count == expected.count)
      for (tick, wanted) in zip(axis.ticks, expected) { #expect(abs(tick - wanted) < 1e-9) }
    }
    #expect(
      Axis(log: 0.03...2.3, count: 9).ticks.map { Axis(log: 0.03...2.3, count: 9).label($0) } == [
        "0.02", "0.05", "0.1", "0.2", "0.5", "1", "2", "5",
      ])
  }

  @Test func anAxisKeepsStillWhileDataMoveALittle() {
    let first = Axis(linear: 0.31...2.4, count: 5)
    for wobble in stride(from: 0.0, to: 0.09, by: 0.01) {
      #expect(Axis(linear: (0.31 + wobble)...(2.4 + wobble), count: 5) == first)
    }
  }

  @Test func flatAndExtremeRangesStillHaveAnAxis() {
    for range in [0.0...0.0, 5...5, 1e-30...1e-30, 1e30...2e30, 0...1e300] {
      let axis = Axis(linear: range, count: 4)
      #expect(axis.upper > axis.lower && axis.ticks.count >= 2)
      #expect(axis.ticks.allSatisfy { !axis.label($0).isEmpty })
    }
    #expect(Axis(log: 1e-30...1e-30, count: 4).upper > 0)
  }

  @Test func numbersHaveThreeDigits() {
    let cases: [(Float, String)] = [
      (0, "0"), (0.4234, "0.42"), (1, "1.00"), (12.34, "12.3"), (123.4, "123"), (-0.05, "-0.050"), (1.23e-5, "1.2e-5"),
      (123_456, "1.2e5"), (.nan, "nan"), (.infinity, "inf"), (9.996, "10.0"), (0.00099, "0.0010"), (1e-40, "1.0e-40"),
    ]
    for (value, expected) in cases { #expect(formatNumber(value) == expected) }
    #expect(formatDuration(3725) == "1h 02m" && formatDuration(187) == "3m 07s" && formatDuration(.nan) == "?")
    #expect(grouped(9_999_999) == "9,999,999" && grouped(12) == "12")
  }

  @Test func zeroIsBlackAndBrightnessGrowsOnBothSides() {
    let shading = Shading(.diverging, limit: 2)
    func brightness(_ value: Float) -> Int {
      guard case .indexed(let index) = shading.color(value, .indexed256) else { return -1 }
      let (r, g, b) = cubeColor(index)
      return 2 * r + 4 * g + b
    }
    #expect(brightness(0) == 0)
    for sign: Float in [-1, 1] {
      let ramp = stride(from: Float(0), through: 2, by: 0.05).map { brightness(sign * $0) }
      #expect(zip(ramp, ramp.dropFirst()).allSatisfy { $0 <= $1 })
      #expect(ramp.last == brightness(sign * 99))
      #expect(Set(ramp).count >= 9)
    }
    #expect(shading.color(.nan, .indexed256) == .indexed(Shading.nonFinite))
    #expect(shading.color(1, .indexed256) != shading.color(-1, .indexed256))
  }

  @Test func withoutColoursTheSignIsInTheCharacter() {
    let shading = Shading(.diverging, limit: 1)
    for capabilities in [
      Capabilities(colors: .monochrome, unicode: true), Capabilities(colors: .monochrome, unicode: false),
    ] {
      let positive = Set(stride(from: Float(0.2), through: 1, by: 0.1).map { shading.cell($0, capabilities).character })
      let negative = Set(
        stride(from: Float(0.2), through: 1, by: 0.1).map { shading.cell(-$0, capabilities).character })
      #expect(positive.isDisjoint(with: negative))
      #expect(shading.cell(.nan, capabilities).character == "?")
    }
  }

  @Test func aTileIsDrawnPixelByPixel() {
    // 3×3 at one cell a number: two rows of cells, the last one half empty.
    let tile = Tile(height: 3, width: 3, values: [1, 0, -1, 0, 1, 0, -1, 0, 1])
    var grid = Grid(Size(5, 3), fill: Cell("x"))
    let painter = TilePainter(capabilities: Capabilities(colors: .indexed256, unicode: true))
    painter.draw(tile, scale: .zoom(1), shading: Shading(.diverging, limit: 1), column: 1, row: 0, on: &grid)
    #expect(grid.text == "x▀▀▀x\nx▀▀▀x\nxxxxx")
    #expect(grid[1, 0].style == Style(foreground: .indexed(229), background: .indexed(16)))
    #expect(grid[3, 0].style == Style(foreground: .indexed(195), background: .indexed(16)))
    #expect(grid[3, 1].style == Style(foreground: .indexed(229), background: .standard))
  }

  @Test func anAveragedTileSaysSo() {
    let unicode = TilePainter(capabilities: Capabilities(colors: .indexed256, unicode: true))
    let ascii = TilePainter(capabilities: Capabilities(colors: .monochrome, unicode: false))
    #expect(unicode.note(.zoom(1)) == nil && unicode.note(.mean(2)) == "mean 2×2")
    #expect(ascii.note(.zoom(1)) == "mean 2×1" && ascii.note(.zoom(2)) == nil && ascii.note(.mean(2)) == "mean 4×2")
  }

  @Test func textThatWouldBreakTheGridIsReplaced() {
    var grid = Grid(Size(8, 1))
    grid.write("a\u{1b}\n漢é─⣿\u{301}", column: 0, row: 0)
    #expect(grid.text == "a???é─⣿?")
  }
}
