// The immutable copy that a watcher gets.

/// Everything that one frame shows of a run, copied between two units of work; it never changes.
public struct Snapshot: Hashable, Sendable, Codable {
  public let request: PictureRequest
  /// The step after which it was taken, and the units of work after which.
  public let step: Int
  public let units: Int
  public var filters: FilterPictures?
  /// Numbers of which the layer has one a channel, such as a batch norm's.
  public var channels: [ChannelNumbers] = []
  public var maps: MapPictures?
  public var probe: ProbePicture
  public var otherProbes: [ProbePicture] = []
  public var network: NetworkPictures?
  public var detail: FilterDetail?
  public var arithmetic: OutputArithmetic?
  public var worth: FilterWorth?
  /// The answer to a search: an index among the validation images; nil when there is none such.
  public var found: Int?
  public var images: ImagePictures?
  public var glass: GlassPictures?
  public var causes: CausePictures?
  /// How far those two are; nil when neither was asked for.
  public var examination: Examination?
  public var curves: [Curve] = []
  /// The names of all quantities that have curves.
  public var quantities: [String] = []
  /// How long the run was held up for it.
  public var seconds = 0.0

  public init(request: PictureRequest, step: Int, units: Int, probe: ProbePicture) {
    (self.request, self.step, self.units, self.probe) = (request, step, units, probe)
  }

  /// The curves of a quantity.
  public func curves(of quantity: String) -> [Curve] { curves.filter { $0.key.quantity == quantity } }
}
