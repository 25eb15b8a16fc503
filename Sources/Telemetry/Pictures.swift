// Pictures of a run: tiles of numbers, with the range that they are shaded by.

/// A small picture of numbers.
public struct Tile: Hashable, Sendable, Codable {
  public let height: Int
  public let width: Int
  /// height · width numbers, row-major; a last row that is not full is filled with NaN and counted out by `count`.
  public let values: [Float]
  /// How many of the values are real.
  public let count: Int

  public init(height: Int, width: Int, values: [Float], count: Int? = nil) {
    self.height = height
    self.width = width
    self.values = values
    self.count = count ?? values.count
  }
}

/// The smallest and largest of some numbers, and how many of them were not finite.
public struct ValueRange: Hashable, Sendable, Codable {
  public var minimum: Float
  public var maximum: Float
  public var nonFinite: Int

  public init(minimum: Float, maximum: Float, nonFinite: Int = 0) {
    self.minimum = minimum
    self.maximum = maximum
    self.nonFinite = nonFinite
  }

  public init(_ values: some Sequence<Float>) {
    (minimum, maximum, nonFinite) = (.infinity, -.infinity, 0)
    for value in values {
      if value.isFinite {
        minimum = Swift.min(minimum, value)
        maximum = Swift.max(maximum, value)
      } else {
        nonFinite += 1
      }
    }
    if minimum > maximum { (minimum, maximum) = (0, 0) }
  }

  public var magnitude: Float { Swift.max(abs(minimum), abs(maximum)) }

  public func union(_ other: ValueRange) -> ValueRange {
    ValueRange(
      minimum: Swift.min(minimum, other.minimum), maximum: Swift.max(maximum, other.maximum),
      nonFinite: nonFinite + other.nonFinite)
  }
}

/// Weights of some of a layer's filters: each filter is a strip of tiles, one for each channel it reads.
public struct FilterPictures: Hashable, Sendable, Codable {
  /// The filters that are here.
  public let filters: Range<Int>
  public let tilesPerFilter: Int
  /// `filters.count · tilesPerFilter` tiles, filter by filter.
  public let tiles: [Tile]
  public let layerRange: ValueRange
  /// Nil unless asked for.
  public let networkRange: ValueRange?

  public init(
    filters: Range<Int>, tilesPerFilter: Int, tiles: [Tile], layerRange: ValueRange,
    networkRange: ValueRange?
  ) {
    (self.filters, self.tilesPerFilter, self.tiles) = (filters, tilesPerFilter, tiles)
    (self.layerRange, self.networkRange) = (layerRange, networkRange)
  }
}

/// What leaves a layer for the probe image: one tile a channel.
public struct MapPictures: Hashable, Sendable, Codable {
  public let maps: Range<Int>
  public let tiles: [Tile]
  public let layerRange: ValueRange
  /// Nil unless asked for.
  public let networkRange: ValueRange?

  public init(maps: Range<Int>, tiles: [Tile], layerRange: ValueRange, networkRange: ValueRange?) {
    (self.maps, self.tiles) = (maps, tiles)
    (self.layerRange, self.networkRange) = (layerRange, networkRange)
  }
}

/// The probe image and what the net says of it.
public struct ProbePicture: Hashable, Sendable, Codable {
  public let index: Int
  /// The pixels as numbers from 0 to 1, a tile a channel.
  public let channels: [Tile]
  public let label: Int
  /// What the net says of each class; nil for a model that is only looked at.
  public let prediction: Prediction?

  public init(index: Int, channels: [Tile], label: Int, prediction: Prediction?) {
    (self.index, self.channels, self.label, self.prediction) = (index, channels, label, prediction)
  }
}

/// What a net says of an image, class by class, in the sense of its loss.
public struct Prediction: Hashable, Sendable, Codable {
  public enum Meaning: Hashable, Sendable, Codable {
    /// One number a class, and they sum to one.
    case probabilities
    /// The probability of each class by itself.
    case independentProbabilities
    /// What a loss compares with 1 for the true class and 0 for the others.
    case scores
  }
  public let meaning: Meaning
  public let values: [Float]

  public init(_ meaning: Meaning, _ values: [Float]) { (self.meaning, self.values) = (meaning, values) }
}
