// What is seen of a net from close: one filter, one number's arithmetic, the whole at once, the images.

/// Figures of some numbers.
public struct NumberFigures: Hashable, Sendable, Codable {
  /// The Euclidean norm, and the mean, of those that are finite.
  public let norm: Double
  public let mean: Double
  public let range: ValueRange
  /// How many are exactly zero, as a share of all.
  public let zeros: Double

  public init(_ values: some Collection<Float>) {
    let values = Array(values)
    var (sum, squares, none) = (0.0, 0.0, 0)
    for value in values where value.isFinite {
      sum += Double(value)
      squares += Double(value) * Double(value)
      if value == 0 { none += 1 }
    }
    norm = squares.squareRoot()
    range = ValueRange(values)
    let finite = values.count - range.nonFinite
    mean = finite == 0 ? 0 : sum / Double(finite)
    zeros = values.isEmpty ? 0 : Double(none) / Double(values.count)
  }
}

/// One filter in full: a tile for each channel that it reads.
public struct FilterDetail: Hashable, Sendable, Codable {
  /// The filter after an epoch, or before the first step.
  public struct Past: Hashable, Sendable, Codable {
    /// 0 for the start.
    public let epoch: Int
    /// Its first channel.
    public let tile: Tile

    public init(epoch: Int, tile: Tile) { (self.epoch, self.tile) = (epoch, tile) }
  }
  public let filter: Int
  public let weight: [Tile]
  /// Of the last step; empty for a layer that is not trained.
  public let gradient: [Tile]
  public let figures: NumberFigures
  public let gradientFigures: NumberFigures?
  public let bias: Float?
  /// The filter as it was, oldest first.
  public let history: [Past]
  /// Its map on the probe.
  public let map: Tile
  public let layerRange: ValueRange

  public init(
    filter: Int, weight: [Tile], gradient: [Tile], figures: NumberFigures, gradientFigures: NumberFigures?,
    bias: Float?,
    history: [Past], map: Tile, layerRange: ValueRange
  ) {
    (self.filter, self.weight, self.gradient, self.figures) = (filter, weight, gradient, figures)
    (self.gradientFigures, self.bias, self.history, self.map) = (gradientFigures, bias, history, map)
    self.layerRange = layerRange
  }
}

/// How one number of a layer's output comes about: Σ weight · input, channel by channel, from the bias on.
public struct OutputArithmetic: Hashable, Sendable, Codable {
  /// What one input channel adds.
  public struct Channel: Hashable, Sendable, Codable {
    public let index: Int
    /// The inputs that the kernel sees, zeros beyond the image's edge.
    public let patch: Tile
    public let kernel: Tile
    /// The sum when this channel is in it; each product is added to it with one rounding, in the tiles' order.
    public let total: Float

    public init(index: Int, patch: Tile, kernel: Tile, total: Float) {
      (self.index, self.patch, self.kernel, self.total) = (index, patch, kernel, total)
    }
  }
  public let place: OutputPlace
  /// The whole map that it is in.
  public let map: Tile
  /// What the sum begins with; 0 without one.
  public let bias: Float
  public let channels: [Channel]
  /// The engine's own number. It is the last total to the last bit where the engine takes the plain way; where it
  /// takes one with fewer multiplications, the rounding is another.
  public let output: Float
  /// What the activation behind the layer makes of it, and that layer's name.
  public let activated: Float?
  public let activation: String?
  /// Where the patch lies in the input: its top left, which may be outside, and from tap to tap.
  public let top: Int
  public let left: Int
  public let dilation: Int

  public init(
    place: OutputPlace, map: Tile, bias: Float, channels: [Channel], output: Float, activated: Float?,
    activation: String?,
    top: Int, left: Int, dilation: Int
  ) {
    (self.place, self.map, self.bias, self.channels, self.output) = (place, map, bias, channels, output)
    (self.activated, self.activation) = (activated, activation)
    (self.top, self.left, self.dilation) = (top, left, dilation)
  }

  public var sum: Float { channels.last?.total ?? bias }
}

/// What a filter is worth: how many validation images are right with it and without.
public struct FilterWorth: Hashable, Sendable, Codable {
  public let layer: Int
  public let filter: Int
  /// The step after which it was measured.
  public let step: Int
  public let images: Int
  public let right: Int
  /// Right only with the filter, and right only without it.
  public let lost: Int
  public let gained: Int

  public init(layer: Int, filter: Int, step: Int, images: Int, right: Int, lost: Int, gained: Int) {
    (self.layer, self.filter, self.step, self.images) = (layer, filter, step, images)
    (self.right, self.lost, self.gained) = (right, lost, gained)
  }

  /// The accuracy that the filter is worth: with it, less without it.
  public var accuracy: Double { Double(lost - gained) / Double(max(1, images)) }

  /// The standard error of that difference, the images being the same: √(lost + gained − (lost − gained)² / n) / n.
  ///
  /// Source: McNemar, "Note on the sampling error of the difference between correlated proportions" (1947).
  public var noise: Double {
    let (n, changed, net) = (Double(max(1, images)), Double(lost + gained), Double(lost - gained))
    return max(0, changed - net * net / n).squareRoot() / n
  }
}

/// Some layers of a net, each with its most active maps for the probe.
public struct NetworkPictures: Hashable, Sendable, Codable {
  public struct Column: Hashable, Sendable, Codable {
    public let layer: Int
    /// Which maps, in their order; the most active ones if not all are here.
    public let maps: [Int]
    public let tiles: [Tile]
    public let range: ValueRange

    public init(layer: Int, maps: [Int], tiles: [Tile], range: ValueRange) {
      (self.layer, self.maps, self.tiles, self.range) = (layer, maps, tiles, range)
    }
  }
  public let columns: [Column]
  /// What each map of the column before contributes to the chosen one, from 0 to 1, all together 1: the sums of the magnitudes of what it
  /// adds. Empty where that is not known.
  public let contributions: [Int: Double]

  public init(columns: [Column], contributions: [Int: Double]) {
    (self.columns, self.contributions) = (columns, contributions)
  }
}

/// Images of the data set as the net sees them, after normalisation.
public struct ImagePictures: Hashable, Sendable, Codable {
  public struct Image: Hashable, Sendable, Codable {
    /// Its index in the data set.
    public let index: Int
    public let label: Int
    /// A tile a channel, normalised.
    public let channels: [Tile]
    /// Nil where it was not asked for.
    public let loss: Double?
    /// The class that the net found likeliest; nil where it was not asked.
    public let predicted: Int?

    public init(index: Int, label: Int, channels: [Tile], loss: Double?, predicted: Int? = nil) {
      (self.index, self.label, self.channels) = (index, label, channels)
      (self.loss, self.predicted) = (loss, predicted)
    }
  }
  public let images: [Image]
  /// How many there are to choose from.
  public let total: Int
  /// How many training images each class has.
  public let counts: [Int]
  /// Mean and standard deviation of the normalised training images, a channel each.
  public let means: [Double]
  public let deviations: [Double]

  public init(images: [Image], total: Int, counts: [Int], means: [Double], deviations: [Double]) {
    (self.images, self.total, self.counts) = (images, total, counts)
    (self.means, self.deviations) = (means, deviations)
  }
}
