// Taking pictures of a run between two units of work.

import Autograd
import Datasets
import Layers
import Telemetry
import Tensors

extension TrainingLoop {
  /// Copies what a request asks for; out-of-range parts of it are clamped.
  ///
  /// - Parameter units: units of work done.
  public func snapshot(_ request: PictureRequest, units: Int = 0) -> Snapshot {
    let layer = min(max(0, request.layer), classifier.inspected.count - 1)
    let probes = self.probes(of: request)
    // What does not go through the net is of the net as it is, whatever filter is switched off.
    let worth = request.switchedOff.flatMap { measureWorth(of: $0, in: layer) }
    let found = request.search.flatMap { find($0, units: units) }
    let images = request.images.map(imagePictures)
    let filters = request.filters.flatMap { filterPictures(layer, $0, ofNetwork: request.wantsNetworkRange) }
    var snapshot = withFilterOff(request.switchedOff, in: layer) {
      if request.looksInside { inspect(probes) }
      let pictures = probes.indices.map { probePicture(probes, $0, isInside: request.looksInside) }
      var snapshot = Snapshot(request: request, step: step, units: units, probe: pictures[0])
      snapshot.otherProbes = Array(pictures.dropFirst())
      snapshot.maps = request.maps.map {
        mapPictures($0, others: probes.indices.count - 1, ofNetwork: request.wantsNetworkRange)
      }
      snapshot.network = request.network.map { networkPictures($0, layer) }
      snapshot.arithmetic = request.output.flatMap { arithmetic(of: $0, in: layer) }
      return snapshot
    }
    // The last to read what the probes left in the net.
    snapshot.detail = request.detail.flatMap { filterDetail($0, layer) }
    (snapshot.worth, snapshot.found, snapshot.images, snapshot.filters) = (worth, found, images, filters)
    snapshot.channels = classifier.inspected[layer].layer.channelNumbers.map {
      ChannelNumbers($0.name, $0.numbers.copy)
    }
    snapshot.curves = series.curves(for: request)
    return snapshot
  }

  /// Images that are looked at, by their indices in one of the data set's parts.
  struct Probes {
    let source: LabeledImages
    let images: [Int32]
    /// What they are called: their places among the validation images, or the indices of training images.
    let names: [Int]
    let areTraining: Bool

    var indices: Range<Int> { images.indices }
  }

  private func probes(of request: PictureRequest) -> Probes {
    if let image = request.trainingProbe, sampler.trainSource.count > 0 {
      let index = min(max(0, image), sampler.trainSource.count - 1)
      return Probes(source: sampler.trainSource, images: [Int32(index)], names: [index], areTraining: true)
    }
    return validationProbes(([request.probe] + request.otherProbes.prefix(3)))
  }

  /// - Parameter places: among the validation images; those that there are not are clamped.
  func validationProbes(_ places: [Int]) -> Probes {
    let names = places.map { min(max(0, $0), sampler.validationIndices.count - 1) }
    return Probes(
      source: sampler.validationSource, images: names.map { sampler.validationIndices[$0] }, names: names,
      areTraining: false)
  }

  /// Runs some images through the net; `classifier.inspection` then holds what left each layer.
  func inspect(_ probes: Probes) {
    withBatch(probes.source, probes.images, 0, probes.images.count) { _ = classifier.inspection.run($0) }
  }

  private func filterPictures(_ index: Int, _ request: FilterRequest, ofNetwork: Bool) -> FilterPictures? {
    let inspected = classifier.inspected[index]
    guard let geometry = inspected.filters, let values = numbers(request.quantity, of: inspected.layer) else {
      return nil
    }
    var shown = request
    let order = filterOrder(&shown.order, geometry, values)
    let filters = Array(order[request.places.clamped(to: 0..<order.count)])
    let layerRange = ValueRange(values)
    let others = ofNetwork ? classifier.inspected.compactMap { numbers(request.quantity, of: $0.layer) } : []
    var pictures = FilterPictures(
      request: shown, order: order, filters: filters, tilesPerFilter: geometry.tiles,
      tiles: filters.flatMap { geometry.tiles(of: $0, in: values) }, layerRange: layerRange,
      networkRange: ofNetwork ? others.reduce(layerRange) { $0.union(ValueRange($1)) } : nil)
    if request.wantsUpdate, let updates = numbers(.update, of: inspected.layer) {
      pictures.updates = filters.flatMap { geometry.tiles(of: $0, in: updates) }
    }
    return pictures
  }

  /// A quantity of a layer's pictured weight; nil where there is none, or not yet.
  func numbers(_ quantity: WeightQuantity, of layer: any Layer) -> [Float]? {
    guard let weight = layer.picturedWeight else { return nil }
    switch quantity {
    case .weight: return weight.copy
    case .gradient:
      guard weight.isTrainable, step > 0 else { return nil }
      return Array(UnsafeBufferPointer(start: weight.gradient, count: weight.count))
    case .update: return layerMeasures.first { $0.name == layer.name }?.update(weight)
    case .change:
      return initialWeights(of: layer).map { zip(weight.numbers, $0).map { $0 - $1 } }
    }
  }

  /// The filters of a layer in an order, or, where that would take too long, by index.
  private func filterOrder(_ order: inout FilterOrder, _ geometry: TileGeometry, _ values: [Float]) -> [Int] {
    let all = Array(0..<geometry.count)
    let size = geometry.tiles * geometry.numbersPerTile
    func filter(_ index: Int) -> ArraySlice<Float> { values[index * size..<(index + 1) * size] }
    func norm(_ index: Int) -> Float { filter(index).reduce(0) { $0 + $1 * $1 }.squareRoot() }
    switch order {
    case .index: return all
    case .norm:
      let norms = all.map(norm)
      return all.sorted { (norms[$0], $1) > (norms[$1], $0) }
    case .similarity:
      // From the first on, always the most similar of those that are left; only so many are compared.
      guard geometry.count * geometry.count * size <= 1 << 24 else {
        order = .index
        return all
      }
      let norms = all.map(norm)
      var (left, sorted) = (all.dropFirst(), [0])
      while let last = sorted.last, !left.isEmpty {
        func likeness(_ index: Int) -> Float {
          let product = zip(filter(last), filter(index)).reduce(Float(0)) { $0 + $1.0 * $1.1 }
          return product / max(norms[last] * norms[index], .leastNormalMagnitude)
        }
        let likenesses = left.map(likeness)
        let best = likenesses.indices.max { (likenesses[$0], -$0) < (likenesses[$1], -$1) } ?? 0
        sorted.append(left.remove(at: left.startIndex + best))
      }
      return sorted
    }
  }

  private func mapPictures(_ request: MapRequest, others: Int, ofNetwork: Bool) -> MapPictures {
    let index = min(max(0, request.layer), classifier.inspected.count - 1)
    let output = classifier.inspected[index].output
    let geometry = TileGeometry(mapsOf: output.shape)
    let maps = request.maps.clamped(to: 0..<geometry.count)
    let numbers = (0...others).map { classifier.inspection.tensor(of: output, image: $0).values }
    let range = numbers.dropFirst().reduce(ValueRange(numbers[0])) { $0.union(ValueRange($1)) }
    let networkRange =
      ofNetwork
      ? classifier.inspected.reduce(range) {
        $0.union(ValueRange(classifier.inspection.tensor(of: $1.output, image: 0).values))
      } : nil
    let tiles = numbers.map { values in maps.map { geometry.tile(0, of: $0, in: values) } }
    var pictures = MapPictures(
      layer: index, maps: maps, tiles: tiles[0], others: Array(tiles.dropFirst()), layerRange: range,
      networkRange: networkRange)
    if let dropout = classifier.inspected[index].layer as? Dropout, step > 0 {
      let off = dropout.mask(of: output.shape, seed: configuration.seed, step: step - 1)
      pictures.off = maps.map { geometry.tile(0, of: $0, in: off).values.map { $0 == 0 } }
    }
    return pictures
  }

  /// - Parameter isInside: whether the probes went through the net.
  private func probePicture(_ probes: Probes, _ place: Int, isInside: Bool) -> ProbePicture {
    let index = Int(probes.images[place])
    let prediction = isInside ? classifier.prediction : nil
    var picture = ProbePicture(
      index: probes.names[place], channels: probes.source.tiles(of: index) { Float($0) / 255 },
      label: Int(probes.source.labels[index]),
      prediction: prediction.map {
        Prediction($0.meaning, classifier.inspection.tensor(of: $0.values, image: place).values)
      })
    picture.isTraining = probes.areTraining
    return picture
  }
}

extension TileGeometry {
  /// The tiles of a filter or a map among all numbers of its layer.
  func tiles(of index: Int, in values: [Float]) -> [Tile] { (0..<tiles).map { tile($0, of: index, in: values) } }

  /// One of them.
  func tile(_ number: Int, of index: Int, in values: [Float]) -> Tile {
    let first = (index * tiles + number) * numbersPerTile
    let missing = height * width - numbersPerTile
    return Tile(
      height: height, width: width,
      values: Array(values[first..<first + numbersPerTile]) + [Float](repeating: .nan, count: missing),
      count: numbersPerTile)
  }
}
