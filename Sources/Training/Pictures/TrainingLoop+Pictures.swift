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
      request: request, step: step,
      filters: filterPictures(layer, request.filters, ofNetwork: request.wantsNetworkRange),
      maps: mapPictures(layer, request.maps, ofNetwork: request.wantsNetworkRange), probe: probePicture(probe),
      curves: curves)
  }

  private func filterPictures(_ index: Int, _ wanted: Range<Int>, ofNetwork: Bool) -> FilterPictures? {
    guard let weight = classifier.model.layers[index].picturedWeight,
      let geometry = classifier.model.filterGeometry(index)
    else { return nil }
    let filters = wanted.clamped(to: 0..<geometry.count)
    let values = UnsafeBufferPointer(start: weight.values, count: weight.count)
    let tiles = filters.flatMap { filter in
      (0..<geometry.tiles).map { tile in
        let first = (filter * geometry.tiles + tile) * geometry.tileCount
        return makeTile(geometry, UnsafeBufferPointer(rebasing: values[first..<first + geometry.tileCount]))
      }
    }
    let layerRange = ValueRange(values)
    let weights = ofNetwork ? classifier.model.layers.compactMap(\.picturedWeight) : []
    return FilterPictures(
      filters: filters, total: geometry.count, tilesPerFilter: geometry.tiles, tiles: tiles, layerRange: layerRange,
      networkRange: ofNetwork
        ? weights.reduce(layerRange) { $0.union(ValueRange(UnsafeBufferPointer(start: $1.values, count: $1.count))) }
        : nil)
  }

  private func mapPictures(_ index: Int, _ wanted: Range<Int>, ofNetwork: Bool) -> MapPictures? {
    let output = classifier.inspectionOutputs[index]
    let tensor = classifier.inspection.tensor(of: output, image: 0)
    let geometry = TileGeometry(mapsOf: output.shape)
    let plane = geometry.tileCount
    let maps = wanted.clamped(to: 0..<geometry.count)
    let tiles = tensor.values.withUnsafeBufferPointer { values in
      maps.map { makeTile(geometry, UnsafeBufferPointer(rebasing: values[$0 * plane..<($0 + 1) * plane])) }
    }
    let layerRange = ValueRange(tensor.values)
    let networkRange =
      ofNetwork
      ? classifier.inspectionOutputs.reduce(layerRange) {
        $0.union(ValueRange(classifier.inspection.tensor(of: $1, image: 0).values))
      } : nil
    return MapPictures(
      maps: maps, total: geometry.count, tiles: tiles, layerRange: layerRange, networkRange: networkRange)
  }

  private func probePicture(_ probe: Int) -> ProbePicture {
    let index = Int(sampler.validationIndices[probe])
    let shape = sampler.validationSource.shape
    let plane = shape[1] * shape[2]
    let bytes = sampler.validationSource.image(index)
    let gray = (0..<plane).map { pixel in
      (0..<shape[0]).reduce(Float(0)) { $0 + Float(bytes[$1 * plane + pixel]) } / (255 * Float(shape[0]))
    }
    let outputs =
      configuration.training.trainsNothing
      ? nil : classifier.inspectionOutputs.last.map { classifier.inspection.tensor(of: $0, image: 0).values }
    return ProbePicture(
      index: probe, image: Tile(height: shape[1], width: shape[2], values: gray),
      label: Int(sampler.validationSource.labels[index]), prediction: outputs.map(prediction))
  }

  /// What outputs mean: what the last layer has made of them already, or else what the loss takes them for.
  private func prediction(_ outputs: [Float]) -> Prediction {
    switch (classifier.model.layers.last?.kind, configuration.training.loss) {
    case ("softmax", _): Prediction(.probabilities, outputs)
    case ("log_softmax", _), (_, .negativeLogLikelihood): Prediction(.probabilities, outputs.map { exp($0) })
    case ("sigmoid", _): Prediction(.independentProbabilities, outputs)
    case (_, .crossEntropy): Prediction(.probabilities, softmax(outputs))
    case (_, .binaryCrossEntropy): Prediction(.independentProbabilities, outputs.map { 1 / (1 + exp(-$0)) })
    case (_, .meanSquaredError), (_, .huber), (_, .absolute), (_, .smoothAbsolute): Prediction(.scores, outputs)
    }
  }
}

private func makeTile(_ geometry: TileGeometry, _ values: UnsafeBufferPointer<Float>) -> Tile {
  let missing = geometry.height * geometry.width - values.count
  return Tile(
    height: geometry.height, width: geometry.width, values: Array(values) + [Float](repeating: .nan, count: missing),
    count: values.count)
}

/// The probabilities of logits; the largest is subtracted first, so nothing overflows.
private func softmax(_ logits: [Float]) -> [Float] {
  let largest = logits.max() ?? 0
  let powers = logits.map { exp($0 - largest) }
  let total = powers.reduce(0, +)
  return powers.map { $0 / total }
}
