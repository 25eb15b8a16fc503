// Bars of a progress, a class or a channel.

extension Canvas {
  /// A bar of `width` cells, filled from the left.
  mutating func drawProgress(_ fraction: Double, column: Int, row: Int, width: Int) {
    guard width > 0 else { return }
    drawBar(fraction, role: .progressDone, column: column, row: row, width: width)
    let filled = barCells(fraction, width)
    for x in filled..<width { grid[column + x, row] = Cell(glyphs.barEmpty, theme[.progressLeft]) }
  }

  /// A bar's length in eighths of a cell; a fraction that is not a number has none.
  private func barEighths(_ fraction: Double, _ width: Int) -> Int {
    guard fraction.isFinite else { return 0 }
    return Int((min(1, max(0, fraction)) * Double(width) * 8).rounded())
  }

  /// How many cells a bar touches.
  private func barCells(_ fraction: Double, _ width: Int) -> Int {
    let eighths = barEighths(fraction, width)
    return glyphs.barEighths.isEmpty ? (eighths + 4) / 8 : (eighths + 7) / 8
  }

  /// The filled part of a bar.
  mutating func drawBar(_ fraction: Double, role: Role, column: Int, row: Int, width: Int) {
    let eighths = barEighths(fraction, width)
    for x in 0..<barCells(fraction, width) {
      let part = eighths - 8 * x
      let character = part >= 8 || glyphs.barEighths.isEmpty ? glyphs.barFull : glyphs.barEighths[max(0, part - 1)]
      grid[column + x, row] = Cell(character, theme[role])
    }
  }

  /// A number from a middle line to the left or to the right of it, in half cells.
  mutating func drawSignedBar(_ value: Float, limit: Float, column: Int, row: Int, width: Int) {
    let half = width / 2
    grid[column + half, row] = Cell(glyphs.vertical, theme[.rule])
    guard value.isFinite, limit > 0 else {
      if !value.isFinite { write("!", .failed, column: column + half, row: row) }
      return
    }
    let length = Int((min(1, abs(value) / limit) * Float(half)).rounded())
    for x in 0..<length {
      let at = value < 0 ? column + half - 1 - x : column + half + 1 + x
      grid[at, row] = Cell(glyphs.barFull, theme[value < 0 ? .validationCurve : .trainCurve])
    }
  }
}
