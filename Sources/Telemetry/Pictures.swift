// Pictures of a run: tiles of numbers, with the range that they are shaded by.

/// A small picture of numbers.
public struct Tile: Hashable, Sendable {
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

/// The smallest and largest of some numbers, how large they typically are, and how many of them were not finite.
public struct ValueRange: Hashable, Sendable, Codable {
  public var minimum: Float
  public var maximum: Float
  public var nonFinite: Int
  /// The magnitude that 99 in 100 stay below: what shades are measured by, so that one outlier does not blacken a picture.
  public var typical: Float

  /// - Parameter typical: nil for the largest magnitude.
  public init(minimum: Float, maximum: Float, nonFinite: Int = 0, typical: Float? = nil) {
    (self.minimum, self.maximum, self.nonFinite) = (minimum, maximum, nonFinite)
    self.typical = typical ?? Swift.max(abs(minimum), abs(maximum))
  }

  /// How many magnitudes the typical one is taken from: of more, evenly spaced ones.
  private static let samples = 2048

  public init(_ values: some Collection<Float>) {
    self =
      values.withContiguousStorageIfAvailable { ValueRange($0) }
      ?? Array(values).withUnsafeBufferPointer { ValueRange($0) }
  }

  /// The same of numbers in memory, in a loop that is compiled for them.
  public init(_ values: UnsafeBufferPointer<Float>) {
    (minimum, maximum, nonFinite, typical) = (.infinity, -.infinity, 0, 0)
    var magnitudes: [Float] = []
    let stride = Swift.max(1, values.count / ValueRange.samples)
    magnitudes.reserveCapacity(Swift.min(values.count, 2 * ValueRange.samples))
    for (index, value) in values.enumerated() {
      if value.isFinite {
        minimum = Swift.min(minimum, value)
        maximum = Swift.max(maximum, value)
        if index % stride == 0 { magnitudes.append(abs(value)) }
      } else {
        nonFinite += 1
      }
    }
    if minimum > maximum { (minimum, maximum) = (0, 0) }
    magnitudes.sort()
    typical = magnitudes.isEmpty ? 0 : magnitudes[(magnitudes.count - 1) * 99 / 100]
    // Where nearly all are zero, the others are what there is to see.
    if typical == 0 { typical = magnitude }
  }

  public var magnitude: Float { Swift.max(abs(minimum), abs(maximum)) }

  public func union(_ other: ValueRange) -> ValueRange {
    ValueRange(
      minimum: Swift.min(minimum, other.minimum), maximum: Swift.max(maximum, other.maximum),
      nonFinite: nonFinite + other.nonFinite, typical: Swift.max(typical, other.typical))
  }
}

/// Weights of some of a layer's filters: each filter is a strip of tiles, one for each channel it reads.
public struct FilterPictures: Hashable, Sendable, Codable {
  /// What was asked for.
  public let request: FilterRequest
  /// All of the layer's filters in the order asked for, and those of them that are here.
  public let order: [Int]
  public let filters: [Int]
  public let tilesPerFilter: Int
  /// `filters.count · tilesPerFilter` tiles, filter by filter.
  public let tiles: [Tile]
  /// What the last step added, tile by tile; empty unless asked for.
  public var updates: [Tile] = []
  public let layerRange: ValueRange
  /// Nil unless asked for.
  public let networkRange: ValueRange?

  public init(
    request: FilterRequest, order: [Int], filters: [Int], tilesPerFilter: Int, tiles: [Tile], layerRange: ValueRange,
    networkRange: ValueRange?
  ) {
    (self.request, self.order, self.filters) = (request, order, filters)
    (self.tilesPerFilter, self.tiles) = (tilesPerFilter, tiles)
    (self.layerRange, self.networkRange) = (layerRange, networkRange)
  }
}

/// Numbers of which a layer has one a channel, such as a batch norm's scale.
public struct ChannelNumbers: Hashable, Sendable, Codable {
  public let name: String
  public let values: [Float]

  public init(_ name: String, _ values: [Float]) { (self.name, self.values) = (name, values) }
}

/// What leaves a layer for the probe image: one tile a channel.
public struct MapPictures: Hashable, Sendable, Codable {
  /// The layer that it leaves.
  public let layer: Int
  public let maps: Range<Int>
  public let tiles: [Tile]
  /// The same maps for each of the other probes.
  public let others: [[Tile]]
  /// Of a dropout layer: which numbers of the tiles were off for the first image of the last step's batch.
  public var off: [[Bool]] = []
  public let layerRange: ValueRange
  /// Nil unless asked for.
  public let networkRange: ValueRange?

  public init(
    layer: Int, maps: Range<Int>, tiles: [Tile], others: [[Tile]] = [], layerRange: ValueRange,
    networkRange: ValueRange?
  ) {
    (self.layer, self.maps, self.tiles, self.others) = (layer, maps, tiles, others)
    (self.layerRange, self.networkRange) = (layerRange, networkRange)
  }
}

/// The probe image and what the net says of it.
public struct ProbePicture: Hashable, Sendable, Codable {
  /// Among the validation images, or of a training image in the data set.
  public let index: Int
  public var isTraining = false
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
