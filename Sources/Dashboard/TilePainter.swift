// Tiles of numbers as pictures: half blocks where there are colours, shades and characters elsewhere.

import Training

/// How large a tile is drawn: a whole number of cells a pixel, or a whole number of pixels a cell.
public enum TileScale: Hashable, Sendable {
  /// Each number is so many columns wide and half as many rows high: about square.
  case zoom(Int)
  /// So many by so many numbers are averaged into one pixel.
  case mean(Int)

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

  /// Whether a cell shows two pixels, one above the other; otherwise one shade stands for their mean.
  private var hasHalfBlocks: Bool { capabilities.unicode && capabilities.colors >= .indexed256 }

  /// What the screen must say of a scale: how many rows and columns of numbers one shade is the mean of.
  func note(_ scale: TileScale) -> String? {
    switch scale {
    case .zoom(let zoom): hasHalfBlocks || zoom % 2 == 0 ? nil : "mean 2×1"
    case .mean(let factor): "mean \(hasHalfBlocks ? factor : 2 * factor)×\(factor)"
    }
  }

  func draw(
    _ tile: Tile, scale: TileScale, shading: Shading, column: Int, row: Int, on grid: inout Grid
  ) {
    let size = scale.cells(height: tile.height, width: tile.width)
    for y in 0..<size.rows {
      for x in 0..<size.columns {
        let top = pixel(tile, scale, x, 2 * y)
        let bottom = pixel(tile, scale, x, 2 * y + 1)
        if let cell = cell(top, bottom, shading) { grid[column + x, row + y] = cell }
      }
    }
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
    let above = top.map { shading.color($0, capabilities.colors) } ?? .standard
    let below = bottom.map { shading.color($0, capabilities.colors) } ?? .standard
    if top == nil { return Cell("▄", Style(foreground: below)) }
    if bottom == nil { return Cell("▀", Style(foreground: above)) }
    return above == below
      ? Cell(" ", Style(background: above)) : Cell("▀", Style(foreground: above, background: below))
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
        grid[at, row] = Cell(" ", Style(background: shading.color(value, capabilities.colors)))
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

/// A number in three significant digits: `0.423`, `12.3`, `1.2e-5`.
func formatNumber(_ value: Float) -> String {
  let magnitude = abs(value)
  if !value.isFinite { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
  if magnitude == 0 { return "0" }
  if magnitude >= 9999.5 || magnitude < 0.000_95 { return scientific(value) }
  let decimals =
    magnitude >= 99.95 ? 0 : magnitude >= 9.995 ? 1 : magnitude >= 0.0995 ? 2 : magnitude >= 0.00995 ? 3 : 4
  return fixed(Double(value), decimals)
}

/// `1.2e-5`
private func scientific(_ value: Float) -> String {
  var (mantissa, exponent) = (Double(value), 0)
  while abs(mantissa) >= 9.95 {
    mantissa /= 10
    exponent += 1
  }
  while abs(mantissa) < 0.995 {
    mantissa *= 10
    exponent -= 1
  }
  return "\(fixed(mantissa, 1))e\(exponent)"
}

/// A number with so many decimals, rounded.
func fixed(_ value: Double, _ decimals: Int) -> String {
  var factor = 1
  for _ in 0..<decimals { factor *= 10 }
  let scaled = (abs(value) * Double(factor)).rounded()
  guard scaled < 1e15 else { return "\(value)" }
  let whole = Int(scaled)
  let sign = value < 0 && whole > 0 ? "-" : ""
  guard decimals > 0 else { return "\(sign)\(whole)" }
  let fraction = String(whole % factor)
  return "\(sign)\(whole / factor).\(String(repeating: "0", count: decimals - fraction.count))\(fraction)"
}
