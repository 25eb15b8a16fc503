// Taking pictures of a run between two batches.

import Autograd
import Foundation
import Layers
import Tensors

extension TrainingLoop {
  /// Copies what a request asks for; out-of-range parts of it are clamped.
  func snapshot(_ request: PictureRequest, curves: Curves) -> Snapshot {
    let layers = classifier.model.layers
    let layer = min(max(0, request.layer), layers.count - 1)
    let probe = min(max(0, request.probe), sampler.validationIndices.count - 1)
    inspect(probe: probe)
    return Snapshot(
      request: request, step: step, filters: filterPictures(layer, request.filters),
      maps: mapPictures(layer, request.maps), probe: probePicture(probe), curves: curves)
  }

  private func filterPictures(_ index: Int, _ wanted: Range<Int>) -> FilterPictures? {
    guard let weight = weight(of: classifier.model.layers[index]) else { return nil }
    let input = index > 0 ? classifier.model.outputShapes[index - 1] : classifier.model.input
    let geometry = FilterGeometry(weight.shape, flattenedFrom: index > 0 ? imageBefore(index) : input)
    let total = weight.shape[0]
    let filters = wanted.clamped(to: 0..<total)
    let values = UnsafeBufferPointer(start: weight.values, count: weight.count)
    let tiles = filters.flatMap { filter in
      (0..<geometry.tiles).map { tile in
        let first = filter * geometry.filterCount + tile * geometry.tileCount
        return makeTile(
          geometry.height, geometry.width, UnsafeBufferPointer(rebasing: values[first..<first + geometry.tileCount]))
      }
    }
    let ranges = classifier.model.layers.map { layer in
      self.weight(of: layer).map { ValueRange(UnsafeBufferPointer(start: $0.values, count: $0.count)) }
    }
    guard let layerRange = ranges[index] else { return nil }
    return FilterPictures(
      filters: filters, total: total, tilesPerFilter: geometry.tiles, tiles: tiles, layerRange: layerRange,
      networkRange: ranges.compactMap { $0 }.reduce(layerRange) { $0.union($1) })
  }

  private func weight(of layer: any Layer) -> Parameter? {
    switch layer {
    case let layer as Conv2d: layer.weight
    case let layer as Linear: layer.weight
    default: nil
    }
  }

  /// The image shape that a flat input was made from, if the layers just before only flattened, dropped or activated it.
  private func imageBefore(_ index: Int) -> Shape {
    let flat = classifier.model.outputShapes[index - 1]
    for earlier in stride(from: index - 2, through: 0, by: -1) {
      let shape = classifier.model.outputShapes[earlier]
      if shape.count != flat.count { break }
      if shape.rank == 3 { return shape }
    }
    return flat
  }

  private func mapPictures(_ index: Int, _ wanted: Range<Int>) -> MapPictures? {
    let output = classifier.inspectionOutputs[index]
    let tensor = classifier.inspection.tensor(of: output, image: 0)
    let isImage = output.shape.rank == 3
    let total = isImage ? output.shape[0] : 1
    let maps = wanted.clamped(to: 0..<total)
    let plane = tensor.shape.count / total
    let (height, width) = isImage ? (output.shape[1], output.shape[2]) : nearSquare(plane)
    let tiles = tensor.values.withUnsafeBufferPointer { values in
      maps.map { makeTile(height, width, UnsafeBufferPointer(rebasing: values[$0 * plane..<($0 + 1) * plane])) }
    }
    let layerRange = ValueRange(tensor.values)
    let networkRange = classifier.inspectionOutputs.reduce(layerRange) {
      $0.union(ValueRange(classifier.inspection.tensor(of: $1, image: 0).values))
    }
    return MapPictures(maps: maps, total: total, tiles: tiles, layerRange: layerRange, networkRange: networkRange)
  }

  private func probePicture(_ probe: Int) -> ProbePicture {
    let index = Int(sampler.validationIndices[probe])
    let shape = sampler.validationSource.shape
    let plane = shape[1] * shape[2]
    let bytes = sampler.validationSource.image(index)
    let gray = (0..<plane).map { pixel in
      (0..<shape[0]).reduce(Float(0)) { $0 + Float(bytes[$1 * plane + pixel]) } / (255 * Float(shape[0]))
    }
    let logits = classifier.inspectionOutputs.last.map { classifier.inspection.tensor(of: $0, image: 0).values } ?? []
    return ProbePicture(
      index: probe, image: Tile(height: shape[1], width: shape[2], values: gray),
      label: Int(sampler.validationSource.labels[index]), probabilities: softmax(logits))
  }
}

/// How a layer's weights fall into filters and tiles.
private struct FilterGeometry {
  let tiles: Int
  let height: Int
  let width: Int
  let tileCount: Int
  var filterCount: Int { tiles * tileCount }

  /// - Parameter image: the shape that a linear layer's input was flattened from.
  init(_ weight: Shape, flattenedFrom image: Shape) {
    if weight.rank == 4 {
      (tiles, height, width) = (weight[1], weight[2], weight[3])
      tileCount = height * width
    } else if image.rank == 3 && image.count == weight[1] {
      (tiles, height, width) = (image[0], image[1], image[2])
      tileCount = height * width
    } else {
      tiles = 1
      tileCount = weight[1]
      (height, width) = nearSquare(weight[1])
    }
  }
}

/// Rows and columns for a vector that has no shape of its own: as square as may be, wider rather than higher.
private func nearSquare(_ count: Int) -> (height: Int, width: Int) {
  var width = 1
  while width * width < count { width += 1 }
  // Prefer an exact rectangle that is at most twice as wide as high.
  if let exact = (width...max(width, Int(1.5 * Double(width)))).first(where: { count % $0 == 0 }) { width = exact }
  return ((count + width - 1) / width, width)
}

private func makeTile(_ height: Int, _ width: Int, _ values: UnsafeBufferPointer<Float>) -> Tile {
  let missing = height * width - values.count
  return Tile(
    height: height, width: width, values: Array(values) + [Float](repeating: .nan, count: missing), count: values.count)
}

/// The probabilities of logits; the largest is subtracted first, so nothing overflows.
private func softmax(_ logits: [Float]) -> [Float] {
  let largest = logits.max() ?? 0
  let powers = logits.map { exp($0 - largest) }
  let total = powers.reduce(0, +)
  return powers.map { $0 / total }
}
