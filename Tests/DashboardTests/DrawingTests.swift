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
    for (value, expected) in [(-1.46e-5, "-1e-5"), (9.6e-38, "1e-37"), (9.4e4, "9e4")] as [(Float, String)] {
      #expect(scientific(value, decimals: 0) == expected)
    }
    #expect(formatDuration(3725) == "1h 02m" && formatDuration(187) == "3m 07s" && formatDuration(.nan) == "?")
    #expect(grouped(9_999_999) == "9,999,999" && grouped(12) == "12")
  }

  @Test func zeroIsBlackAndBrightnessGrowsOnBothSides() {
    let shading = Shading(.diverging, limit: 2)
    let palette = Capabilities(colors: .indexed256, unicode: true)
    func lightness(_ value: Float) -> Double {
      guard case .indexed(let index) = shading.color(value, palette) else { return -1 }
      return RGB(palette: index).oklab.lightness
    }
    #expect(lightness(0) == 0)
    for sign: Float in [-1, 1] {
      let ramp = stride(from: Float(0), through: 2, by: 0.02).map { lightness(sign * $0) }
      #expect(zip(ramp, ramp.dropFirst()).allSatisfy { $0 <= $1 })
      #expect(ramp.last == lightness(sign * 99))
      #expect(Set(ramp).count >= 8)
    }
    #expect(shading.color(.nan, palette) == Shading.nonFinite)
    #expect(shading.color(1, palette) != shading.color(-1, palette))
  }

  /// On dark and light backgrounds: 33 steps that differ by more than can just be told apart, lightness rising or falling
  /// evenly, and the ends still blue and red.
  @Test(arguments: [false, true]) func aDivergingMapHasThirtyThreeEvenStepsEachSide(isLight: Bool) {
    let (positive, negative) = ColorMap.diverging.shades(isLight: isLight)
    for (side, isWarm) in [(positive, true), (negative, false)] {
      let steps = (0..<33).map { side[$0 * (side.count - 1) / 32].oklab }
      for (a, b) in zip(steps, steps.dropFirst()) { #expect(a.distance(b) > 0.015) }
      let span = steps[32].lightness - steps[1].lightness
      for (index, step) in steps.enumerated().dropFirst() {
        #expect(abs(step.lightness - steps[1].lightness - span * Double(index - 1) / 31) < 0.02)
      }
      let end = side[side.count - 1]
      #expect(isWarm ? end.red > end.blue &+ 40 : end.blue > end.red &+ 40)
    }
  }

  /// Another grey would look like neither.
  @Test(arguments: [false, true]) func noGreyButZerosIsInThePalette(isLight: Bool) {
    let (positive, negative) = ColorMap.diverging.indices(isLight: isLight)
    for (side, isWarm) in [(positive, true), (negative, false)] {
      for index in side where index != side[0] {
        let color = RGB(palette: index)
        #expect(isWarm ? color.red > color.blue : color.blue > color.red, "\(color)")
      }
    }
  }

  @Test func mapsForOneSignRiseInLightness() {
    for map in ColorMap.sequential {
      for isLight in [false, true] {
        let ramp = map.shades(isLight: isLight).positive.map(\.oklab.lightness)
        #expect(zip(ramp, ramp.dropFirst()).allSatisfy { $0 <= $1 + 1e-3 })
        #expect(Set(map.indices(isLight: isLight).positive).count >= 8)
      }
    }
  }

  @Test func contrastAndGammaMakeSmallNumbersBrighter() {
    let plain = Shading(.gray, limit: 1)
    #expect(plain.position(0.25) == 0.25)
    #expect(Shading(.gray, limit: 1, gamma: 0.5).position(0.25) == 0.5)
    #expect(Shading(.gray, limit: 0.5).position(0.25) == 0.5)
    #expect(Shading(.diverging, limit: 1, gamma: 0.5).position(-0.25) == -0.5)
  }

  /// Every text of every theme against the darkest and the lightest background that the theme is for, and against its own.
  @Test func everyTextHasEnoughContrast() {
    let texts = Role.allCases.filter { ![.rule, .progressLeft, .trainRaw, .band, .progressDone].contains($0) }
    for (isLight, backgrounds) in [(false, [RGB(0, 0, 0), RGB(0x1e, 0x1e, 0x1e)]), (true, [RGB(255, 255, 255)])] {
      let theme = Theme(Capabilities(colors: .indexed256, unicode: true, isLight: isLight))
      for role in texts {
        let style = theme[role]
        func color(_ color: TerminalColor, _ standard: RGB) -> RGB {
          if case .indexed(let index) = color { return RGB(palette: index) }
          return standard
        }
        for background in backgrounds {
          let ratio = color(style.foreground, isLight ? RGB(0, 0, 0) : RGB(0xe5, 0xe5, 0xe5))
            .contrast(with: color(style.background, background))
          #expect(ratio >= 4.5, "\(role) has a contrast of \(ratio), isLight: \(isLight)")
        }
      }
    }
  }

  /// The first eight colours are what a terminal makes of them; these are what most make.
  @Test(
    arguments: [
      (
        name: "xterm", normal: [0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5],
        bold: [0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff]
      ),
      (
        name: "VGA", normal: [0x000000, 0xaa0000, 0x00aa00, 0xaa5500, 0x0000aa, 0xaa00aa, 0x00aaaa, 0xaaaaaa],
        bold: [0x555555, 0xff5555, 0x55ff55, 0xffff55, 0x5555ff, 0xff55ff, 0x55ffff, 0xffffff]
      ),
    ] as [(name: String, normal: [UInt32], bold: [UInt32])], [false, true])
  func textOfEightColoursHasEnoughContrast(
    palette: (name: String, normal: [UInt32], bold: [UInt32]), isLight: Bool
  ) {
    let texts = Role.allCases.filter {
      ![.rule, .progressLeft, .trainRaw, .band, .progressDone, .curve3, .curve4, .curve5].contains($0)
    }
    let (paper, ink) = isLight ? (RGB(255, 255, 255), RGB(0, 0, 0)) : (RGB(0, 0, 0), RGB(0xaa, 0xaa, 0xaa))
    for colors in [ColorLadder.eight, .sixteen] {
      let theme = Theme(Capabilities(colors: colors, unicode: true, isLight: isLight))
      for role in texts {
        let style = theme[role]
        func color(_ color: TerminalColor, _ standard: RGB, bold: Bool) -> RGB {
          guard case .indexed(let index) = color else { return standard }
          return RGB(bold ? palette.bold[Int(index)] : palette.normal[Int(index)])
        }
        let ratio = color(style.foreground, ink, bold: style.isBold)
          .contrast(with: color(style.background, paper, bold: false))
        #expect(ratio >= 4.5, "\(role) has a contrast of \(ratio) with \(palette.name)'s colours, isLight: \(isLight)")
      }
    }
  }

  @Test func oneOutlierDoesNotBlackenALayer() {
    var values = [Float](repeating: 0.1, count: 1000)
    values[17] = -50
    let range = ValueRange(values)
    #expect(range.typical == 0.1 && range.magnitude == 50 && range.minimum == -50)
    #expect(ValueRange([0, 0, 0, 7] + [Float](repeating: 0, count: 996)).typical == 7)
    #expect(ValueRange([Float.nan, 1, 2]).nonFinite == 1)
    #expect(ValueRange([Float]()).typical == 0)
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
    let shading = Shading(.diverging, limit: 1)
    let (one, minus) = (shading.color(1, painter.capabilities), shading.color(-1, painter.capabilities))
    #expect(grid[1, 0].style == Style(foreground: one, background: .indexed(16)))
    #expect(grid[3, 0].style == Style(foreground: minus, background: .indexed(16)))
    #expect(grid[3, 1].style == Style(foreground: one, background: .standard))
  }

  @Test func anAveragedTileSaysSo() {
    let unicode = TilePainter(capabilities: Capabilities(colors: .indexed256, unicode: true))
    let ascii = TilePainter(capabilities: Capabilities(colors: .monochrome, unicode: false))
    #expect(unicode.note(.zoom(1)) == nil && unicode.note(.mean(2)) == "mean 2×1")
    #expect(ascii.note(.zoom(1)) == "mean 2×1" && ascii.note(.zoom(2)) == nil && ascii.note(.mean(2)) == "mean 4×2")
  }

  @Test func whatIsAveragedShowsFourPixelsACellInTheTwoNearestShades() {
    var grid = Grid(Size(2, 1), fill: Cell("x"))
    let painter = TilePainter(capabilities: Capabilities(colors: .indexed256, unicode: true))
    let shading = Shading(.gray, limit: 1)
    painter.draw(
      Tile(height: 4, width: 2, values: [0, 1, 0, 1, 1, 1, 1, 1]), scale: .mean(2), shading: shading, column: 0, row: 0,
      on: &grid)
    // Upper left dark, the others bright.
    let (dark, bright) = (shading.color(0, painter.capabilities), shading.color(1, painter.capabilities))
    #expect(grid[0, 0] == Cell("▘", Style(foreground: dark, background: bright)))
    #expect(grid[1, 0] == Cell("x"))
    // What is not finite is not hidden behind the number beside it.
    painter.draw(
      Tile(height: 4, width: 2, values: [0, .nan, 0, 1, 1, 1, 1, 1]), scale: .mean(2), shading: shading, column: 1,
      row: 0,
      on: &grid)
    #expect(grid[1, 0] == Cell("▀", Style(foreground: Shading.nonFinite, background: bright)))
  }

  @Test func anAxisAlongRowsHasItsTicksAWholeNumberOfRowsApart() {
    for (range, rows, limits) in [
      (0.31...2.4, 8, nil), (61.3...99.2, 8, 0.0...100), (0...1, 5, nil), (3...3000, 40, nil), (98...100, 16, 0...100),
    ] as [(ClosedRange<Double>, Int, ClosedRange<Double>?)] {
      let axis = Axis(linear: range, rows: rows, limits: limits)
      #expect(axis.lower <= range.lowerBound && axis.upper >= range.upperBound - 1e-9)
      if let limits { #expect(axis.upper <= limits.upperBound + 1e-9) }
      let places = axis.ticks.compactMap { axis.position($0) }.map { $0 * Double(rows - 1) }
      #expect(places.count >= 2)
      let gaps = zip(places, places.dropFirst()).map { $1 - $0 }
      for (place, gap) in zip(places, gaps) {
        #expect(abs(gap - gaps[0]) < 1e-6 && abs(place - place.rounded()) < 1e-6 && abs(gap - gap.rounded()) < 1e-6)
      }
    }
  }

  @Test func theTrueClassIsListedHoweverFewRowsThereAre() {
    let values: [Float] = [0.5, 0.3, 0.1, 0.05, 0.05]
    for label in values.indices {
      let prediction = Prediction(.probabilities, values)
      for rows in 1...4 {
        let shown = prediction.classes(inRows: rows, label: label)
        #expect(shown.contains(label) && shown.count == max(1, rows - 1) && shown == shown.sorted())
      }
      #expect(prediction.classes(inRows: 5, label: label) == [0, 1, 2, 3, 4])
    }
  }

  @Test func textThatWouldBreakTheGridIsReplaced() {
    var grid = Grid(Size(8, 1))
    grid.write("a\u{1b}\n漢é─⣿\u{301}", column: 0, row: 0)
    #expect(grid.text == "a???é─⣿?")
  }
}

@Suite struct GlowTests {
  @Test func whatAStepChangedMostGlowsAndFades() throws {
    let size = Size(120, 40)
    var model = fixture(Capabilities(colors: .trueColor, unicode: true), size: size) {
      $0.place = Place(view: .filters, pane: .filters, isZoomed: false)
    }
    #expect(Dashboard.request(model, size: size)?.filters?.wantsUpdate == false)
    model.status.pace = Pace.all[4]
    let request = try #require(Dashboard.request(model, size: size))
    #expect(request.filters?.wantsUpdate == true)
    var picture = snapshot(request)
    var filters = try #require(picture.filters)
    // Only the first number of each tile has changed.
    filters.updates = filters.tiles.map { tile in
      Tile(height: tile.height, width: tile.width, values: tile.values.indices.map { $0 == 0 ? 0.01 : 0 })
    }
    picture.filters = filters
    model.snapshot = picture
    let still = Dashboard.render(model, size: size)
    model.glow = 1
    let bright = Dashboard.render(model, size: size)
    model.glow = 0.2
    let faint = Dashboard.render(model, size: size)
    let changed = still.cells.indices.filter { still.cells[$0] != bright.cells[$0] }
    #expect(!changed.isEmpty && changed.count < still.cells.count / 10)
    for index in changed {
      func luminance(_ grid: Grid) -> Double {
        let style = grid.cells[index].style
        return [style.foreground, style.background].reduce(0) { sum, color in
          if case .rgb(let r, let g, let b) = color { sum + RGB(r, g, b).luminance } else { sum }
        }
      }
      #expect(luminance(bright) > luminance(faint))
    }
  }
}
