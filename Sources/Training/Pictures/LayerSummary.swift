// What a screen knows of the layers before it has seen a number: names, shapes, and how their pictures are cut.

import Autograd
import Layers
import Tensors

/// How a layer's numbers fall into pictures: `count` strips of `tiles` tiles.
public struct TileGeometry: Hashable, Sendable {
  /// Filters, or feature maps.
  public let count: Int
  /// Tiles of each: a filter has one for each channel that it reads, a feature map is one.
  public let tiles: Int
  public let height: Int
  public let width: Int
  /// Numbers in a tile; less than height · width when a vector does not fill its rectangle.
  public let tileCount: Int

  public init(count: Int, tiles: Int, height: Int, width: Int, tileCount: Int? = nil) {
    self.count = count
    self.tiles = tiles
    self.height = height
    self.width = width
    self.tileCount = tileCount ?? height * width
  }

  /// Feature maps: one a channel; a vector is one map, as square as may be.
  init(mapsOf shape: Shape) {
    if shape.rank == 3 {
      self.init(count: shape[0], tiles: 1, height: shape[1], width: shape[2])
    } else {
      let (height, width) = nearSquare(shape.count)
      self.init(count: 1, tiles: 1, height: height, width: width, tileCount: shape.count)
    }
  }
}

/// Rows and columns for a vector that has no shape of its own: as square as may be, wider rather than higher.
private func nearSquare(_ count: Int) -> (height: Int, width: Int) {
  var width = 1
  while width * width < count { width += 1 }
  // Prefer an exact rectangle that is not much wider than a square.
  if let exact = (width...max(width, width * 3 / 2)).first(where: { count % $0 == 0 }) { width = exact }
  return ((count + width - 1) / width, width)
}

/// One line of a list of layers.
public struct LayerSummary: Hashable, Sendable {
  public let name: String
  public let kind: String
  public let outputShape: Shape
  /// Trained numbers.
  public let parameters: Int
  /// Nil for a layer without weights to show.
  public let filters: TileGeometry?
  public let maps: TileGeometry

  public init(
    name: String, kind: String, outputShape: Shape, parameters: Int, filters: TileGeometry?, maps: TileGeometry
  ) {
    self.name = name
    self.kind = kind
    self.outputShape = outputShape
    self.parameters = parameters
    self.filters = filters
    self.maps = maps
  }

  static func list(_ model: Sequential) -> [LayerSummary] {
    model.layers.indices.map { index in
      let layer = model.layers[index]
      return LayerSummary(
        name: layer.name, kind: layer.kind, outputShape: model.outputShapes[index],
        parameters: layer.parameters.filter(\.isTrainable).reduce(0) { $0 + $1.count },
        filters: model.filterGeometry(index), maps: TileGeometry(mapsOf: model.outputShapes[index]))
    }
  }
}

extension Layer {
  /// The weights that are worth a picture.
  var picturedWeight: Parameter? {
    switch self {
    case let layer as Conv2d: layer.weight
    case let layer as Linear: layer.weight
    default: nil
    }
  }
}

extension Sequential {
  /// How a layer's weights are cut into pictures: a linear layer's follow the image that its input was flattened from.
  func filterGeometry(_ index: Int) -> TileGeometry? {
    guard let weight = layers[index].picturedWeight?.shape else { return nil }
    if weight.rank == 4 {
      return TileGeometry(count: weight[0], tiles: weight[1], height: weight[2], width: weight[3])
    }
    if let image = imageBehind(index) {
      return TileGeometry(count: weight[0], tiles: image[0], height: image[1], width: image[2])
    }
    let (height, width) = nearSquare(weight[1])
    return TileGeometry(count: weight[0], tiles: 1, height: height, width: width, tileCount: weight[1])
  }

  /// The image that a layer's flat input was made from, if only layers that keep every element lie between.
  private func imageBehind(_ index: Int) -> Shape? {
    var earlier = index - 1
    while earlier >= 0 {
      if outputShapes[earlier].rank == 3 { return outputShapes[earlier] }
      guard layers[earlier] is Flatten || layers[earlier] is Dropout || layers[earlier] is ReLU else { return nil }
      earlier -= 1
    }
    return input.rank == 3 ? input : nil
  }
}
