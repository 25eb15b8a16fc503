// Which numbers are seen to glow after a step.

import Telemetry

/// The numbers that a step changed most, and how brightly they glow: the more, the brighter.
///
/// Not all that it changed: with most optimizers that is every number by about as much, which says nothing, and takes a slow line to
/// write.
struct Glow {
  /// Bytes of a frame that may be spent on what glows.
  private static let bytes = 2_400

  private let faintest: Float
  private let strength: Float

  /// - Parameters:
  ///   - updates: what the step changed each number by.
  ///   - scale: how large numbers are drawn: of large ones fewer glow.
  ///   - left: how much of the glow is left, 1 at first; nil comes of none, and where nothing changed.
  init?(of updates: [Tile], scale: TileScale, left: Float) {
    guard left > 0 else { return nil }
    let sizes = updates.flatMap(\.values).filter { $0.isFinite && $0 != 0 }.map(abs).sorted(by: >)
    guard let largest = sizes.first else { return nil }
    let number = scale.cells(height: 1, width: 1)
    // In each row the way there, two colours, and the characters.
    let most = Glow.bytes / (max(1, number.rows) * (48 + 3 * max(1, number.columns)))
    faintest = sizes[min(max(1, most), sizes.count) - 1]
    strength = left / largest
  }

  /// The share of light for a number that changed by so much.
  func share(_ change: Float?) -> Float {
    guard let change, abs(change) >= faintest else { return 0 }
    return min(1, abs(change) * strength)
  }
}
