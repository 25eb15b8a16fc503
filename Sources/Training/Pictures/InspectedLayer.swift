// The layers of a model as they are looked at: each with what leaves it, and with how its pictures are cut.

import Autograd
import Layers
import Telemetry
import Tensors

/// One layer on the tape that is looked at.
struct InspectedLayer {
  let layer: any Layer
  let output: Variable
  /// How its weights are cut into pictures; nil when it has none to show.
  let filters: TileGeometry?
  let input: Variable

  private var summary: LayerSummary {
    var summary = LayerSummary(
      name: layer.name, kind: layer.kind, outputShape: output.shape,
      parameters: layer.ownParameters.filter(\.isTrainable).reduce(0) { $0 + $1.count }, filters: filters,
      maps: TileGeometry(mapsOf: output.shape))
    summary.channelNumbers = layer.channelNumbers.map(\.name)
    return summary
  }

  /// The list of layers as a screen sees it.
  static func summaries(_ list: [InspectedLayer]) -> [LayerSummary] {
    list.indices.map { index in
      var summary = list[index].summary
      summary.source = list.indices.prefix(index).last { list[$0].output.id == list[index].input.id }
      summary.activation = list.indices.first {
        list[$0].layer.isActivation && list[$0].input.id == list[index].output.id
      }
      return summary
    }
  }

  /// Records a model and lists its layers, those inside of blocks before the block.
  static func record(_ model: Sequential, _ x: Variable) throws -> [InspectedLayer] {
    var list: [InspectedLayer] = []
    // The image that the latest vector was made from, while only layers that keep every element lie between.
    var image = x.shape.rank == 3 ? x.shape : nil
    _ = try model.forward(x) { layer, input, output in
      if input.shape.rank == 3 { image = input.shape }
      list.append(
        InspectedLayer(
          layer: layer, output: output,
          filters: layer.picturedWeight.map { TileGeometry(weight: $0.shape, image: image) }, input: input))
      if output.shape.rank == 3 { image = output.shape } else if !layer.keepsElements { image = nil }
    }
    return list
  }
}

extension TileGeometry {
  /// Feature maps: one a channel; a vector is one map, as square as may be.
  init(mapsOf shape: Shape) {
    if shape.rank == 3 {
      self.init(count: shape[0], tiles: 1, height: shape[1], width: shape[2])
    } else {
      let (height, width) = nearSquare(shape.count)
      self.init(count: 1, tiles: 1, height: height, width: width, numbersPerTile: shape.count)
    }
  }

  /// Weights: a kernel a channel; those over a vector follow the image that it was made from.
  init(weight: Shape, image: Shape?) {
    if weight.rank == 4, weight[2] * weight[3] == 1, weight[1] > 3 {
      // One number a channel: side by side they are a picture, apart they are dots.
      let (height, width) = nearSquare(weight[1])
      self.init(count: weight[0], tiles: 1, height: height, width: width, numbersPerTile: weight[1])
    } else if weight.rank == 4 {
      self.init(count: weight[0], tiles: weight[1], height: weight[2], width: weight[3])
    } else if let image, image.count == weight[1] {
      self.init(count: weight[0], tiles: image[0], height: image[1], width: image[2])
    } else {
      let (height, width) = nearSquare(weight[1])
      self.init(count: weight[0], tiles: 1, height: height, width: width, numbersPerTile: weight[1])
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
