// What a watcher may ask to see, and the immutable copy that it gets.

/// What a screen shows now, so that only that is copied.
public struct PictureRequest: Hashable, Sendable, Codable {
  /// The watcher's own count of its requests: it tells the answer to this one from those to earlier ones.
  public var number = 0
  /// The index of the selected layer.
  public var layer: Int
  /// Which of the layer's filters are wanted, and which of its feature maps.
  public var filters: Range<Int>
  public var maps: Range<Int>
  /// The index of the probe among the validation images.
  public var probe: Int
  /// The quantities whose curves are wanted.
  public var quantities: Set<String>
  /// How many stretches a curve may have.
  public var curvePoints: Int
  /// Whether the smallest and largest number of the whole network are wanted: they take a look at every weight and map.
  public var wantsNetworkRange: Bool

  public init(
    layer: Int, filters: Range<Int> = 0..<0, maps: Range<Int> = 0..<0, probe: Int, quantities: Set<String> = [],
    curvePoints: Int = 0, wantsNetworkRange: Bool = false
  ) {
    (self.layer, self.filters, self.maps, self.probe) = (layer, filters, maps, probe)
    (self.quantities, self.curvePoints, self.wantsNetworkRange) = (quantities, curvePoints, wantsNetworkRange)
  }
}

/// Everything that one frame shows of a run, copied between two units of work; it never changes.
public struct Snapshot: Hashable, Sendable, Codable {
  public let request: PictureRequest
  /// The step after which it was taken, and the units of work after which.
  public let step: Int
  public let units: Int
  public let filters: FilterPictures?
  public let maps: MapPictures?
  public let probe: ProbePicture
  public let curves: [Curve]

  public init(
    request: PictureRequest, step: Int, units: Int, filters: FilterPictures?, maps: MapPictures?, probe: ProbePicture,
    curves: [Curve]
  ) {
    (self.request, self.step, self.units) = (request, step, units)
    (self.filters, self.maps, self.probe, self.curves) = (filters, maps, probe, curves)
  }

  /// The curves of a quantity.
  public func curves(of quantity: String) -> [Curve] { curves.filter { $0.key.quantity == quantity } }
}
