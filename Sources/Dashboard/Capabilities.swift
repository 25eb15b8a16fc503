// What a terminal can show.

/// How many colours a terminal has, from all to none.
public enum ColorLadder: Int, Sendable, Hashable, CaseIterable, Comparable {
  case monochrome, eight, sixteen, indexed256, trueColor

  public static func < (a: ColorLadder, b: ColorLadder) -> Bool { a.rawValue < b.rawValue }
}

/// What a terminal can show.
public struct Capabilities: Sendable, Hashable {
  public var colors: ColorLadder
  /// Whether it shows braille, blocks and box lines; otherwise everything is plain ASCII.
  public var unicode: Bool
  /// Whether its background is light.
  public var isLight: Bool

  public init(colors: ColorLadder, unicode: Bool, isLight: Bool = false) {
    self.colors = colors
    self.unicode = unicode
    self.isLight = isLight
  }

  /// Whether a cell can show two pixels, one above the other; otherwise one shade stands for both.
  var hasHalfBlocks: Bool { unicode && colors >= .indexed256 }
}
