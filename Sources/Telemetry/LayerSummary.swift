// What a screen knows of the layers before it has seen a number: names, shapes, and how their pictures are cut.

import Tensors

/// How a layer's numbers fall into pictures: `count` strips of `tiles` tiles.
public struct TileGeometry: Hashable, Sendable, Codable {
  /// Filters, or feature maps.
  public let count: Int
  /// Tiles of each: a filter has one for each channel that it reads, a feature map is one.
  public let tiles: Int
  public let height: Int
  public let width: Int
  /// Numbers in a tile; less than height · width when a vector does not fill its rectangle.
  public let numbersPerTile: Int

  public init(count: Int, tiles: Int, height: Int, width: Int, numbersPerTile: Int? = nil) {
    self.count = count
    self.tiles = tiles
    self.height = height
    self.width = width
    self.numbersPerTile = numbersPerTile ?? height * width
  }
}

/// One line of a list of layers.
public struct LayerSummary: Hashable, Sendable, Codable {
  /// Inside of a block with the block's name before it: `residual1.conv2`.
  public let name: String
  public let kind: String
  public let outputShape: Shape
  /// Trained numbers, those of layers inside it left out.
  public let parameters: Int
  /// Nil for a layer without weights to show.
  public let filters: TileGeometry?
  public let maps: TileGeometry
  /// The numbers of which it has one a channel, by name.
  public var channelNumbers: [String] = []
  /// The activation that follows it, if one does: its index in the list.
  public var activation: Int?
  /// The layer whose output it reads; nil for the image, or where it reads several.
  public var source: Int?

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
}
