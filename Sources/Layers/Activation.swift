// Layers that apply one function to each element, or to each vector.

import Autograd
import Tensors

/// An activation without parameters; see the operation of the same name for its formula.
public struct Activation: Layer {
  /// Which function, with its options.
  public enum Function: Hashable, Sendable {
    case leakyReLU(slope: Float)
    case elu(alpha: Float)
    case gelu(GELUForm)
    case silu, sigmoid, tanh
    /// Along the first axis of an image: classes, or channels.
    case softmax, logSoftmax

    /// As in configurations.
    public var type: String {
      switch self {
      case .leakyReLU: "leaky_relu"
      case .elu: "elu"
      case .gelu: "gelu"
      case .silu: "silu"
      case .sigmoid: "sigmoid"
      case .tanh: "tanh"
      case .softmax: "softmax"
      case .logSoftmax: "log_softmax"
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

    public func build(_ site: BuildSite) -> any Layer { Activation(name: site.name, function: function) }
  }

  public let name: String
  public let function: Function
  public var kind: String { function.type }

  public func forward(_ x: Variable) throws -> Variable {
    switch function {
    case .leakyReLU(let slope): leakyReLU(x, slope: slope)
    case .elu(let alpha): elu(x, alpha: alpha)
    case .gelu(let form): gelu(x, form: form)
    case .silu: silu(x)
    case .sigmoid: sigmoid(x)
    case .tanh: tanh(x)
    case .softmax: try softmax(x)
    case .logSoftmax: try logSoftmax(x)
    }
  }
}
