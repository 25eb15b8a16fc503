// What pictures need of a run's past, apart from its state: nothing of the training depends on it.

import Autograd
import Experiments
import Layers
import Telemetry
import Tensors

/// Weights as they were, and answers that took long.
struct PictureMemory {
  /// The names of the layers whose weights are copied before each step, because somebody looks at what it adds.
  var watchedUpdates: Set<String> = []
  /// Whether anybody has looked at pictures yet: only then are weights kept.
  var isLookedAt = false
  /// Pictured weights by layer, before the first step; made anew from the seed when somebody asks.
  var initialWeights: [String: [Float]]?
  /// Pictured weights by layer after epochs, oldest first.
  private(set) var past: [(epoch: Int, weights: [String: [Float]])] = []
  /// The last search and its answer.
  var search: (question: ProbeSearch, answer: Int?, units: Int)?
  /// The last filter that was switched off, and what it was worth.
  var worth: (layer: Int, filter: Int, result: FilterWorth)?
  /// Of the training images.
  var imageFigures: (counts: [Int], means: [Double], deviations: [Double])?

  /// The most bytes that weights of past epochs take; every second one is dropped when they would take more.
  private static let limit = 64 << 20
  /// The most epochs whose weights are kept: a strip has no room for more.
  private static let mostEpochs = 128

  /// Copies the weights at an epoch's end.
  mutating func keepWeights(of layers: [InspectedLayer], epoch: Int) {
    var weights: [String: [Float]] = [:]
    for layer in layers { if let weight = layer.layer.picturedWeight { weights[layer.layer.name] = weight.copy } }
    let bytes = weights.values.reduce(0) { $0 + $1.count * MemoryLayout<Float>.stride }
    // An epoch that is done again leaves nothing new.
    guard bytes > 0, bytes * 4 <= PictureMemory.limit, epoch > past.last?.epoch ?? 0 else { return }
    if past.count >= PictureMemory.mostEpochs || (past.count + 1) * bytes > PictureMemory.limit {
      past = past.enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
    }
    past.append((epoch, weights))
  }

  /// The run has gone back: what came after an epoch has not been.
  mutating func forget(after epoch: Int) {
    past.removeAll { $0.epoch > epoch }
    forgetAnswers()
  }

  /// The run is in another state.
  mutating func forgetAnswers() { (search, worth) = (nil, nil) }
}

extension Parameter {
  var numbers: UnsafeBufferPointer<Float> { UnsafeBufferPointer(start: values, count: count) }
  var copy: [Float] { Array(numbers) }
}

extension TrainingLoop {
  /// A layer's pictured weights before the first step, which follow from the seed; nil if it has none.
  func initialWeights(of layer: any Layer) -> [Float]? {
    if memory.initialWeights == nil {
      do {
        let model = try Sequential(configuration.layers, input: classifier.model.input, seed: configuration.seed)
        var weights: [String: [Float]] = [:]
        for layer in try InspectedLayer.record(model, Tape().input(model.input)) {
          weights[layer.layer.name] = layer.layer.picturedWeight?.copy
        }
        memory.initialWeights = weights
      } catch {
        preconditionFailure("a model that was built once is built again: \(error)")
      }
    }
    return memory.initialWeights?[layer.name]
  }
}

extension TrainingLoop {
  /// Prepares for what watchers look at now: the layers whose updates are to be seen, and a filter that is switched off.
  func watch(_ requests: [PictureRequest]) {
    if !requests.isEmpty { memory.isLookedAt = true }
    let watched = requests.filter { $0.filters?.quantity == .update || $0.filters?.wantsUpdate == true }.map(\.layer)
    memory.watchedUpdates = Set(
      watched.filter(classifier.inspected.indices.contains).map { classifier.inspected[$0].layer.name })
    if !requests.contains(where: { $0.switchedOff != nil }) { memory.worth = nil }
  }
}
