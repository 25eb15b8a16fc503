// Tiles of numbers as pictures: half blocks where there are colours, shades and characters elsewhere.

import Telemetry

/// How large a tile is drawn, in pixels of half a cell: a number is n × n pixels, or a pixel the mean of n × n numbers.
public enum TileScale: Hashable, Sendable {
  /// Each number is so many columns wide and half as many rows high: about square.
  case zoom(Int)
  /// So many by so many numbers are averaged into one pixel.
  case mean(Int)

  /// The zooms up to one at which each number is seen by itself, from the largest.
  ///
  /// Where a cell has one shade, an odd zoom has two rows of numbers share a cell: a picture is still one then, a kernel is not.
  static func zooms(_ largest: Int, height: Int, on capabilities: Capabilities) -> [TileScale] {
    let zooms = stride(from: largest, through: 1, by: -1)
    return (capabilities.hasHalfBlocks || height >= 14 ? Array(zooms) : zooms.filter { $0 % 2 == 0 }).map(
      TileScale.zoom)
  }

  /// Pixels that a tile of this many numbers becomes.
  private func pixels(_ count: Int) -> Int {
    switch self {
    case .zoom(let zoom): count * zoom
    case .mean(let factor): (count + factor - 1) / factor
    }
  }

  /// Cells that a tile takes; two pixels share a cell, one above the other.
  public func cells(height: Int, width: Int) -> Size { Size(pixels(width), (pixels(height) + 1) / 2) }
}

/// Draws tiles on a grid.
struct TilePainter {
  let capabilities: Capabilities

  private var hasHalfBlocks: Bool { capabilities.hasHalfBlocks }

  /// Whether a cell shows four pixels in two shades: where numbers would otherwise be averaged over a whole column.
  private func hasQuadrants(_ scale: TileScale) -> Bool {
    if case .mean(let factor) = scale { return hasHalfBlocks && factor % 2 == 0 }
    return false
  }

  /// What the screen must say of a scale: how many rows and columns of numbers one shade is the mean of.
  func note(_ scale: TileScale) -> String? {
    switch scale {
    case .zoom(let zoom): hasHalfBlocks || zoom % 2 == 0 ? nil : "mean 2×1"
    case .mean(let factor):
      "mean \(hasHalfBlocks ? factor : 2 * factor)×\(hasQuadrants(scale) ? factor / 2 : factor)"
    }
  }

  func draw(
    _ tile: Tile, scale: TileScale, shading: Shading, column: Int, row: Int, on grid: inout Grid
  ) {
    let size = scale.cells(height: tile.height, width: tile.width)
    if hasQuadrants(scale), case .mean(let factor) = scale {
      return drawQuadrants(tile, factor, shading: shading, size, column: column, row: row, on: &grid)
    }
    for y in 0..<size.rows {
      for x in 0..<size.columns {
        let top = pixel(tile, scale, x, 2 * y)
        let bottom = pixel(tile, scale, x, 2 * y + 1)
        if let cell = cell(top, bottom, shading) { grid[column + x, row + y] = cell }
      }
    }
  }

  /// Mixes a picture that is drawn already with a warm white where the numbers changed that glow.
  ///
  /// - Parameter tile: what the numbers of the picture changed by.
  func drawGlow(_ tile: Tile, scale: TileScale, _ glow: Glow, column: Int, row: Int, on grid: inout Grid) {
    // Four pixels in two shades have no place for a third.
    guard !hasQuadrants(scale) else { return }
    let size = scale.cells(height: tile.height, width: tile.width)
    func mixed(_ color: TerminalColor, _ value: Float?) -> TerminalColor {
      let share = glow.share(value)
      guard share > 0 else { return color }
      switch color {
      case .rgb(let red, let green, let blue):
        func mix(_ from: UInt8, _ to: Float) -> UInt8 { UInt8(Float(from) + (to - Float(from)) * share * 0.8) }
        return .rgb(mix(red, 255), mix(green, 250), mix(blue, 190))
      // Of the palette only what changed most stands out.
      case .indexed: return share > 0.6 ? .indexed(230) : color
      case .standard: return color
      }
    }
    for y in 0..<size.rows {
      for x in 0..<size.columns {
        let (top, bottom) = (pixel(tile, scale, x, 2 * y), pixel(tile, scale, x, 2 * y + 1))
        guard let clipped = grid.cell(column + x, row + y) else { continue }
        var cell = clipped
        guard hasHalfBlocks else {
          if max(glow.share(top), glow.share(bottom)) > 0.6 { cell.style.isReversed = true }
          grid[column + x, row + y] = cell
          continue
        }
        // A cell of one colour has it as its background, and keeps it so where nothing changed.
        if cell.character == " " { cell.style.foreground = cell.style.background }
        cell.style.foreground = mixed(cell.style.foreground, top)
        cell.style.background = mixed(cell.style.background, bottom)
        let isOne = cell.character == " " && cell.style.foreground == cell.style.background
        cell = isOne ? Cell(" ", Style(background: cell.style.background)) : Cell("▀", cell.style)
        grid[column + x, row + y] = cell
      }
    }
  }

  /// By which of its quarters are in the foreground: upper left 1, upper right 2, lower left 4, lower right 8.
  private static let quadrants: [Unicode.Scalar] = [
    " ", "▘", "▝", "▀", "▖", "▌", "▞", "▛", "▗", "▚", "▐", "▜", "▄", "▙", "▟", "█",
  ]

  /// Which quarters of a picture's cell are in the foreground, as bits; nil for a character of text.
  static func quarters(of character: Unicode.Scalar) -> Int? {
    if character == " " { return 0 }
    // All are of Unicode's block elements.
    guard (0x2580...0x259f).contains(character.value) else { return nil }
    return quadrants.firstIndex(of: character)
  }

  /// Four pixels a cell, each the mean of `factor` rows and half as many columns, in the two shades that come nearest.
  private func drawQuadrants(
    _ tile: Tile, _ factor: Int, shading: Shading, _ size: Size, column: Int, row: Int, on grid: inout Grid
  ) {
    func mean(_ x: Int, _ y: Int) -> Float? {
      var (sum, count) = (Float(0), 0)
      for row in y * factor..<max(y * factor, min(tile.height, (y + 1) * factor)) {
        for column in x * factor / 2..<max(x * factor / 2, min(tile.width, (x + 1) * factor / 2))
        where row * tile.width + column < tile.count {
          sum += tile.values[row * tile.width + column]
          count += 1
        }
      }
      return count > 0 ? sum / Float(count) : nil
    }
    /// One number for two: what is not finite is not hidden behind what is.
    func half(_ left: Float?, _ right: Float?) -> Float? {
      right.map(\.isFinite) == false ? right : left ?? right
    }
    for y in 0..<size.rows {
      for x in 0..<size.columns {
        let (a, b) = (mean(2 * x, 2 * y), mean(2 * x + 1, 2 * y))
        let (c, d) = (mean(2 * x, 2 * y + 1), mean(2 * x + 1, 2 * y + 1))
        if let a, let b, let c, let d, let cell = quadrantCell(SIMD4(a, b, c, d), shading) {
          grid[column + x, row + y] = cell
        } else if let cell = cell(half(a, b), half(c, d), shading) {
          // Outside the tile, or not finite: half blocks say it plainly.
          grid[column + x, row + y] = cell
        }
      }
    }
  }

  /// Which quarters each of the ways to part four pixels has in the foreground, as zeros and ones. With the lower right in the
  /// background: the other half of the ways is the same, turned round.
  private static let parts: [SIMD4<Float>] = (0..<8).map { mask in
    let quarters: [Float] = (0..<4).map { mask >> $0 & 1 == 1 ? 1 : 0 }
    return SIMD4(quarters)
  }

  /// The two shades that come nearest to four pixels: of the ways to part them the one that leaves the least differences within the
  /// parts, which has the largest Σ (sum of a part)² / (pixels of it). Nil where a number is not finite.
  private func quadrantCell(_ pixels: SIMD4<Float>, _ shading: Shading) -> Cell? {
    guard let a = shading.position(pixels[0]), let b = shading.position(pixels[1]),
      let c = shading.position(pixels[2]), let d = shading.position(pixels[3])
    else { return nil }
    let shades = SIMD4(a, b, c, d)
    let total = shades.sum()
    var (best, most) = (0, total * total / 4)
    // Of equal ones the first, but for rounding.
    if shades.max() > shades.min() {
      for mask in 1..<8 {
        let part = TilePainter.parts[mask]
        let (count, sum) = (part.sum(), (shades * part).sum())
        let explained = sum * sum / count + (total - sum) * (total - sum) / (4 - count)
        if explained > most + 1e-6 { (best, most) = (mask, explained) }
      }
    }
    let part = TilePainter.parts[best]
    let (count, sum) = (part.sum(), (pixels * part).sum())
    let background = shading.color((pixels * (1 - part)).sum() / (4 - count), capabilities)
    guard best != 0 else { return Cell(" ", Style(background: background)) }
    return Cell(
      TilePainter.quadrants[best], Style(foreground: shading.color(sum / count, capabilities), background: background))
  }

  /// Draws an image, whose numbers lie from 0 to 1: in its colours where it has three channels and the terminal has the
  /// colours, else as the mean of its channels.
  func draw(_ channels: [Tile], scale: TileScale, shading: Shading, column: Int, row: Int, on grid: inout Grid) {
    guard channels.count == 3, hasHalfBlocks else {
      return draw(mean(channels), scale: scale, shading: shading, column: column, row: row, on: &grid)
    }
    let size = scale.cells(height: channels[0].height, width: channels[0].width)
    func color(_ x: Int, _ y: Int) -> TerminalColor? {
      let levels = channels.compactMap { pixel($0, scale, x, y) }
      return levels.count == 3 ? imageColor(levels[0], levels[1], levels[2], capabilities.colors) : nil
    }
    for y in 0..<size.rows {
      for x in 0..<size.columns {
        if let cell = TilePainter.cell(color(x, 2 * y), color(x, 2 * y + 1)) { grid[column + x, row + y] = cell }
      }
    }
  }

  private func mean(_ channels: [Tile]) -> Tile {
    guard channels.count != 1, let first = channels.first else {
      return channels.first ?? Tile(height: 0, width: 0, values: [])
    }
    let values = first.values.indices.map { index in
      channels.reduce(Float(0)) { $0 + $1.values[index] } / Float(channels.count)
    }
    return Tile(height: first.height, width: first.width, values: values, count: first.count)
  }

  /// The number at a pixel; nil outside the tile.
  private func pixel(_ tile: Tile, _ scale: TileScale, _ x: Int, _ y: Int) -> Float? {
    switch scale {
    case .zoom(let zoom):
      let (column, row) = (x / zoom, y / zoom)
      let index = row * tile.width + column
      return row < tile.height && index < tile.count ? tile.values[index] : nil
    case .mean(let factor):
      // An odd number of pixel rows leaves the lower half of the last cells outside.
      guard y * factor < tile.height && x * factor < tile.width else { return nil }
      var (sum, count) = (Float(0), 0)
      for row in y * factor..<min(tile.height, (y + 1) * factor) {
        for column in x * factor..<min(tile.width, (x + 1) * factor) where row * tile.width + column < tile.count {
          sum += tile.values[row * tile.width + column]
          count += 1
        }
      }
      return count > 0 ? sum / Float(count) : nil
    }
  }

  private func cell(_ top: Float?, _ bottom: Float?, _ shading: Shading) -> Cell? {
    guard let first = top ?? bottom else { return nil }
    guard hasHalfBlocks else {
      // One shade stands for both pixels of the cell.
      return shading.cell(bottom.map { (first + $0) / 2 } ?? first, capabilities)
    }
    return TilePainter.cell(
      top.map { shading.color($0, capabilities) }, bottom.map { shading.color($0, capabilities) })
  }

  /// Two pixels as one cell; nil outside the picture.
  private static func cell(_ top: TerminalColor?, _ bottom: TerminalColor?) -> Cell? {
    switch (top, bottom) {
    case (nil, nil): nil
    case (nil, let below?): Cell("▄", Style(foreground: below))
    case (let above?, nil): Cell("▀", Style(foreground: above))
    case (let above?, let below?):
      above == below ? Cell(" ", Style(background: above)) : Cell("▀", Style(foreground: above, background: below))
    }
  }

  /// The scale as a bar of `width` cells with its ends in figures: `−0.42 ▒▒▒ +0.42`.
  func drawLegend(_ shading: Shading, width: Int, column: Int, row: Int, style: Style, on grid: inout Grid) -> Int {
    let glyphs = Glyphs(capabilities)
    let limit = formatNumber(shading.limit)
    let low = shading.map == .diverging ? "\(glyphs.minus)\(limit)" : "0"
    let high = shading.map == .diverging ? "+\(limit)" : limit
    var at = grid.write("\(low) ", column: column, row: row, style: style)
    for x in 0..<width {
      let t = Float(x) / Float(max(1, width - 1))
      let value = shading.limit * (shading.map == .diverging ? 2 * t - 1 : t)
      if hasHalfBlocks {
        grid[at, row] = Cell(" ", Style(background: shading.color(value, capabilities)))
      } else {
        grid[at, row] = shading.cell(value, capabilities)
      }
      at += 1
    }
    at = grid.write(" \(high)", column: at, row: row, style: style)
    return at
  }

  /// Columns that `drawLegend` takes.
  func legendWidth(_ shading: Shading, width: Int) -> Int {
    let digits = formatNumber(shading.limit).count
    return width + (shading.map == .diverging ? 2 * digits + 4 : digits + 3)
  }
}
