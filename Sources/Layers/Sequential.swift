// Layers one after the other.

import Autograd
import Tensors

/// A model: layers in a row, with the shape that leaves each.
public struct Sequential: Sendable {
  public let input: Shape
  public let layers: [any Layer]
  /// What leaves each layer, per image.
  public let outputShapes: [Shape]

  /// A layer that cannot be built, and its place in the list; inside a block, the block's place comes first.
  public struct BuildError: Error {
    public let path: [Int]
    public let error: ShapeError
  }

  /// Builds layers for images of a shape; the same seed gives the same first weights.
  ///
  /// - Parameters:
  ///   - prefix: stands before every layer's name, inside a block.
  ///   - stream: where the layers' random numbers begin; different for every block of a model.
  /// - Throws: `BuildError` naming the first layer that does not fit.
  public init(
    _ configurations: [any LayerConfiguration], input: Shape, seed: UInt64, prefix: String = "", stream: Int = 0
  ) throws {
    var layers: [any Layer] = []
    var shapes: [Shape] = []
    var shape = input
    var counts: [String: Int] = [:]
    for (index, configuration) in configurations.enumerated() {
      let type = configuration.type
      counts[type, default: 0] += 1
      let name = prefix + (configuration.name ?? Sequential.defaultName(type, counts[type] ?? 1))
      do {
        let layer = try configuration.build(BuildSite(input: shape, name: name, seed: seed, index: stream + index))
        shape = try layer.forward(Tape().input(shape)).shape
        layers.append(layer)
        shapes.append(shape)
      } catch let error as ShapeError {
        throw BuildError(path: [index], error: error)
      } catch let inner as BuildError {
        throw BuildError(path: [index] + inner.path, error: inner.error)
      }
    }
    self.input = input
    self.layers = layers
    self.outputShapes = shapes
  }

  /// `conv2d` → `conv1`, `max_pool2d` → `max_pool1`: the type without its `2d`, numbered from one.
  static func defaultName(_ type: String, _ number: Int) -> String {
    (type.hasSuffix("2d") ? String(type.dropLast(2)) : type) + String(number)
  }

  public var parameters: [Parameter] { layers.flatMap(\.parameters) }
  public var output: Shape { outputShapes.last ?? input }

  /// Records all layers and returns what leaves each.
  ///
  /// - Throws: `ShapeError` when x does not have the model's input shape.
  public func forward(_ x: Variable) throws -> [Variable] {
    var outputs: [Variable] = []
    for layer in layers { outputs.append(try layer.forward(outputs.last ?? x)) }
    return outputs
  }
  /// Records all layers and returns what leaves the last, in an order that costs less: a ReLU after the max pooling
  /// that follows it has fewer numbers to look at. Both let the largest through if it is positive, so no number and no
  /// gradient of a parameter changes.
  ///
  /// - Throws: `ShapeError` when x does not have the model's input shape.
  public func output(of x: Variable) throws -> Variable {
    var value = x
    var index = 0
    while index < layers.count {
      if index + 1 < layers.count, layers[index] is ReLU, layers[index + 1] is MaxPool2d {
        value = try layers[index].forward(layers[index + 1].forward(value))
        index += 2
      } else {
        value = try layers[index].forward(value)
        index += 1
      }
    }
    return value
  }
}
