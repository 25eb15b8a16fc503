// The images of the data set, and those worth looking for.

import Autograd
import Datasets
import Foundation
import Telemetry
import Tensors

extension LabeledImages {
  /// An image as a tile a channel, each byte turned into a number.
  func tiles(of index: Int, _ number: (UInt8) -> Float) -> [Tile] {
    let (height, width) = (shape[1], shape[2])
    let bytes = image(index)
    return (0..<shape[0]).map { channel in
      Tile(
        height: height, width: width,
        values: (0..<height * width).map { number(bytes[channel * height * width + $0]) })
    }
  }
}

extension TrainingLoop {
  /// Images as the net sees them.
  func imagePictures(_ request: ImageRequest) -> ImagePictures {
    let (indices, losses) = images(request.source)
    let places = request.places.clamped(to: 0..<indices.count)
    let pictures = places.map { place in
      picture(ofTraining: Int(indices[place]), loss: losses.indices.contains(place) ? losses[place] : nil)
    }
    let figures = imageFigures()
    return ImagePictures(
      images: pictures, total: indices.count, counts: figures.counts, means: figures.means,
      deviations: figures.deviations)
  }

  /// A training image as the net sees it.
  func picture(ofTraining index: Int, loss: Double? = nil, predicted: Int? = nil) -> ImagePictures.Image {
    let source = sampler.trainSource
    // Each channel with its own scale and shift: (byte / 255 − mean) / std.
    let channels = source.tiles(of: index) { Float($0) }.enumerated().map { channel, tile in
      Tile(
        height: tile.height, width: tile.width,
        values: tile.values.map { $0 * scale[channel % scale.count] + shift[channel % shift.count] })
    }
    return ImagePictures.Image(
      index: index, label: Int(source.labels[index]), channels: channels, loss: loss, predicted: predicted)
  }

  /// Which images a source has, and what the net as it is loses on each where that is asked for.
  private func images(_ source: ImageRequest.Source) -> (indices: [Int32], losses: [Double]) {
    switch source {
    case .training(let label):
      let all = sampler.trainIndices
      return (label.map { label in all.filter { Int(sampler.trainSource.labels[Int($0)]) == label } } ?? all, [])
    case .batch:
      guard let learning = classifier.learning, step > 0 || triedStep != nil else { return ([], []) }
      // Stopped before a step, its batch is the one to look at.
      let isNext = triedStep != nil
      let number = isNext ? stepInEpoch : stepInEpoch > 0 ? stepInEpoch - 1 : stepsPerEpoch - 1
      let order = isNext || stepInEpoch > 0 ? order : sampler.order(epoch: epoch - 1)
      let size = configuration.training.batchSize
      let batch = Array(order[number * size..<min(order.count, (number + 1) * size)])
      var losses: [Double] = []
      forEachBatch(sampler.trainSource, batch) { _, count, _, _ in
        losses += (0..<count).map { Double(learning.evaluation.tensor(of: learning.loss, image: $0).values[0]) }
      }
      // The hardest first: those are worth looking at.
      let byLoss = placesByLoss(losses)
      return (byLoss.map { batch[$0] }, byLoss.map { losses[$0] })
    }
  }

  /// Images of each class, and mean and deviation of each normalised channel, over the training images.
  private func imageFigures() -> (counts: [Int], means: [Double], deviations: [Double]) {
    if let known = memory.imageFigures { return known }
    let source = sampler.trainSource
    let plane = source.shape[1] * source.shape[2]
    var counts = [Int](repeating: 0, count: (source.labels.max().map(Int.init) ?? 0) + 1)
    // How often each byte occurs in each channel says all.
    var histogram = [Int](repeating: 0, count: 256 * source.shape[0])
    for index in sampler.trainIndices {
      counts[Int(source.labels[Int(index)])] += 1
      let bytes = source.image(Int(index))
      for pixel in 0..<source.shape.count { histogram[256 * (pixel / plane) + Int(bytes[pixel])] += 1 }
    }
    let total = Double(sampler.trainIndices.count * plane)
    var (means, deviations): ([Double], [Double]) = ([], [])
    for channel in 0..<source.shape[0] {
      let numbers = (0..<256).map { Double(Float($0) * scale[channel % scale.count] + shift[channel % shift.count]) }
      let times = histogram[256 * channel..<256 * (channel + 1)].map(Double.init)
      let mean = zip(numbers, times).reduce(0) { $0 + $1.0 * $1.1 } / total
      let variance = zip(numbers, times).reduce(0) { $0 + ($1.0 - mean) * ($1.0 - mean) * $1.1 } / total
      means.append(mean)
      deviations.append(variance.squareRoot())
    }
    memory.imageFigures = (counts, means, deviations)
    return (counts, means, deviations)
  }

  /// Looks for an image among those of the validation; nil when there is none such. The answer to the same question is
  /// kept while nothing changes.
  func find(_ search: ProbeSearch, units: Int) -> Int? {
    if let known = memory.search, known.question == search, known.units == units { return known.answer }
    let answer: Int?
    let labels = sampler.validationSource.labels
    let indices = sampler.validationIndices
    switch search {
    case .ofClass(let label, let after):
      let count = indices.count
      answer = (1...count).lazy.map { (max(0, after) + $0) % count }.first { Int(labels[Int(indices[$0])]) == label }
    case .mostWrong(let rank):
      let wrong = confidences(indices).filter { $0.isWrong }.sorted {
        ($0.confidence, $1.place) > ($1.confidence, $0.place)
      }
      answer = wrong.isEmpty ? nil : wrong[max(0, rank) % wrong.count].place
    }
    memory.search = (search, answer, units)
    return answer
  }

  /// How sure the net is of the class that it finds likeliest, for each of some validation images: by how far its largest output
  /// exceeds the others, ln Σ exp(z − max z), negated.
  private func confidences(_ indices: [Int32]) -> [(place: Int, isWrong: Bool, confidence: Double)] {
    guard let learning = classifier.learning else { return [] }
    var result: [(place: Int, isWrong: Bool, confidence: Double)] = []
    forEachBatch(sampler.validationSource, indices) { first, count, _, _ in
      for image in 0..<count {
        let logits = learning.evaluation.tensor(of: learning.logits, image: image).values
        guard let best = logits.indices.max(by: { logits[$0] < logits[$1] }) else { continue }
        let rest = logits.reduce(0.0) { $0 + Foundation.exp(Double($1 - logits[best])) }
        let label = Int(sampler.validationSource.labels[Int(indices[first + image])])
        result.append((first + image, best != label, 1 / rest))
      }
    }
    return result
  }
}
