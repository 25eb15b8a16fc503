// Norms of weights, gradients and updates, layer by layer, and units that never answer.

import Layers
import Telemetry
import Tensors

/// The trained numbers of one layer, and a copy of them from before a step.
final class LayerMeasures {
  let name: String
  let parameters: [Parameter]
  /// Made when it is first needed.
  private var before: [Float] = []
  /// Whether `before` is from before the last step.
  private(set) var remembers = false

  /// Nil for a layer without trained numbers of its own.
  init?(_ layer: any Layer) {
    parameters = layer.ownParameters.filter(\.isTrainable)
    name = layer.name
    guard !parameters.isEmpty else { return nil }
  }

  /// Whether the optimizer leaves the layer as it is.
  var isFrozen: Bool {
    get { parameters.allSatisfy(\.isFrozen) }
    set { for parameter in parameters { parameter.isFrozen = newValue } }
  }

  private var count: Int { parameters.reduce(0) { $0 + $1.count } }

  /// Copies the numbers: the optimizer is about to change them.
  func remember() {
    if before.isEmpty { before = [Float](repeating: 0, count: count) }
    before.withUnsafeMutableBufferPointer { target in
      guard var place = target.baseAddress else { return }
      for parameter in parameters {
        place.update(from: parameter.values, count: parameter.count)
        place += parameter.count
      }
    }
    remembers = true
  }

  func forget() { remembers = false }

  /// What the last step added to the layer's first parameter, its weight; nil where that was not remembered.
  func update(_ weight: Parameter) -> [Float]? {
    guard remembers, parameters.first === weight else { return nil }
    return (0..<weight.count).map { weight.values[$0] - before[$0] }
  }

  enum Numbers { case weight, gradient, update }

  /// The square of one of the norms; that of an update only if it is remembered.
  func squares(of numbers: Numbers) -> Double {
    before.withUnsafeBufferPointer { before in
      var (sum, place) = (0.0, 0)
      for parameter in parameters {
        switch numbers {
        case .weight: sum += sumOfSquares(parameter.count) { parameter.values[$0] }
        case .gradient: sum += sumOfSquares(parameter.count) { UnsafePointer(parameter.gradient)[$0] }
        case .update where remembers: sum += sumOfSquares(parameter.count) { parameter.values[$0] - before[place + $0] }
        case .update: return .nan
        }
        place += parameter.count
      }
      return sum
    }
  }
}

/// Σ value(i)², in double precision: eight sums side by side, then joined in order.
@inline(__always)
private func sumOfSquares(_ count: Int, _ value: (Int) -> Float) -> Double {
  var sums = SIMD8<Double>.zero
  let whole = count / 8 * 8
  for first in stride(from: 0, to: whole, by: 8) {
    var numbers = SIMD8<Float>.zero
    for lane in 0..<8 { numbers[lane] = value(first + lane) }
    let wide = SIMD8<Double>(numbers)
    sums += wide * wide
  }
  var total = 0.0
  // In an order of our own: the sum is written down.
  for lane in 0..<8 { total += sums[lane] }
  for index in whole..<count { total += Double(value(index)) * Double(value(index)) }
  return total
}

extension TrainingLoop {
  /// The first layer with a weight or a gradient that is not finite.
  var firstLayerNotFinite: String? {
    layerMeasures.first { layer in
      layer.parameters.contains { parameter in
        (0..<parameter.count).contains { !parameter.values[$0].isFinite || !parameter.gradient[$0].isFinite }
      }
    }?.name
  }

  /// The norms after the step just done.
  func measureStep() -> MeasureRecord {
    var (values, gradient): ([MeasureRecord.Value], Double) = ([], 0)
    for layer in layerMeasures {
      gradient += layer.squares(of: .gradient)
      for (name, numbers) in [("weight", LayerMeasures.Numbers.weight), ("gradient", .gradient), ("update", .update)] {
        values.append(.init("\(layer.name)/\(name)_norm", layer.squares(of: numbers).squareRoot()))
      }
    }
    values.insert(.init("gradient_norm", gradient.squareRoot()), at: 0)
    return MeasureRecord(step: step, epoch: epoch, values: values)
  }

  /// How many validation images are looked at for units that are zero for all of them.
  static let imagesForDeadUnits = 256

  /// The share of dead units of every activation that has exact zeros; nil where there is none.
  func measureDeadUnits() -> MeasureRecord? {
    let layers = classifier.inspected.filter { ["relu", "relu6"].contains($0.layer.kind) }
    guard !layers.isEmpty else { return nil }
    var alive = layers.map {
      [Bool](repeating: false, count: $0.output.shape.rank == 3 ? $0.output.shape[0] : $0.output.shape.count)
    }
    let images = min(TrainingLoop.imagesForDeadUnits, sampler.validationIndices.count)
    for first in stride(from: 0, to: images, by: Classifier.inspectionBatch) {
      let probes = validationProbes(Array(first..<min(images, first + Classifier.inspectionBatch)))
      inspect(probes)
      for (index, layer) in layers.enumerated() {
        for image in probes.indices {
          let values = classifier.inspection.tensor(of: layer.output, image: image).values
          let each = values.count / alive[index].count
          for unit in alive[index].indices where !alive[index][unit] {
            alive[index][unit] = values[unit * each..<(unit + 1) * each].contains { $0 != 0 }
          }
        }
      }
    }
    return MeasureRecord(
      step: step, epoch: epoch,
      values: zip(layers, alive).map { layer, alive in
        MeasureRecord.Value(
          "\(layer.layer.name)/dead", Double(alive.lazy.filter { !$0 }.count) / Double(alive.count))
      })
  }
}
