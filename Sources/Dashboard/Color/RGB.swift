// Colours as numbers: sRGB, the even lightness of Oklab, and how well one reads on another.

import Foundation

/// A colour in sRGB, each channel from 0 to 255.
public struct RGB: Hashable, Sendable {
  public let red: UInt8
  public let green: UInt8
  public let blue: UInt8

  public init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) { (self.red, self.green, self.blue) = (red, green, blue) }

  /// From `0x1f9e89`.
  init(_ hex: UInt32) { self.init(UInt8(hex >> 16 & 255), UInt8(hex >> 8 & 255), UInt8(hex & 255)) }

  /// The colour of a palette index from 16 on, which is the same on every terminal: xterm's cube and greys.
  public init(palette index: UInt8) {
    let n = Int(index)
    if n >= 232 {
      let level = UInt8(8 + 10 * (n - 232))
      self.init(level, level, level)
    } else {
      func level(_ v: Int) -> UInt8 { v == 0 ? 0 : UInt8(55 + 40 * v) }
      let cube = max(0, n - 16)
      self.init(level(cube / 36), level(cube / 6 % 6), level(cube % 6))
    }
  }

  /// Each channel as an amount of light, from 0 to 1.
  private var linear: (Double, Double, Double) {
    func light(_ level: UInt8) -> Double {
      let value = Double(level) / 255
      return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
    }
    return (light(red), light(green), light(blue))
  }

  /// How much light it gives, from 0 to 1.
  var luminance: Double {
    let (r, g, b) = linear
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }

  /// How well a text in one colour reads on the other: 1 not at all, 21 black on white.
  ///
  /// Source: Web Content Accessibility Guidelines 2.1, "contrast ratio".
  public func contrast(with other: RGB) -> Double {
    let (a, b) = (luminance, other.luminance)
    return (max(a, b) + 0.05) / (min(a, b) + 0.05)
  }

  var oklab: Oklab {
    let (r, g, b) = linear
    let l = cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
    let m = cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
    let s = cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
    return Oklab(
      lightness: 0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
      a: 1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
      b: 0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s)
  }

  /// The nearest of xterm's cube and greys.
  var paletteIndex: UInt8 { nearest(in: Array(16...255)) }

  /// The nearest that is no grey, but for one.
  func huedPaletteIndex(or grey: UInt8) -> UInt8 { nearest(in: RGB.hued + [Int(grey)]) }

  private func nearest(in indices: [Int]) -> UInt8 {
    let own = oklab
    return indices.min { own.distance(RGB.palette[$0 - 16]) < own.distance(RGB.palette[$1 - 16]) }.map(UInt8.init) ?? 16
  }

  private static let hued = (16...231).filter {
    let color = RGB(palette: UInt8($0))
    return color.red != color.green || color.green != color.blue
  }

  private static let palette = (16...255).map { RGB(palette: UInt8($0)).oklab }
}

/// A colour by lightness and two axes of hue, in which equal distances look about equal.
///
/// Source: Björn Ottosson, "A perceptual color space for image processing" (2020).
struct Oklab: Hashable, Sendable {
  let lightness: Double
  let a: Double
  let b: Double

  func distance(_ other: Oklab) -> Double {
    let (l, a, b) = (lightness - other.lightness, a - other.a, b - other.b)
    return (l * l + a * a + b * b).squareRoot()
  }

  /// In sRGB; nil for a colour that a screen cannot show.
  var rgb: RGB? {
    func cubed(_ x: Double) -> Double { x * x * x }
    let l = cubed(lightness + 0.3963377774 * a + 0.2158037573 * b)
    let m = cubed(lightness - 0.1055613458 * a - 0.0638541728 * b)
    let s = cubed(lightness - 0.0894841775 * a - 1.2914855480 * b)
    let channels = [
      4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
      -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
      -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s,
    ]
    guard channels.allSatisfy({ $0 >= -1e-4 && $0 <= 1 + 1e-4 }) else { return nil }
    let levels = channels.map { light -> UInt8 in
      let value = light <= 0.0031308 ? 12.92 * light : 1.055 * pow(light, 1 / 2.4) - 0.055
      return UInt8(min(255, max(0, (value * 255).rounded())))
    }
    return RGB(levels[0], levels[1], levels[2])
  }

  /// The most colourful one of a lightness and a hue, in degrees, that a screen can show, as far as a limit.
  static func vivid(lightness: Double, hue: Double, limit: Double) -> RGB {
    let (x, y) = (cos(hue * .pi / 180), sin(hue * .pi / 180))
    func color(_ chroma: Double) -> RGB? { Oklab(lightness: lightness, a: chroma * x, b: chroma * y).rgb }
    if let all = color(limit) { return all }
    var (inside, outside) = (0.0, limit)
    for _ in 0..<20 {
      let middle = (inside + outside) / 2
      if color(middle) != nil { inside = middle } else { outside = middle }
    }
    return color(inside) ?? RGB(0, 0, 0)
  }
}
