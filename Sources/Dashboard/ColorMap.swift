// From numbers to shades: a diverging map centred on zero, and a sequential one.

import Telemetry

/// Which colours a picture uses.
public enum ColorMap: Sendable, Hashable {
  /// Blue below zero, red to yellow above; zero is black, and brightness grows with magnitude on both sides.
  case diverging
  /// Black to white.
  case sequential
}

/// A colour map with its scale: what turns one number into one shade.
public struct Shading: Sendable, Hashable {
  public let map: ColorMap
  /// The value at the bright end (of both ends, when diverging).
  public let limit: Float

  public init(_ map: ColorMap, limit: Float) {
    self.map = map
    self.limit = limit
  }

  /// The natural shading of a range: diverging as soon as anything is negative.
  public init(of range: ValueRange) {
    self.init(range.minimum < 0 ? .diverging : .sequential, limit: range.magnitude)
  }

  /// A number's place on the scale: −1…1 when diverging, 0…1 when sequential; nil when it is not finite.
  func position(_ value: Float) -> Float? {
    guard value.isFinite else { return nil }
    guard limit > 0 else { return 0 }
    return map == .diverging ? min(1, max(-1, value / limit)) : min(1, max(0, value / limit))
  }

  /// Anchors of the diverging map; brightness rises evenly from one to the next. The 256-colour indices come from the
  /// 6×6×6 cube, the others are the same colours.
  private static let cold: [UInt8] = [16, 17, 18, 19, 25, 32, 39, 45, 123, 195]
  private static let warm: [UInt8] = [16, 52, 88, 124, 166, 202, 208, 214, 221, 229]
  /// Black, the 24 greys, white.
  private static let gray: [UInt8] = [16] + (232...255).map { UInt8($0) } + [231]
  /// Magenta appears in neither map.
  static let nonFinite: UInt8 = 201

  /// The colour of a number, on a terminal with at least 256.
  public func color(_ value: Float, _ ladder: ColorLadder) -> TerminalColor {
    guard let position = position(value) else { return .indexed(Shading.nonFinite) }
    let table = map == .sequential ? Shading.gray : position < 0 ? Shading.cold : Shading.warm
    let place = abs(position) * Float(table.count - 1)
    guard ladder == .trueColor else { return .indexed(table[Int(place.rounded())]) }
    let lower = min(table.count - 1, Int(place))
    return blend(table[lower], table[min(table.count - 1, lower + 1)], place - Float(lower))
  }

  private func blend(_ a: UInt8, _ b: UInt8, _ t: Float) -> TerminalColor {
    let (from, to) = (cubeColor(a), cubeColor(b))
    func mix(_ x: Int, _ y: Int) -> UInt8 { UInt8(Float(x) + (Float(y) - Float(x)) * t) }
    return .rgb(mix(from.0, to.0), mix(from.1, to.1), mix(from.2, to.2))
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
      capabilities.unicode && (hasColor || map == .sequential)
      ? Shading.shades
      : map == .sequential ? Shading.ascii : position < 0 ? Shading.negative : Shading.positive
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

/// The colour behind an index from 16 on: xterm's cube and greys.
func cubeColor(_ index: UInt8) -> (Int, Int, Int) {
  let n = Int(index)
  if n >= 232 {
    let level = 8 + 10 * (n - 232)
    return (level, level, level)
  }
  let cube = max(0, n - 16)
  func level(_ v: Int) -> Int { v == 0 ? 0 : 55 + 40 * v }
  return (level(cube / 36), level(cube / 6 % 6), level(cube % 6))
}
