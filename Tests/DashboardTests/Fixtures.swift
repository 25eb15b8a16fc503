// A dashboard in the middle of a run, made of numbers that follow from formulas.

import Dashboard
import Foundation
import Telemetry
import Tensors

/// LeNet's layers as a screen knows them.
let lenetLayers: [LayerSummary] = linked([
  summary("conv1", "conv2d", [6, 28, 28], 156, TileGeometry(count: 6, tiles: 1, height: 5, width: 5)),
  summary("relu1", "relu", [6, 28, 28]),
  summary("max_pool1", "max_pool2d", [6, 14, 14]),
  summary("conv2", "conv2d", [16, 10, 10], 2416, TileGeometry(count: 16, tiles: 6, height: 5, width: 5)),
  summary("relu2", "relu", [16, 10, 10]),
  summary("max_pool2", "max_pool2d", [16, 5, 5]),
  summary("flatten1", "flatten", [400]),
  summary("fc1", "linear", [120], 48_120, TileGeometry(count: 120, tiles: 16, height: 5, width: 5)),
  summary("relu3", "relu", [120]),
  summary("fc2", "linear", [84], 10_164, TileGeometry(count: 84, tiles: 1, height: 10, width: 12)),
  summary("relu4", "relu", [84]),
  summary("fc3", "linear", [10], 850, TileGeometry(count: 10, tiles: 1, height: 7, width: 12)),
])

/// A block with batch norms, as in a residual net.
let residualLayers: [LayerSummary] = linked([
  summary("conv1", "conv2d", [16, 28, 28], 432, TileGeometry(count: 16, tiles: 1, height: 3, width: 3)),
  summary("batch_norm1", "batch_norm2d", [16, 28, 28], 32),
  summary("relu1", "relu", [16, 28, 28]),
  summary("block1.conv1", "conv2d", [128, 14, 14], 18_432, TileGeometry(count: 128, tiles: 16, height: 3, width: 3)),
  summary("block1.batch_norm1", "batch_norm2d", [128, 14, 14], 256),
  summary("block1.relu1", "relu", [128, 14, 14]),
  summary("block1.conv2", "conv2d", [128, 14, 14], 16_384, TileGeometry(count: 128, tiles: 128, height: 1, width: 1)),
  summary("block1", "residual", [128, 14, 14]),
  summary("pool", "adaptive_avg_pool2d", [128, 1, 1]),
  summary("flatten1", "flatten", [128]),
  summary("fc", "linear", [10], 1_290_000, TileGeometry(count: 10, tiles: 128, height: 1, width: 1)),
])

/// Each layer reads the one before it.
private func linked(_ layers: [LayerSummary]) -> [LayerSummary] {
  layers.indices.map { index in
    var layer = layers[index]
    layer.source = index > 0 ? index - 1 : nil
    if index + 1 < layers.count, layers[index + 1].kind == "relu" { layer.activation = index + 1 }
    if layer.kind == "batch_norm2d" { layer.channelNumbers = ["scale", "shift", "running mean", "running variance"] }
    return layer
  }
}

private func summary(
  _ name: String, _ kind: String, _ shape: Shape, _ parameters: Int = 0, _ filters: TileGeometry? = nil
) -> LayerSummary {
  let maps =
    shape.rank == 3
    ? TileGeometry(count: shape[0], tiles: 1, height: shape[1], width: shape[2])
    : TileGeometry(count: 1, tiles: 1, height: (shape.count + 11) / 12, width: 12, numbersPerTile: shape.count)
  return LayerSummary(
    name: name, kind: kind, outputShape: shape, parameters: parameters, filters: filters, maps: maps)
}

let clothes = [
  "T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
]

let lenetRun = RunDescription(
  name: "lenet", dataset: "fashion-mnist", classes: clothes, image: [1, 28, 28], probes: 10_000, trainImages: 60_000,
  layers: lenetLayers)

/// A model of a screen, 1,200 steps into a run, with the snapshot that its own request would bring.
func fixture(
  _ capabilities: Capabilities = Capabilities(colors: .indexed256, unicode: true), size: Size,
  phase: RunPhase = .running, layers: [LayerSummary] = lenetLayers, lanes count: Int = 1,
  change: (inout DashboardState) -> Void = { _ in }
) -> DashboardModel {
  var state = DashboardState()
  change(&state)
  var status = RunStatus(phase: phase, epoch: 2, epochs: 10, step: 1200, steps: 9380, learningRate: 0.001)
  (status.imagesPerSecond, status.secondsLeft) = (53_512, 62)
  var run = lenetRun
  run.layers = layers
  var model = DashboardModel(state: state, run: run, status: status, capabilities: capabilities)
  if count > 1 {
    model.lanes = lanes(count, status)
    model.show(lane: 1, run: run, settings: [], status: status)
    model.verdict = "A leads B by 2.00% after epoch 1: more than noise (McNemar's test, p < 0.001)"
  }
  if let request = Dashboard.request(model, size: size) {
    model.snapshot = snapshot(request, layers: layers)
    for index in model.lanes.indices where index != 1 {
      var other = request.forRival(comparesPictures: true)
      other.number = index
      model.lanes[index].snapshot = snapshot(other, layers: layers, seed: 2 * index + 1)
    }
  }
  return model
}

/// Runs side by side, each some steps apart.
func lanes(_ count: Int, _ status: RunStatus) -> [Lane] {
  (0..<count).map { index in
    var status = status
    status.step -= index
    status.lastStep = StepRecord(
      step: status.step, epoch: 2, loss: 0.4 + Double(index) / 10, accuracy: 0.8, learningRate: 0.001, images: 64)
    status.lastEpoch = EpochRecord(
      epoch: 1, step: 938, trainLoss: 0.5, trainAccuracy: 0.8, validationLoss: 0.45,
      validationAccuracy: 0.85 - Double(index) / 50)
    return Lane(
      letter: Lane.letters[index], title: ["lenet", "learning_rate 0.0005", "batch_size 32", "frozen conv1"][index],
      status: status)
  }
}

/// The picture for a request: waves, so that every pixel differs from its neighbours.
///
/// - Parameter seed: tells one run's from another's.
func snapshot(
  _ request: PictureRequest, layers: [LayerSummary] = lenetLayers, poison: Bool = false, seed: Int = 0
) -> Snapshot {
  let layer = layers[request.layer]
  func tile(_ geometry: TileGeometry, _ number: Int, signed: Bool) -> Tile {
    let values = (0..<geometry.height * geometry.width).map { i -> Float in
      let wave = sin(Float(i % geometry.width) * 0.7 + Float(number + seed)) * cos(Float(i / geometry.width) * 0.5)
      if poison && i == 3 { return .nan }
      return signed ? wave : max(0, wave)
    }
    return Tile(height: geometry.height, width: geometry.width, values: values, count: geometry.numbersPerTile)
  }
  func filter(_ geometry: TileGeometry, _ filter: Int) -> [Tile] {
    (0..<geometry.tiles).map { tile(geometry, filter * geometry.tiles + $0, signed: true) }
  }
  let image = TileGeometry(count: 1, tiles: 1, height: 28, width: 28)
  let prediction = Prediction(.probabilities, [0, 0, 0.01, 0, 0, 0.1, 0, 0.24, 0, 0.65])
  func probe(_ index: Int) -> ProbePicture {
    ProbePicture(index: index, channels: [tile(image, index, signed: false)], label: 9, prediction: prediction)
  }
  var snapshot = Snapshot(request: request, step: 1200, units: 1200, probe: probe(request.probe))
  snapshot.otherProbes = request.otherProbes.map(probe)
  if let wanted = request.filters, let geometry = layer.filters {
    let order = (0..<geometry.count).map { wanted.order == .index ? $0 : geometry.count - 1 - $0 }
    let filters = Array(order[wanted.places.clamped(to: 0..<geometry.count)])
    snapshot.filters = FilterPictures(
      request: wanted, order: order, filters: filters, tilesPerFilter: geometry.tiles,
      tiles: filters.flatMap { filter(geometry, $0) },
      layerRange: ValueRange(minimum: -0.8, maximum: 1, nonFinite: poison ? 3 : 0, typical: 0.7),
      networkRange: ValueRange(minimum: -2, maximum: 1))
  }
  snapshot.channels = layer.channelNumbers.enumerated().map { index, name in
    ChannelNumbers(name, (0..<layer.maps.count).map { sin(Float($0 + index)) })
  }
  if let wanted = request.maps {
    let source = layers[wanted.layer]
    let isSigned = source.kind != "relu"
    snapshot.maps = MapPictures(
      layer: wanted.layer, maps: wanted.maps.clamped(to: 0..<source.maps.count),
      tiles: wanted.maps.clamped(to: 0..<source.maps.count).map { tile(source.maps, $0, signed: isSigned) },
      others: request.otherProbes.map { other in
        wanted.maps.clamped(to: 0..<source.maps.count).map { tile(source.maps, $0 + other, signed: isSigned) }
      },
      layerRange: ValueRange(minimum: isSigned ? -1 : 0, maximum: 1), networkRange: ValueRange(minimum: -3, maximum: 3))
  }
  if let detail = request.detail, let geometry = layer.filters {
    snapshot.detail = FilterDetail(
      filter: detail, weight: filter(geometry, detail), gradient: filter(geometry, detail + 1),
      figures: NumberFigures([Float](repeating: 0.25, count: 16)),
      gradientFigures: NumberFigures([Float](repeating: 1, count: 4)),
      bias: -0.125, history: [0, 1, 2].map { FilterDetail.Past(epoch: $0, tile: filter(geometry, $0)[0]) },
      map: tile(layer.maps, detail, signed: true), layerRange: ValueRange(minimum: -0.8, maximum: 1))
  }
  if let place = request.output, let geometry = layer.filters {
    snapshot.arithmetic = OutputArithmetic(
      place: place, map: tile(layer.maps, place.map, signed: true), bias: 0.1,
      channels: filter(geometry, place.map).enumerated().map { index, kernel in
        OutputArithmetic.Channel(
          index: index, patch: tile(geometry, index, signed: false), kernel: kernel, total: 0.1 + Float(index) / 8)
      }, output: 0.1 + Float(geometry.tiles - 1) / 8, activated: 0.1, activation: "relu1", top: -2, left: -2,
      dilation: 1)
  }
  if let off = request.switchedOff {
    snapshot.worth = FilterWorth(
      layer: request.layer, filter: off, step: 1200, images: 2000, right: 1700, lost: 40, gained: 10)
  }
  if let wanted = request.network {
    snapshot.network = NetworkPictures(
      columns: wanted.columns.map { column in
        let geometry = layers[column.layer].maps
        let maps = Array(0..<min(column.maps, geometry.count))
        return NetworkPictures.Column(
          layer: column.layer, maps: maps,
          tiles: maps.map { tile(geometry, $0, signed: layers[column.layer].kind != "relu") },
          range: ValueRange(minimum: -1, maximum: 1))
      }, contributions: [0: 0.5, 1: 0.25, 2: 0.25])
  }
  if let wanted = request.images {
    snapshot.images = ImagePictures(
      images: wanted.places.clamped(to: 0..<60_000).prefix(200).map { index in
        ImagePictures.Image(
          index: index, label: index % 10, channels: [tile(image, index, signed: true)],
          loss: wanted.source == .batch ? Double(index) / 10 : nil)
      }, total: 60_000, counts: [Int](repeating: 6000, count: 10), means: [0.0], deviations: [1.0])
  }
  func training(_ place: Int) -> ImagePictures.Image {
    ImagePictures.Image(
      index: 400 + place, label: place % 10, channels: [tile(image, place, signed: true)], loss: 4 / Double(place + 1),
      predicted: place % 3 == 0 ? 9 : place % 10)
  }
  if let wanted = request.glass {
    let source = layers[wanted.layer]
    let geometry = wanted.stage == .update ? source.filters : wanted.stage == .loss ? nil : source.maps
    let strips = wanted.tiles.clamped(to: 0..<(geometry?.count ?? 0))
    snapshot.glass = GlassPictures(
      request: wanted, step: 1200, isTried: false, images: wanted.images.clamped(to: 0..<64).map(training), total: 64,
      loss: 0.4321, accuracy: 0.875, learningRate: 0.001, chosen: training(wanted.image), prediction: prediction,
      norms: layers.enumerated().map { index, layer in
        let trained = layer.parameters > 0 ? Double(index + 1) : nil
        return GlassPictures.Norms(
          output: 100 / Double(index + 1), outputGradient: 0.01 * Double(index + 1), weight: trained,
          gradient: trained.map { $0 / 7 }, update: trained.map { $0 / 1000 })
      }, tiles: strips.flatMap { strip in geometry.map { filter($0, strip) } ?? [] },
      tilesPerStrip: geometry?.tiles ?? 1, range: ValueRange(minimum: -1, maximum: 1))
    snapshot.examination = .done
  }
  if let wanted = request.causes, let geometry = layer.filters {
    func cause(_ place: Int, _ share: Double) -> CausePictures.Cause {
      CausePictures.Cause(image: training(place), step: 1200 - place, share: share)
    }
    let movement = filter(geometry, wanted.filter)
    snapshot.causes = CausePictures(
      request: wanted, layer: request.layer, steps: 1200 - wanted.steps + 1...1200, images: 64 * wanted.steps,
      most: (0..<5).map { cause($0, 0.3 - 0.04 * Double($0)) },
      least: (5..<10).map { cause($0, 0.02 * Double($0) - 0.25) },
      sum: 1, alignment: 0.93, movement: movement, figures: NumberFigures(movement.flatMap(\.values)))
    snapshot.examination = .done
  }
  snapshot.curves = curves(request, poison: poison)
  snapshot.quantities = [
    "loss", "accuracy", "learning_rate", "gradient_norm", "conv1/weight_norm", "relu1/dead", "seconds",
  ]
  return snapshot
}

private func curves(_ request: PictureRequest, poison: Bool) -> [Curve] {
  (poison ? poisonedSeries : plainSeries).curves(for: request)
}

private let plainSeries = series(poison: false)
private let poisonedSeries = series(poison: true)

/// 1,200 steps of a run that learns.
private func series(poison: Bool) -> SeriesList {
  var series = SeriesList()
  for step in 1...1200 {
    let trend = 0.35 + 2 * exp(-Double(step) / 150)
    let ripple = 0.12 * sin(Double(step) * 0.9)
    series.append(
      StepRecord(
        step: step, epoch: step < 470 ? 1 : 2, loss: poison && (500..<560).contains(step) ? .nan : trend + ripple,
        accuracy: 1 - trend / 2.6 + ripple / 2, learningRate: 0.001, images: 128))
    if MeasureRecord.isDue(step) {
      series.append(
        MeasureRecord(
          step: step, epoch: 1,
          values: [
            .init("gradient_norm", 1 + ripple), .init("conv1/weight_norm", Double(step)), .init("relu1/dead", 0.1),
          ]))
      series.append(SeriesKey("seconds", .measured), step: step, Double(step) / 40)
    }
    for (last, epoch, loss, accuracy) in [(469, 1, 0.45, 0.81), (938, 2, 0.39, 0.856)] where step == last {
      series.append(
        EpochRecord(
          epoch: epoch, step: step, trainLoss: loss, trainAccuracy: accuracy, validationLoss: loss,
          validationAccuracy: accuracy))
    }
  }
  return series
}
