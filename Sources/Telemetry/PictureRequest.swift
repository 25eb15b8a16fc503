// What a watcher may ask to see.

/// Which numbers of a layer's weights a picture shows.
public enum WeightQuantity: String, Hashable, Sendable, Codable, CaseIterable {
  case weight
  /// The loss's gradient in the last step, as the optimizer saw it.
  case gradient
  /// What the last step added.
  case update
  /// What has been added since the first step.
  case change
}

/// In which order a layer's filters are shown.
public enum FilterOrder: String, Hashable, Sendable, Codable, CaseIterable {
  case index
  /// The largest Euclidean norm of the pictured numbers first.
  case norm
  /// Each next to the one that it is most like, by the cosine of their angle.
  case similarity
}

/// Some of a layer's filters.
public struct FilterRequest: Hashable, Sendable, Codable {
  /// Which, by their places in the order.
  public var places: Range<Int>
  public var quantity = WeightQuantity.weight
  public var order = FilterOrder.index
  /// Whether what the last step added is wanted beside the quantity.
  public var wantsUpdate = false

  public init(places: Range<Int>, quantity: WeightQuantity = .weight, order: FilterOrder = .index) {
    (self.places, self.quantity, self.order) = (places, quantity, order)
  }
}

/// Some of a layer's feature maps.
public struct MapRequest: Hashable, Sendable, Codable {
  /// The layer whose output it is: the selected one, or the activation behind it.
  public var layer: Int
  public var maps: Range<Int>

  public init(layer: Int, maps: Range<Int>) { (self.layer, self.maps) = (layer, maps) }
}

/// The whole net at once: some layers, each with its most active maps.
public struct NetworkRequest: Hashable, Sendable, Codable {
  public struct Column: Hashable, Sendable, Codable {
    public var layer: Int
    /// The most maps of it.
    public var maps: Int

    public init(layer: Int, maps: Int) { (self.layer, self.maps) = (layer, maps) }
  }
  public var columns: [Column]
  /// The map whose sources are wanted: of the selected layer.
  public var map: Int

  public init(columns: [Column], map: Int) { (self.columns, self.map) = (columns, map) }
}

/// An image to look for among those of the validation.
public enum ProbeSearch: Hashable, Sendable, Codable {
  /// The next one of a class behind an image, going round.
  case ofClass(Int, after: Int)
  /// The one that the net is `rank`-most sure of among those whose class it gets wrong, the first is 0.
  case mostWrong(rank: Int)
}

/// Images of the data set, as the net sees them.
public struct ImageRequest: Hashable, Sendable, Codable {
  public enum Source: Hashable, Sendable, Codable {
    /// The training images, or those of one class.
    case training(ofClass: Int?)
    /// The batch of the last step, with each image's loss.
    case batch
  }
  public var source: Source
  /// Which of those, by their places.
  public var places: Range<Int>

  public init(source: Source, places: Range<Int>) { (self.source, self.places) = (source, places) }
}

/// What a screen shows now, so that only that is copied.
public struct PictureRequest: Hashable, Sendable, Codable {
  /// The watcher's own count of its requests: it tells the answer to this one from those to earlier ones.
  public var number = 0
  /// The index of the selected layer.
  public var layer: Int
  /// The index of the probe among the validation images.
  public var probe: Int
  /// A training image, by its index in the data set, that is looked at instead; nil for the probe.
  public var trainingProbe: Int?
  /// Other probes beside it, at most three.
  public var otherProbes: [Int] = []
  /// Whether it is wanted what the net says of them.
  public var wantsPrediction = false
  public var filters: FilterRequest?
  public var maps: MapRequest?
  public var network: NetworkRequest?
  /// The filter that is shown in full, with its figures.
  public var detail: Int?
  /// The place of an output whose arithmetic is shown: of which map of the selected layer, and where in it.
  public var output: OutputPlace?
  /// The filter of the selected layer that is switched off for all that is shown, and whose worth is measured.
  public var switchedOff: Int?
  public var search: ProbeSearch?
  public var images: ImageRequest?
  /// The last step from within, and what moved a filter in it: while the run rests.
  public var glass: GlassRequest?
  public var causes: CauseRequest?
  /// The quantities whose curves are wanted.
  public var quantities: Set<String> = []
  /// How many stretches a curve may have.
  public var curvePoints = 0
  /// The steps that the curves are wanted for; nil for all.
  public var steps: ClosedRange<Int>?
  /// The weight of the past in the smoothed curves of training, from 0 to below 1.
  public var smoothing = 0.0
  /// Whether the range of the whole network is wanted: it takes a look at every weight and map.
  public var wantsNetworkRange = false

  public init(layer: Int, probe: Int) { (self.layer, self.probe) = (layer, probe) }

  /// Whether the probes have to go through the net for it.
  public var looksInside: Bool {
    wantsPrediction || maps != nil || network != nil || detail != nil || output != nil
  }
}

/// One number of what leaves a layer.
public struct OutputPlace: Hashable, Sendable, Codable {
  public var map: Int
  public var row: Int
  public var column: Int

  public init(map: Int, row: Int, column: Int) { (self.map, self.row, self.column) = (map, row, column) }
}
