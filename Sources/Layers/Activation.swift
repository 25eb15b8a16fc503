// Layers that apply one function to each element.

import Autograd
import Fields
import Tensors

/// An activation without parameters; see the operation of the same name for its formula.
public struct Activation: Layer {
  /// Which function, with its options.
  public enum Function: Hashable, Sendable {
    case leakyReLU(slope: Float)
    case elu(alpha: Float)
    case gelu(GELUForm)
    case softplus(beta: Float, threshold: Float)
    case silu, mish, hardswish, relu6, sigmoid, tanh

    /// As in configurations.
    public var type: String {
      switch self {
      case .leakyReLU: "leaky_relu"
      case .elu: "elu"
      case .gelu: "gelu"
      case .softplus: "softplus"
      case .silu: "silu"
      case .mish: "mish"
      case .hardswish: "hardswish"
      case .relu6: "relu6"
      case .sigmoid: "sigmoid"
      case .tanh: "tanh"
      }
    }
  }

  public struct Configuration: LayerConfiguration {
    public var name: String?
    public var function: Function
    public var type: String { function.type }

    public init(name: String? = nil, function: Function) {
      self.name = name
      self.function = function
    }

    public mutating func visitFields(_ fields: any FieldVisitor) throws {
      switch function {
      case .leakyReLU(var slope):
        try fields.float("negative_slope", &slope, .any, "the slope below zero")
        function = .leakyReLU(slope: slope)
      case .elu(var alpha):
        try fields.float("alpha", &alpha, .positive, "what it falls to, below zero")
        function = .elu(alpha: alpha)
      case .gelu(var form):
        try fields.choice("approximate", &form, "the exact formula, or the one with tanh")
        function = .gelu(form)
      case .softplus(var beta, var threshold):
        try fields.float("beta", &beta, .positive, "how sharp the bend is")
        try fields.float("threshold", &threshold, .any, "beta · x above which the function is x itself")
        function = .softplus(beta: beta, threshold: threshold)
      case .silu, .mish, .hardswish, .relu6, .sigmoid, .tanh: break
      }
    }

    public func build(_ site: BuildSite) -> any Layer { Activation(name: site.name, function: function) }
  }

  public let name: String
  public let function: Function
  public var kind: String { function.type }

  public var keepsElements: Bool { true }
  public var isActivation: Bool { true }
  public var outputMeaning: OutputMeaning? { function == .sigmoid ? .independentProbabilities : nil }

  public func forward(_ x: Variable) -> Variable {
    switch function {
    case .leakyReLU(let slope): leakyReLU(x, slope: slope)
    case .elu(let alpha): elu(x, alpha: alpha)
    case .gelu(let form): gelu(x, form: form)
    case .softplus(let beta, let threshold): softplus(x, beta: beta, threshold: threshold)
    case .silu: silu(x)
    case .mish: mish(x)
    case .hardswish: hardswish(x)
    case .relu6: relu6(x)
    case .sigmoid: sigmoid(x)
    case .tanh: tanh(x)
    }
  }
}
