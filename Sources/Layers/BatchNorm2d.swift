// The batch normalisation layer.

import Autograd
import Fields
import Tensors

/// Normalises each channel over the whole batch; see `batchNorm2d` for the mathematics.
public struct BatchNorm2d: Layer {
  public static let type = "batch_norm2d"

  public struct Configuration: LayerConfiguration {
    public var type: String { BatchNorm2d.type }
    public var name: String?
    /// ε = 1e-5, momentum 0.1.
    public var options: BatchNormOptions
    public var affine = AffineOptions()
    /// Without running statistics, evaluation takes the batch's own too.
    public var tracksStatistics = true

    public init(name: String? = nil, options: BatchNormOptions = BatchNormOptions()) {
      self.name = name
      self.options = options
    }

    public mutating func visitFields(_ fields: any FieldVisitor) throws {
      try fields.float("eps", &options.epsilon, .positive, "added to the variance")
      try fields.nullableFloat(
        "momentum", &options.momentum, .share,
        "how much of each batch enters the running statistics; null for their mean")
      try affine.visitFields(fields, key: "affine")
      try fields.bool("track_running_stats", &tracksStatistics, "whether evaluation uses running statistics")
    }

    public func build(_ site: BuildSite) throws -> any Layer {
      guard site.input.rank == 3 else {
        throw ShapeError("batch_norm2d", [site.input], rule: "the input of one image must be channels×height×width")
      }
      let channels: Shape = [site.input[0]]
      let (weight, bias) = try affine.parameters(site, channels, type: type)
      func statistic(_ name: String, _ shape: Shape, _ value: Float) -> Parameter {
        Parameter("\(site.name).\(name)", Tensor(shape, repeating: value), isTrainable: false)
      }
      let statistics =
        tracksStatistics
        ? BatchNormStatistics(
          mean: statistic("running_mean", channels, 0), variance: statistic("running_var", channels, 1),
          batches: options.momentum == nil ? statistic("num_batches_tracked", [1], 0) : nil)
        : nil
      return BatchNorm2d(name: site.name, weight: weight, bias: bias, statistics: statistics, options: options)
    }
  }

  public let name: String
  public var kind: String { BatchNorm2d.type }
  /// (C)
  public let weight: Parameter?
  public let bias: Parameter?
  public let statistics: BatchNormStatistics?
  public let options: BatchNormOptions

  public var parameters: [Parameter] {
    [weight, bias, statistics?.mean, statistics?.variance, statistics?.batches].compactMap { $0 }
  }

  public var channelNumbers: [(name: String, numbers: Parameter)] {
    [
      ("scale", weight), ("shift", bias), ("running mean", statistics?.mean),
      ("running variance", statistics?.variance),
    ]
    .compactMap { name, numbers in numbers.map { (name, $0) } }
  }

  public var keepsChannelsApart: Bool { true }

  public func forward(_ x: Variable) throws -> Variable {
    try batchNorm2d(x, weight: weight, bias: bias, statistics: statistics, options: options)
  }
}
