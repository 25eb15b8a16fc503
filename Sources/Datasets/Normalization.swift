// From bytes to numbers: (byte / 255 − mean) / std, channel by channel.

/// The mean and standard deviation that pixels, as numbers from 0 to 1, are normalised with.
public struct Normalization: Hashable, Sendable {
  public var mean: [Float]
  public var std: [Float]

  public init(mean: [Float], std: [Float]) {
    self.mean = mean
    self.std = std
  }

  /// byte · scale + shift is the same as (byte / 255 − mean) / std.
  public var scale: [Float] { std.map { 1 / (255 * $0) } }
  public var shift: [Float] { zip(mean, std).map { -$0 / $1 } }
}
