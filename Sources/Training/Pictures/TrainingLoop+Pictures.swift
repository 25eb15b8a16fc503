// Taking pictures of a run between two units of work.

import Autograd
import Layers
import Telemetry
import Tensors

extension TrainingLoop {
  /// Copies what a request asks for; out-of-range parts of it are clamped.
  ///
  /// - Parameter units: units of work done.
  public func snapshot(_ request: PictureRequest, units: Int = 0) -> Snapshot {
    let layer = min(max(0, request.layer), classifier.inspected.count - 1)
    let probe = min(max(0, request.probe), sampler.validationIndices.count - 1)
    inspect(probe: probe)
    return Snapshot(
      request: request, step: step, units: units,
      filters: filterPictures(layer, request.filters, ofNetwork: request.wantsNetworkRange),
      maps: mapPictures(layer, request.maps, ofNetwork: request.wantsNetworkRange), probe: probePicture(probe),
      curves: series.curves(of: request.quantities, limit: request.curvePoints))
  }

  private func filterPictures(_ index: Int, _ wanted: Range<Int>, ofNetwork: Bool) -> FilterPictures? {
    let inspected = classifier.inspected[index]
    guard let weight = inspected.layer.picturedWeight, let geometry = inspected.filters else { return nil }
    let filters = wanted.clamped(to: 0..<geometry.count)
    let values = weight.numbers
    let tiles = filters.flatMap { filter in
      (0..<geometry.tiles).map { tile in
        let first = (filter * geometry.tiles + tile) * geometry.numbersPerTile
        return Tile(geometry, UnsafeBufferPointer(rebasing: values[first..<first + geometry.numbersPerTile]))
      }
    }
    let layerRange = ValueRange(values)
    let weights = ofNetwork ? classifier.inspected.compactMap(\.layer.picturedWeight) : []
    return FilterPictures(
      filters: filters, tilesPerFilter: geometry.tiles, tiles: tiles, layerRange: layerRange,
      networkRange: ofNetwork ? weights.reduce(layerRange) { $0.union(ValueRange($1.numbers)) } : nil)
  }

  private func mapPictures(_ index: Int, _ wanted: Range<Int>, ofNetwork: Bool) -> MapPictures? {
    let output = classifier.inspected[index].output
    let tensor = classifier.inspection.tensor(of: output, image: 0)
    let geometry = TileGeometry(mapsOf: output.shape)
    let plane = geometry.numbersPerTile
    let maps = wanted.clamped(to: 0..<geometry.count)
    let tiles = tensor.values.withUnsafeBufferPointer { values in
      maps.map { Tile(geometry, UnsafeBufferPointer(rebasing: values[$0 * plane..<($0 + 1) * plane])) }
    }
    let layerRange = ValueRange(tensor.values)
    let networkRange =
      ofNetwork
      ? classifier.inspected.reduce(layerRange) {
        $0.union(ValueRange(classifier.inspection.tensor(of: $1.output, image: 0).values))
      } : nil
    return MapPictures(
      maps: maps, tiles: tiles, layerRange: layerRange, networkRange: networkRange)
  }

  private func probePicture(_ probe: Int) -> ProbePicture {
    let index = Int(sampler.validationIndices[probe])
    let source = sampler.validationSource
    let (height, width) = (source.shape[1], source.shape[2])
    let bytes = source.image(index)
    let channels = (0..<source.shape[0]).map { channel in
      Tile(
        height: height, width: width,
        values: (0..<height * width).map { Float(bytes[channel * height * width + $0]) / 255 })
    }
    let prediction = classifier.prediction.map {
      Prediction($0.meaning, classifier.inspection.tensor(of: $0.values, image: 0).values)
    }
    return ProbePicture(index: probe, channels: channels, label: Int(source.labels[index]), prediction: prediction)
  }
}

extension Parameter {
  fileprivate var numbers: UnsafeBufferPointer<Float> { UnsafeBufferPointer(start: values, count: count) }
}

extension Tile {
  fileprivate init(_ geometry: TileGeometry, _ values: UnsafeBufferPointer<Float>) {
    let missing = geometry.height * geometry.width - values.count
    self.init(
      height: geometry.height, width: geometry.width, values: Array(values) + [Float](repeating: .nan, count: missing),
      count: values.count)
  }
}
