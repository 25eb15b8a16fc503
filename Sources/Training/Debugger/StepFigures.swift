// What conditions and formulas are said of: the numbers of one step.

import Experiments
import Telemetry

/// A step that was tried, in the numbers that conditions speak of.
struct StepFigures {
  let loop: TrainingLoop
  let record: StepRecord
  /// The last epoch that is over.
  let lastEpoch: EpochRecord?
  var isFinite: Bool { loop.isFinite }

  /// Nil while it is not known: nothing was validated yet, or dead units are not counted at this step.
  func value(_ quantity: Formula.Quantity, _ layer: String?) -> Double? {
    let measures = layer.flatMap { name in loop.layerMeasures.first { $0.name == name } }
    switch quantity {
    case .loss: return record.loss
    case .accuracy: return record.accuracy
    case .step: return Double(record.step)
    case .epoch: return Double(record.epoch)
    case .learningRate: return Double(record.learningRate)
    case .validationLoss: return lastEpoch?.validationLoss
    case .validationAccuracy: return lastEpoch?.validationAccuracy
    case .gradientNorm where layer == nil:
      return loop.layerMeasures.reduce(0) { $0 + $1.squares(of: .gradient) }.squareRoot()
    case .gradientNorm: return measures?.squares(of: .gradient).squareRoot()
    case .weightNorm: return measures?.squares(of: .weight).squareRoot()
    case .updateNorm: return measures?.squares(of: .update).squareRoot()
    case .updateRatio:
      return measures.map { ($0.squares(of: .update) / $0.squares(of: .weight)).squareRoot() }
    case .dead:
      // As often as it is measured, and on the same images.
      guard MeasureRecord.isDue(record.step), let layer else { return nil }
      let name = "\(loop.activation(of: layer) ?? layer)/dead"
      return loop.measureDeadUnits()?.values.first { $0.name == name }?.value
    }
  }

  /// What a condition saw: `loss is 2.31`.
  func words(for condition: Condition) -> String {
    switch condition {
    case .nonFinite:
      return "loss is \(record.loss)" + (loop.firstLayerNotFinite.map { ", first in layer \($0)" } ?? "")
    case .every: return "step \(grouped(record.step))"
    case .comparison:
      let sides = condition.formulas.filter { !$0.quantities.isEmpty }
      return sides.map { "\($0) is \($0.value(value).map { formatNumber(Float($0)) } ?? "not known")" }
        .joined(separator: ", ")
    }
  }
}

extension TrainingLoop {
  /// The activation with zeros that a layer's output goes into, be it through a normalisation, or the layer itself if it is
  /// one; nil without one.
  func activation(of name: String) -> String? {
    let list = classifier.inspected
    var next = list.firstIndex { $0.layer.name == name }
    for _ in 0..<3 {
      guard let index = next else { return nil }
      if ["relu", "relu6"].contains(list[index].layer.kind) { return list[index].layer.name }
      next = list.indices.first { list[$0].input.id == list[index].output.id }
    }
    return nil
  }

  /// What is wrong with the layers that a formula names, in a sentence; nil for nothing.
  func complaint(about formulas: [Formula]) -> String? {
    for (quantity, layer) in formulas.flatMap(\.quantities) {
      guard let layer else { continue }
      let isKnown = quantity == .dead ? activation(of: layer) != nil : layerMeasures.contains { $0.name == layer }
      guard !isKnown else { continue }
      guard classifier.inspected.contains(where: { $0.layer.name == layer }) else {
        let names = classifier.inspected.map(\.layer.name)
        return "there is no layer \(layer); there are \(names.joined(separator: ", "))"
      }
      return quantity == .dead ? "\(layer) has no relu behind it" : "\(layer) has nothing to train"
    }
    return nil
  }
}
