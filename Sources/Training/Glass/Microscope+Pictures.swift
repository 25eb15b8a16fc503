// What is seen of the step under the microscope.

import Telemetry
import Tensors

extension Microscope {
  /// The examined step in pictures; parts of a request that are out of range are clamped.
  func pictures(_ request: GlassRequest, isTried: Bool) -> GlassPictures? {
    guard let step = examined else { return nil }
    let layer = min(max(0, request.layer), layers.count - 1)
    let place = step.byLoss[min(max(0, request.image), step.byLoss.count - 1)]
    let shown = request.images.clamped(to: 0..<step.byLoss.count)
    let (tiles, tilesPerStrip, range) = tiles(request, layer, image: place, step)
    return GlassPictures(
      request: request, step: step.record.step, isTried: isTried,
      images: shown.map { picture(step, place: step.byLoss[$0]) }, total: step.images.count, loss: step.record.loss,
      accuracy: step.record.accuracy, learningRate: step.record.learningRate, chosen: picture(step, place: place),
      prediction: prediction(for: place),
      norms: layers.indices.map { norms(of: $0, image: place, step) }, tiles: tiles, tilesPerStrip: tilesPerStrip,
      range: range)
  }

  private func picture(_ step: ExaminedStep, place: Int) -> ImagePictures.Image {
    let values = prediction(for: place).values
    return loop.picture(
      ofTraining: Int(step.images[place]), loss: step.losses[place],
      predicted: values.indices.max { values[$0] < values[$1] })
  }

  private func norms(of index: Int, image: Int, _ step: ExaminedStep) -> GlassPictures.Norms {
    let measures = step.measures[layers[index].layer.name]
    return GlassPictures.Norms(
      output: NumberFigures(output(of: index, image: image)).norm,
      outputGradient: outputGradient(of: index, image: image).map { NumberFigures($0).norm },
      weight: measures?.weight, gradient: measures?.gradient, update: measures?.update)
  }

  /// The pictures of a stage, how many make one strip, and the range of all that they are some of.
  private func tiles(
    _ request: GlassRequest, _ layer: Int, image: Int, _ step: ExaminedStep
  ) -> (tiles: [Tile], perStrip: Int, range: ValueRange) {
    let maps = TileGeometry(mapsOf: layers[layer].output.shape)
    let (geometry, values): (TileGeometry?, [Float]?) =
      switch request.stage {
      case .forward: (maps, output(of: layer, image: image))
      case .backward: (maps, outputGradient(of: layer, image: image))
      case .update: (layers[layer].filters, step.updates[layer])
      case .loss: (nil, nil)
      }
    guard let geometry, let values else { return ([], 1, ValueRange([])) }
    let strips = request.tiles.clamped(to: 0..<geometry.count)
    return (strips.flatMap { geometry.tiles(of: $0, in: values) }, geometry.tiles, ValueRange(values))
  }
}
