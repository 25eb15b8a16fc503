// From a number to a shade: a colour map with its scale.

import Foundation
import Telemetry

/// A colour map with its scale: what turns one number into one shade.
public struct Shading: Sendable, Hashable {
  public let map: ColorMap
  /// The value at the bright end (of both ends, when diverging); what lies beyond has the same shade.
  public let limit: Float
  /// What a share of the limit is raised to: below 1, small numbers are easier to tell apart.
  public let gamma: Float

  public init(_ map: ColorMap, limit: Float, gamma: Float = 1) {
    (self.map, self.limit, self.gamma) = (map, limit, gamma)
  }

  /// A number's place on the scale: −1…1 when diverging, 0…1 otherwise; nil when it is not finite.
  func position(_ value: Float) -> Float? {
    guard value.isFinite else { return nil }
    guard limit > 0 else { return 0 }
    let share = min(1, abs(value) / limit)
    let shade = gamma == 1 ? share : pow(share, gamma)
    if map == .diverging { return value < 0 ? -shade : shade }
    return value < 0 ? 0 : shade
  }

  /// Magenta is in none of the maps.
  static let nonFinite = TerminalColor.indexed(201)

  /// The colour of a number, on a terminal with at least 256.
  public func color(_ value: Float, _ capabilities: Capabilities) -> TerminalColor {
    guard let position = position(value) else { return Shading.nonFinite }
    let step = Int((abs(position) * Float(ColorMap.steps - 1)).rounded())
    if capabilities.colors == .trueColor {
      let shades = map.shades(isLight: capabilities.isLight)
      let shade = position < 0 ? shades.negative[step] : shades.positive[step]
      return .rgb(shade.red, shade.green, shade.blue)
    }
    let indices = map.indices(isLight: capabilities.isLight)
    return .indexed(position < 0 ? indices.negative[step] : indices.positive[step])
  }

  /// Characters from dark to bright for terminals with few colours or none.
  private static let shades: [Unicode.Scalar] = [" ", "░", "▒", "▓", "█"]
  private static let ascii: [Unicode.Scalar] = [" ", ".", ":", "-", "=", "+", "*", "#", "%", "@"]
  private static let positive: [Unicode.Scalar] = [" ", ".", "+", "*", "#", "@"]
  private static let negative: [Unicode.Scalar] = [" ", ",", "-", "~", "=", "%"]

  /// A number as one cell, on a terminal with few colours or none: brightness is the character's, sign the colour's
  /// and, without colours or blocks, the character's too.
  public func cell(_ value: Float, _ capabilities: Capabilities) -> Cell {
    let hasColor = capabilities.colors > .monochrome
    guard let position = position(value) else {
      return Cell("?", hasColor ? Style(foreground: .indexed(5), bold: true) : Style(bold: true))
    }
    let ramp: [Unicode.Scalar] =
      capabilities.unicode && (hasColor || map != .diverging)
      ? Shading.shades
      : map != .diverging ? Shading.ascii : position < 0 ? Shading.negative : Shading.positive
    let character = ramp[Int((abs(position) * Float(ramp.count - 1)).rounded())]
    guard hasColor && map == .diverging && position != 0 else { return Cell(character) }
    return Cell(character, Style(foreground: .indexed(position < 0 ? 4 : 1)))
  }
}

/// The colour of an image's pixel, each channel from 0 to 1: exactly, or the nearest of xterm's cube.
func imageColor(_ red: Float, _ green: Float, _ blue: Float, _ ladder: ColorLadder) -> TerminalColor {
  func level(_ value: Float) -> Int { Int((min(1, max(0, value)) * 255).rounded()) }
  let levels = [red, green, blue].map(level)
  guard ladder < .trueColor else { return .rgb(UInt8(levels[0]), UInt8(levels[1]), UInt8(levels[2])) }
  // The cube's levels are 0, 95, 135, 175, 215, 255.
  func step(_ level: Int) -> Int { level < 48 ? 0 : level < 115 ? 1 : min(5, (level - 35) / 40) }
  return .indexed(UInt8(16 + 36 * step(levels[0]) + 6 * step(levels[1]) + step(levels[2])))
}
