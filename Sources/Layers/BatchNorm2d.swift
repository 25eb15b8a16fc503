// The batch normalisation layer.

import Autograd
import Tensors

/// Normalises each channel over the whole batch; see `batchNorm2d` for the mathematics.
public struct BatchNorm2d: Layer {
  public struct Configuration: LayerConfiguration {
    public let type = "batch_norm2d"
    public var name: String?
    /// ε = 1e-5, momentum 0.1.
    public var options: BatchNormOptions

    public init(name: String? = nil, options: BatchNormOptions = BatchNormOptions()) {
      self.name = name
      self.options = options
    }

    public func build(_ site: BuildSite) throws -> any Layer {
      guard site.input.rank == 3 else {
        throw ShapeError("batch_norm2d", [site.input], rule: "the input of one image must be channels×height×width")
      }
      let channels: Shape = [site.input[0]]
      return BatchNorm2d(
        name: site.name,
        weight: Parameter("\(site.name).weight", Tensor(channels, repeating: 1)),
        bias: Parameter("\(site.name).bias", Tensor(channels)),
        runningMean: Parameter("\(site.name).running_mean", Tensor(channels), isTrainable: false),
        runningVariance: Parameter("\(site.name).running_var", Tensor(channels, repeating: 1), isTrainable: false),
        options: options)
    }
  }

  public let name: String
  public let kind = "batch_norm2d"
  /// (C), each of them.
  public let weight: Parameter
  public let bias: Parameter
  public let runningMean: Parameter
  public let runningVariance: Parameter
  public let options: BatchNormOptions

  public var parameters: [Parameter] { [weight, bias, runningMean, runningVariance] }

  public func forward(_ x: Variable) throws -> Variable {
    try batchNorm2d(
      x, weight: weight, bias: bias, runningMean: runningMean, runningVariance: runningVariance, options: options)
  }
}
