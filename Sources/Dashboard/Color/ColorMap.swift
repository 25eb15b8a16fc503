// The colour maps: which shade stands for which share of the scale.

/// Which colours a picture uses.
public enum ColorMap: String, Sendable, Hashable, CaseIterable {
  /// Blue below zero, red above; zero is the background's black, or white on a light one, and a shade is the further
  /// from it the larger the magnitude. For numbers of both signs.
  case diverging
  /// Dark blue to yellow, alike for every kind of colour vision (Nuñez, Anderton, Renslow, 2018).
  case cividis
  /// Violet over green to yellow (van der Walt, Smith, 2015).
  case viridis
  /// Black to white: for images.
  case gray

  /// Those for numbers of one sign, in the order in which a key goes through them.
  static let sequential: [ColorMap] = [.cividis, .viridis, .gray]

  /// Shades in each half of the map.
  static let steps = 33

  /// The shades from 0 to 1, and from 0 to −1 where there are such.
  func shades(isLight: Bool) -> (positive: [RGB], negative: [RGB]) {
    switch (self, isLight) {
    case (.diverging, false): ColorMap.divergingOnDark
    case (.diverging, true): ColorMap.divergingOnLight
    case (.cividis, _): (ColorMap.cividisShades, [])
    case (.viridis, _): (ColorMap.viridisShades, [])
    case (.gray, _): (ColorMap.grayShades, [])
    }
  }

  /// The same in xterm's palette, each at least as far from zero's shade as the one before.
  func indices(isLight: Bool) -> (positive: [UInt8], negative: [UInt8]) {
    switch (self, isLight) {
    case (.diverging, false): ColorMap.divergingOnDarkIndices
    case (.diverging, true): ColorMap.divergingOnLightIndices
    case (.cividis, _): (ColorMap.cividisIndices, [])
    case (.viridis, _): (ColorMap.viridisIndices, [])
    case (.gray, _): (ColorMap.grayIndices, [])
    }
  }

  /// A half of a diverging map: lightness goes evenly, the hue from one to another; only zero is black, because what is
  /// nearly black cannot be told from it.
  private static func ramp(lightness: ClosedRange<Double>, isRising: Bool, hues: (Double, Double)) -> [RGB] {
    (0..<steps).map { step in
      let t = Double(step) / Double(steps - 1)
      let span = lightness.upperBound - lightness.lowerBound
      let level = isRising ? lightness.lowerBound + t * span : lightness.upperBound - t * span
      if isRising && step == 0 { return RGB(0, 0, 0) }
      return Oklab.vivid(lightness: level, hue: hues.0 + t * (hues.1 - hues.0), limit: 0.2)
    }
  }

  private static let divergingOnDark = (
    positive: ramp(lightness: 0.12...0.86, isRising: true, hues: (25, 45)),
    negative: ramp(lightness: 0.12...0.86, isRising: true, hues: (266, 228))
  )
  private static let divergingOnLight = (
    positive: ramp(lightness: 0.4...1, isRising: false, hues: (40, 25)),
    negative: ramp(lightness: 0.4...1, isRising: false, hues: (240, 264))
  )

  private static func between(_ anchors: [UInt32]) -> [RGB] {
    let colors = anchors.map { RGB($0) }
    return (0..<steps).map { step in
      let place = Double(step) / Double(steps - 1) * Double(colors.count - 1)
      let lower = min(colors.count - 2, Int(place))
      func mix(_ channel: KeyPath<RGB, UInt8>) -> UInt8 {
        let (a, b) = (Double(colors[lower][keyPath: channel]), Double(colors[lower + 1][keyPath: channel]))
        return UInt8((a + (b - a) * (place - Double(lower))).rounded())
      }
      return RGB(mix(\.red), mix(\.green), mix(\.blue))
    }
  }

  private static let cividisShades = between([
    0x00224e, 0x123570, 0x3b496c, 0x575d6d, 0x707173, 0x8a8678, 0xa59c74, 0xc3b369, 0xe1cc55, 0xfee838,
  ])
  private static let viridisShades = between([
    0x440154, 0x482878, 0x3e4989, 0x31688e, 0x26828e, 0x1f9e89, 0x35b779, 0x6ece58, 0xb5de2b, 0xfde725,
  ])
  private static let grayShades = between([0x000000, 0xffffff])

  /// The nearest colours of the palette; where rounding to them would take a step back towards zero's shade, it waits.
  ///
  /// - Parameter isDiverging: no grey but zero's then, and small numbers are alike on both sides.
  private static func inPalette(_ shades: [RGB], isDiverging: Bool = false) -> [UInt8] {
    guard let zero = shades.first?.oklab.lightness else { return [] }
    var (result, reached): ([UInt8], Double) = ([], -1)
    for shade in shades {
      let index = isDiverging && !result.isEmpty ? shade.huedPaletteIndex(or: result[0]) : shade.paletteIndex
      let distance = abs(RGB(palette: index).oklab.lightness - zero)
      if distance >= reached || result.isEmpty {
        reached = distance
        result.append(index)
      } else {
        result.append(result[result.count - 1])
      }
    }
    return result
  }

  private static let divergingOnDarkIndices = (
    positive: inPalette(divergingOnDark.positive, isDiverging: true),
    negative: inPalette(divergingOnDark.negative, isDiverging: true)
  )
  private static let divergingOnLightIndices = (
    positive: inPalette(divergingOnLight.positive, isDiverging: true),
    negative: inPalette(divergingOnLight.negative, isDiverging: true)
  )
  private static let cividisIndices = inPalette(cividisShades)
  private static let viridisIndices = inPalette(viridisShades)
  private static let grayIndices = inPalette(grayShades)
}
