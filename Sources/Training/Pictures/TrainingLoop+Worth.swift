// A filter switched off: what the net says then, and what the filter is worth.

import Autograd
import Datasets
import Layers
import Telemetry
import Tensors

extension TrainingLoop {
  /// The most validation images that a filter's worth is measured on.
  static let imagesForWorth = 2_000

  /// Does something while a filter's weights and its bias are zero; afterwards they are what they were, to the last bit.
  func withFilterOff<Result>(_ filter: Int?, in index: Int, _ body: () -> Result) -> Result {
    let layer = classifier.inspected[index].layer
    guard let filter, let weight = layer.picturedWeight, filter >= 0, filter < weight.shape[0] else { return body() }
    var saved: [(place: UnsafeMutablePointer<Float>, numbers: [Float])] = []
    // The bias, where there is one, is the parameter behind the weight, of one number an output.
    for parameter in layer.ownParameters where parameter === weight || parameter.shape == [weight.shape[0]] {
      let each = parameter.count / weight.shape[0]
      let place = parameter.values + filter * each
      saved.append((place, Array(UnsafeBufferPointer(start: place, count: each))))
      place.update(repeating: 0, count: each)
    }
    defer {
      for (place, numbers) in saved {
        numbers.withUnsafeBufferPointer { if let base = $0.baseAddress { place.update(from: base, count: $0.count) } }
      }
    }
    return body()
  }

  /// Which of some validation images the net gets right.
  func rightImages(_ indices: [Int32]) -> [Bool] {
    var right: [Bool] = []
    forEachBatch(sampler.validationSource, indices) { first, count, _, _ in
      right += areRight(sampler.validationSource, indices[first..<first + count])
    }
    return right
  }

  /// Which of the images that were evaluated last are right.
  func areRight(_ source: LabeledImages, _ indices: ArraySlice<Int32>) -> [Bool] {
    guard let learning = classifier.learning else { return [] }
    return indices.enumerated().map { image, index in
      let logits = learning.evaluation.tensor(of: learning.logits, image: image).values
      return logits.indices.max { logits[$0] < logits[$1] } == Int(source.labels[Int(index)])
    }
  }

  /// How many validation images are right with a filter and without; measured once for each filter that is switched off.
  func measureWorth(of filter: Int, in index: Int) -> FilterWorth? {
    guard classifier.learning != nil, let weight = classifier.inspected[index].layer.picturedWeight,
      filter >= 0, filter < weight.shape[0]
    else { return nil }
    if let known = memory.worth, known.layer == index, known.filter == filter { return known.result }
    let indices = Array(sampler.validationIndices.prefix(TrainingLoop.imagesForWorth))
    let with = rightImages(indices)
    let test = PairedTest(with, withFilterOff(filter, in: index) { rightImages(indices) })
    let result = FilterWorth(
      layer: index, filter: filter, step: step, images: indices.count, right: with.count { $0 }, lost: test.onlyFirst,
      gained: test.onlySecond)
    memory.worth = (index, filter, result)
    return result
  }
}
