// What the dashboard may ask to see, and the immutable copy that it gets.

/// What a screen shows now, so that only that is copied.
public struct PictureRequest: Hashable, Sendable {
  /// The index of the selected layer.
  public var layer: Int
  /// Which of the layer's filters are wanted, and which of its feature maps.
  public var filters: Range<Int>
  public var maps: Range<Int>
  /// The index of the probe among the validation images.
  public var probe: Int
  /// How many stretches a curve may have.
  public var curvePoints: Int
  /// Whether the smallest and largest number of the whole network are wanted: they take a look at every weight and map.
  public var wantsNetworkRange: Bool

  public init(
    layer: Int, filters: Range<Int>, maps: Range<Int>, probe: Int, curvePoints: Int, wantsNetworkRange: Bool = false
  ) {
    self.wantsNetworkRange = wantsNetworkRange
    self.layer = layer
    self.filters = filters
    self.maps = maps
    self.probe = probe
    self.curvePoints = curvePoints
  }
}

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

/// The smallest and largest of some numbers, and how many of them were not finite.
public struct ValueRange: Hashable, Sendable {
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
public struct FilterPictures: Hashable, Sendable {
  /// The filters that are here, of `total`.
  public let filters: Range<Int>
  public let total: Int
  public let tilesPerFilter: Int
  /// `filters.count · tilesPerFilter` tiles, filter by filter.
  public let tiles: [Tile]
  public let layerRange: ValueRange
  /// Nil unless asked for.
  public let networkRange: ValueRange?
}

/// What leaves a layer for the probe image: one tile a channel.
public struct MapPictures: Hashable, Sendable {
  public let maps: Range<Int>
  public let total: Int
  public let tiles: [Tile]
  public let layerRange: ValueRange
  /// Nil unless asked for.
  public let networkRange: ValueRange?
}

/// The probe image and what the net says of it.
public struct ProbePicture: Hashable, Sendable {
  public let index: Int
  /// The pixels as numbers from 0 to 1; of a colour image, the mean of its channels.
  public let image: Tile
  public let label: Int
  /// What the net says of each class; nil for a model that is only looked at.
  public let prediction: Prediction?
}

/// What a net says of an image, class by class, in the sense of its loss.
public struct Prediction: Hashable, Sendable {
  public enum Meaning: Hashable, Sendable {
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

/// Everything that one frame shows of a run, copied between two batches; it never changes.
public struct Snapshot: Sendable {
  public let request: PictureRequest
  /// The step after which it was taken.
  public let step: Int
  public let filters: FilterPictures?
  public let maps: MapPictures?
  public let probe: ProbePicture
  public let curves: Curves
}

/// The curves of a run, in as many stretches as were asked for.
public struct Curves: Sendable {
  public var trainLoss: [MetricBucket] = []
  public var trainAccuracy: [MetricBucket] = []
  /// One value an epoch, at the epoch's last step.
  public var validationLoss: [MetricBucket] = []
  public var validationAccuracy: [MetricBucket] = []
  public init() {}
}
