// A dashboard in the middle of a run, made of numbers that follow from formulas.

import Dashboard
import Foundation
import Telemetry
import Tensors

/// LeNet's layers as a screen knows them.
let lenetLayers: [LayerSummary] = [
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
]

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
  phase: RunPhase = .running, change: (inout DashboardState) -> Void = { _ in }
) -> DashboardModel {
  var state = DashboardState()
  change(&state)
  var status = RunStatus(phase: phase, epoch: 2, epochs: 10, step: 1200, steps: 9380, learningRate: 0.001)
  (status.imagesPerSecond, status.secondsLeft) = (53_512, 62)
  var model = DashboardModel(state: state, run: lenetRun, status: status, capabilities: capabilities)
  if let request = Dashboard.request(model, size: size) { model.snapshot = snapshot(request) }
  return model
}

/// The picture for a request: waves, so that every pixel differs from its neighbours.
func snapshot(_ request: PictureRequest, poison: Bool = false) -> Snapshot {
  let layer = lenetLayers[request.layer]
  func tile(_ geometry: TileGeometry, _ number: Int, signed: Bool) -> Tile {
    let values = (0..<geometry.height * geometry.width).map { i -> Float in
      let wave = sin(Float(i % geometry.width) * 0.7 + Float(number)) * cos(Float(i / geometry.width) * 0.5)
      if poison && i == 3 { return .nan }
      return signed ? wave : max(0, wave)
    }
    return Tile(height: geometry.height, width: geometry.width, values: values, count: geometry.numbersPerTile)
  }
  let filters = layer.filters.map { geometry in
    FilterPictures(
      filters: request.filters, tilesPerFilter: geometry.tiles,
      tiles: request.filters.flatMap { f in
        (0..<geometry.tiles).map { tile(geometry, f * geometry.tiles + $0, signed: true) }
      },
      layerRange: ValueRange(minimum: -0.8, maximum: 1, nonFinite: poison ? 3 : 0),
      networkRange: ValueRange(minimum: -2, maximum: 1))
  }
  let isSigned = layer.kind != "relu"
  let maps = MapPictures(
    maps: request.maps, tiles: request.maps.map { tile(layer.maps, $0, signed: isSigned) },
    layerRange: ValueRange(minimum: isSigned ? -1 : 0, maximum: 1), networkRange: ValueRange(minimum: -3, maximum: 3))
  let image = TileGeometry(count: 1, tiles: 1, height: 28, width: 28)
  return Snapshot(
    request: request, step: 1200, units: 1200, filters: filters, maps: maps,
    probe: ProbePicture(
      index: request.probe, channels: [tile(image, 0, signed: false)], label: 9,
      prediction: Prediction(.probabilities, [0, 0, 0.01, 0, 0, 0.1, 0, 0.24, 0, 0.65])),
    curves: curves(request.curvePoints, poison: poison))
}

private func curves(_ points: Int, poison: Bool) -> [Curve] {
  var series = SeriesList(smoothing: Double(Float(0.98)))
  for step in 1...1200 {
    let trend = 0.35 + 2 * exp(-Double(step) / 150)
    let ripple = 0.12 * sin(Double(step) * 0.9)
    series.append(
      StepRecord(
        step: step, epoch: step < 470 ? 1 : 2, loss: poison && (500..<560).contains(step) ? .nan : trend + ripple,
        accuracy: 1 - trend / 2.6 + ripple / 2, learningRate: 0.001, images: 128))
    for (last, epoch, loss, accuracy) in [(469, 1, 0.45, 0.81), (938, 2, 0.39, 0.856)] where step == last {
      series.append(
        EpochRecord(
          epoch: epoch, step: step, trainLoss: loss, trainAccuracy: accuracy, validationLoss: loss,
          validationAccuracy: accuracy))
    }
  }
  return series.curves(of: ["loss", "accuracy"], limit: points)
}
