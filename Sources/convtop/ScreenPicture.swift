// A grid as a picture: what a terminal would show of it.

import Dashboard
import Foundation
import Interchange

enum ScreenPicture {
  /// A PNG of a grid, a cell 8 × 16 pixels.
  ///
  /// - Parameter isLight: whether the terminal's own colours are dark on light.
  /// - Throws: `PNGError`.
  static func encode(_ grid: Grid, isLight: Bool) throws -> Data {
    let (width, height) = size(grid.size)
    return try PNG.encode(width: width, height: height, pixels: pixels(grid, isLight: isLight))
  }

  /// Of a picture of a grid of a size, in pixels.
  static func size(_ grid: Size) -> (width: Int, height: Int) {
    (grid.columns * DotFont.width, grid.rows * DotFont.height)
  }

  /// Red, green and blue, row by row.
  static func pixels(_ grid: Grid, isLight: Bool) -> [UInt8] {
    let (columns, rows) = (grid.size.columns, grid.size.rows)
    let width = columns * DotFont.width
    var pixels = [UInt8](repeating: 0, count: width * rows * DotFont.height * 3)
    for row in 0..<rows {
      for column in 0..<columns {
        let cell = grid[column, row]
        let style = cell.style
        var ink = color(style.foreground, isLight ? RGB(0x20, 0x20, 0x20) : RGB(0xd8, 0xd8, 0xd8))
        var paper = color(style.background, isLight ? RGB(0xff, 0xff, 0xff) : RGB(0x0c, 0x0c, 0x0c))
        if style.isReversed { (ink, paper) = (paper, ink) }
        let dots = DotFont.dots(cell.character)
        let isLetter = cell.character.value < 0x2500
        for y in 0..<DotFont.height {
          for x in 0..<DotFont.width {
            // Bold letters are drawn twice, a dot apart.
            let isSet =
              dots[y * DotFont.width + x] || (style.isBold && isLetter && x > 0 && dots[y * DotFont.width + x - 1])
            let shade = isSet ? ink : paper
            let place = ((row * DotFont.height + y) * width + column * DotFont.width + x) * 3
            (pixels[place], pixels[place + 1], pixels[place + 2]) = (shade.red, shade.green, shade.blue)
          }
        }
      }
    }
    return pixels
  }

  /// What xterm shows for its first sixteen colours.
  private static let first: [RGB] = [
    RGB(0, 0, 0), RGB(205, 0, 0), RGB(0, 205, 0), RGB(205, 205, 0), RGB(60, 90, 238), RGB(205, 0, 205),
    RGB(0, 205, 205),
    RGB(229, 229, 229), RGB(127, 127, 127), RGB(255, 0, 0), RGB(0, 255, 0), RGB(255, 255, 0), RGB(92, 92, 255),
    RGB(255, 0, 255), RGB(0, 255, 255), RGB(255, 255, 255),
  ]

  private static func color(_ color: TerminalColor, _ standard: RGB) -> RGB {
    switch color {
    case .standard: standard
    case .indexed(let index): index < 16 ? first[Int(index)] : RGB(palette: index)
    case .rgb(let red, let green, let blue): RGB(red, green, blue)
    }
  }
}
