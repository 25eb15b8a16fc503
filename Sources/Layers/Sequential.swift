// Layers one after the other.

import Autograd
import Tensors

/// A model: layers in a row, with the shape that leaves each.
public struct Sequential: Sendable {
  public let input: Shape
  public let layers: [any Layer]
  /// What leaves each layer, per image.
  public let outputShapes: [Shape]

  /// A layer that cannot be built, its place in the list (inside a block, the block's place comes first), and the option that
  /// is to blame where a single one is.
  public struct BuildError: Error, CustomStringConvertible {
    public let path: [Int]
    public let message: String
    public let option: String?
    public var description: String { "layer \(path.map(String.init).joined(separator: "/")): \(message)" }
  }

  /// Builds layers for images of a shape; the same seed gives the same first weights.
  ///
  /// - Parameters:
  ///   - prefix: stands before every layer's name, inside a block.
  ///   - firstIndex: how many layers of the model come before; their random numbers are others.
  /// - Throws: `BuildError` naming the first layer that does not fit.
  public init(
    _ configurations: [any LayerConfiguration], input: Shape, seed: UInt64, prefix: String = "", firstIndex: Int = 0
  ) throws {
    var layers: [any Layer] = []
    var shapes: [Shape] = []
    var shape = input
    var counts: [String: Int] = [:]
    var (place, numbers) = (firstIndex, 0)
    for (index, configuration) in configurations.enumerated() {
      // `dropout` and `dropout2d` count together, because they are called alike.
      let stem = Sequential.stem(configuration.type)
      counts[stem, default: 0] += 1
      let name = prefix + (configuration.name ?? "\(stem)\(counts[stem] ?? 1)")
      guard !layers.contains(where: { $0.name == name }) else {
        throw BuildError(
          path: [index], message: "two layers are called \"\(name)\"; each needs a name of its own", option: "name")
      }
      do {
        let layer = try configuration.build(BuildSite(input: shape, name: name, seed: seed, index: place))
        place += configuration.layerCount
        shape = try layer.forward(Tape().input(shape)).shape
        try shape.checkSize(configuration.type, [shape])
        numbers += layer.parameters.reduce(0) { $0 + $1.count }
        guard numbers <= Initializer.largestCount else {
          throw ShapeError(
            configuration.type, [shape], rule: "the model would have more than \(Initializer.largestCount) parameters")
        }
        layers.append(layer)
        shapes.append(shape)
      } catch let error as ShapeError {
        throw BuildError(path: [index], message: error.description, option: error.option)
      } catch let inner as BuildError {
        throw BuildError(path: [index] + inner.path, message: inner.message, option: inner.option)
      }
    }
    self.input = input
    self.layers = layers
    self.outputShapes = shapes
  }

  /// What unnamed layers of a type are called, before their number: `conv2d` → `conv`, `max_pool2d` → `max_pool`.
  static func stem(_ type: String) -> String { type.hasSuffix("2d") ? String(type.dropLast(2)) : type }

  public var parameters: [Parameter] { layers.flatMap(\.parameters) }
  public var output: Shape { outputShapes.last ?? input }

  /// Records all layers and returns what leaves the last, with a look at each, those inside of blocks included.
  ///
  /// - Throws: `ShapeError` when x does not have the model's input shape.
  public func forward(_ x: Variable, visit: LayerVisit) throws -> Variable {
    try layers.reduce(x) { try $1.forward($0, visit: visit) }
  }

  /// Records all layers and returns what leaves the last.
  ///
  /// - Throws: `ShapeError` when x does not have the model's input shape.
  public func forward(_ x: Variable) throws -> Variable { try forward(x, visit: { _, _, _ in }) }
}
