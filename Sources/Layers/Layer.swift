// What every layer is: a named piece of a model that records itself on a tape.

import Autograd
import Fields
import Tensors

/// A built layer: its parameters exist, and it can record itself on any number of tapes.
public protocol Layer: Sendable {
  /// The layer's name in its model, such as `conv1`.
  var name: String { get }
  /// The field's name for its kind, as in configurations, such as `conv2d`.
  var kind: String { get }
  /// Trained parameters, then running statistics.
  var parameters: [Parameter] { get }
  /// Records the layer.
  ///
  /// - Throws: `ShapeError` when the input does not fit.
  func forward(_ x: Variable) throws -> Variable
  /// The same, with a look at each layer on the way: one that holds others shows those, and then itself.
  func forward(_ x: Variable, visit: LayerVisit) throws -> Variable
  /// The parameters of the layer itself, without those of layers inside it.
  var ownParameters: [Parameter] { get }
  /// The weights that are worth a picture, (outputs, inputs, …); nil when there are none.
  var picturedWeight: Parameter? { get }
  /// Numbers of which it has one a channel, by name: those of a normalisation.
  var channelNumbers: [(name: String, numbers: Parameter)] { get }
  /// Whether each of its output channels follows from the input channel of the same number alone.
  var keepsChannelsApart: Bool { get }
  /// Whether it is one function of each element.
  var isActivation: Bool { get }
  /// What its outputs are, if it makes something of them that a net may end with; nil for mere numbers.
  var outputMeaning: OutputMeaning? { get }
  /// Whether each number of the output stands for the number in its place of the input: an image behind such a layer is
  /// still an image after it.
  var keepsElements: Bool { get }
}

/// What a layer makes of a net's outputs, class by class.
public enum OutputMeaning: Sendable {
  /// They are positive and sum to one.
  case probabilities
  /// The logarithms of such.
  case logProbabilities
  /// Each is a probability by itself.
  case independentProbabilities
}

/// What is seen of a layer while it is recorded.
public typealias LayerVisit = (_ layer: any Layer, _ input: Variable, _ output: Variable) throws -> Void

extension Layer {
  public var parameters: [Parameter] { [] }
  public var ownParameters: [Parameter] { parameters }
  public var picturedWeight: Parameter? { nil }
  public var channelNumbers: [(name: String, numbers: Parameter)] { [] }
  public var isActivation: Bool { false }
  public var keepsChannelsApart: Bool { isActivation }
  public var outputMeaning: OutputMeaning? { nil }
  public var keepsElements: Bool { false }

  public func forward(_ x: Variable, visit: LayerVisit) throws -> Variable {
    let y = try forward(x)
    try visit(self, x, y)
    return y
  }
}

/// A layer's options, without the shapes that follow from its place in a model.
public protocol LayerConfiguration: Sendable {
  /// As in configuration files, such as `max_pool2d`.
  var type: String { get }
  /// The user's name for the layer; nil to have one made from the type.
  var name: String? { get set }
  /// How many layers it is: itself, and those inside it.
  var layerCount: Int { get }
  /// Goes over the options, which hold their defaults before.
  mutating func visitFields(_ fields: any FieldVisitor) throws
  /// Builds the layer for inputs of a shape.
  ///
  /// - Throws: `ShapeError` when it cannot work on that shape.
  func build(_ site: BuildSite) throws -> any Layer
}

extension LayerConfiguration {
  public var layerCount: Int { 1 }
  public mutating func visitFields(_ fields: any FieldVisitor) throws {}
}

/// Where a layer is built: what goes in, what it is called, and where its random numbers come from.
public struct BuildSite: Sendable {
  /// The per-image shape of the input.
  public let input: Shape
  public let name: String
  public let seed: UInt64
  /// How many layers come before it in the model, those inside of blocks included: its random numbers' stream.
  public let index: Int

  public init(input: Shape, name: String, seed: UInt64, index: Int) {
    self.input = input
    self.name = name
    self.seed = seed
    self.index = index
  }

  /// Random numbers for one parameter of the layer.
  public func stream(_ parameter: Int) -> RandomStream {
    RandomStream(seed: seed, purpose: .initialization, stream: index << 8 | parameter)
  }
}
