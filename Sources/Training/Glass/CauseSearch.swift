// Which images moved a filter: each one's gradient by itself, projected on the movement.

import Autograd
import Telemetry
import Tensors

/// A search for what moved a filter in some steps, a while at a time.
///
/// The steps are done twice: first to see where the filter came to, then to take each image's part in that. For the part, the whole step
/// is done with that image's loss alone as what is differentiated, so that it is exact where images meet in a normalisation, too.
struct CauseSearch {
  private enum Stage: Hashable {
    case settingOut(isAgain: Bool)
    case approaching(isAgain: Bool)
    case moving
    case summing
    case over
  }

  let request: CauseRequest
  let layer: Int
  /// The steps, counted from 1.
  let steps: ClosedRange<Int>
  private let start: Start
  private let weight: Parameter
  /// The filter's numbers among those of its layer.
  private let own: Range<Int>
  private let geometry: TileGeometry

  private var stage = Stage.settingOut(isAgain: false)
  private var movement: [Float] = []
  /// What is known of the present step: its images, the state before it, and which image is next.
  private var batch: [Int32] = []
  private var before: [Float] = []
  private var next = 0
  private var parts: [(image: Int32, step: Int, part: Double)] = []
  /// The sum of the batches' gradients at the filter.
  private var gradient: [Double]

  /// - Returns: nil where the layer has no such filter that is trained.
  init?(_ request: CauseRequest, layer: Int, steps: ClosedRange<Int>, from start: Start, _ microscope: Microscope) {
    let inspected = microscope.loop.classifier.inspected[layer]
    guard let weight = inspected.layer.picturedWeight, weight.isTrainable, let geometry = inspected.filters,
      (0..<geometry.count).contains(request.filter)
    else { return nil }
    (self.request, self.layer, self.steps, self.start) = (request, layer, steps, start)
    (self.weight, self.geometry) = (weight, geometry)
    let size = geometry.tiles * geometry.numbersPerTile
    own = request.filter * size..<(request.filter + 1) * size
    gradient = [Double](repeating: 0, count: size)
  }

  /// How much of it is done: of both ways to the steps, which count as one image each, and of the images.
  func progress(_ loop: TrainingLoop) -> Double {
    let before = start.keyframe.unit
    let way = max(1, loop.unit(beforeStep: steps.lowerBound) - before)
    let gone = min(1, Double(max(0, loop.unit - before)) / Double(way))
    let images = Double(steps.count * loop.configuration.training.batchSize)
    let done: Double =
      switch stage {
      case .settingOut(let isAgain): isAgain ? 1 : 0
      case .approaching(let isAgain): isAgain ? 1 + gone : gone
      case .moving: 1
      case .summing, .over: 2 + Double(parts.count)
      }
    return min(1, done / (2 + images))
  }

  /// Goes on for a while.
  ///
  /// - Returns: whether it is over.
  mutating func goOn(_ microscope: Microscope, until deadline: ContinuousClock.Instant) -> Bool {
    let loop = microscope.loop
    while true {
      switch stage {
      case .settingOut(let isAgain):
        microscope.jump(to: start)
        stage = .approaching(isAgain: isAgain)
      case .approaching(let isAgain):
        guard microscope.goOn(to: loop.unit(beforeStep: steps.lowerBound), until: deadline) else { return false }
        if !isAgain { movement = numbers.map { -$0 } }
        stage = isAgain ? .summing : .moving
      case .moving:
        guard microscope.goOn(to: loop.unit(afterStep: steps.upperBound), until: deadline) else { return false }
        for (index, value) in numbers.enumerated() { movement[index] += value }
        stage = .settingOut(isAgain: true)
      case .summing:
        guard loop.step < steps.upperBound else {
          stage = .over
          continue
        }
        guard microscope.goOn(to: loop.unit(beforeStep: loop.step + 1), until: deadline) else { return false }
        if batch.isEmpty { begin(loop) }
        addNext(microscope)
        if ContinuousClock.now >= deadline { return false }
      case .over: return true
      }
    }
  }

  private var numbers: [Float] { Array(weight.numbers[own]) }

  private mutating func begin(_ loop: TrainingLoop) {
    (batch, next) = (loop.nextImages, 0)
    before = [Float](unsafeUninitializedCapacity: loop.stateCount) { target, count in
      loop.copyNumbers(into: target)
      count = loop.stateCount
    }
  }

  /// The next image's part; behind the last one the batch's own gradient, and then the step itself.
  private mutating func addNext(_ microscope: Microscope) {
    let loop = microscope.loop
    guard let learning = loop.classifier.learning else { return }
    let image = next < batch.count ? next : nil
    loop.withBatch(loop.sampler.trainSource, batch, 0, batch.count) { batch in
      var batch = batch
      batch.differentiated = image
      learning.training.step(batch, context: loop.stepContext)
    }
    let numbers = UnsafeBufferPointer(start: UnsafePointer(weight.gradient), count: weight.count)[own]
    if let image {
      let part = zip(numbers, movement).reduce(0.0) { $0 - Double($1.0) * Double($1.1) }
      parts.append((batch[image], loop.step + 1, part))
      next += 1
    } else {
      for (index, number) in numbers.enumerated() { gradient[index] += Double(number) }
      // Running statistics were moved by each pass.
      before.withUnsafeBufferPointer { loop.takeNumbers($0) }
      batch = []
      microscope.advance()
    }
  }

  /// What was found, once it is over.
  func pictures(_ loop: TrainingLoop) -> CausePictures {
    let whole = zip(gradient, movement).reduce(0.0) { $0 - $1.0 * Double($1.1) }
    func key(_ part: Double) -> Double { part.isNaN ? 0 : part }
    let sorted = parts.sorted { key($0.part) > key($1.part) }
    func causes(_ some: some Sequence<(image: Int32, step: Int, part: Double)>) -> [CausePictures.Cause] {
      some.map {
        CausePictures.Cause(
          image: loop.picture(ofTraining: Int($0.image)), step: $0.step,
          share: whole == 0 ? 0 : $0.part / abs(whole))
      }
    }
    let most = min(max(0, request.most), (parts.count + 1) / 2)
    let lengths = (NumberFigures(movement).norm * gradient.reduce(0.0) { $0 + $1 * $1 }.squareRoot())
    return CausePictures(
      request: request, layer: layer, steps: steps, images: parts.count, most: causes(sorted.prefix(most)),
      least: causes(sorted.suffix(min(most, parts.count - most)).reversed()),
      sum: whole == 0 ? 0 : parts.reduce(0) { $0 + $1.part } / abs(whole),
      alignment: lengths == 0 ? 0 : whole / lengths,
      movement: geometry.tiles(of: 0, in: movement), figures: NumberFigures(movement))
  }
}
