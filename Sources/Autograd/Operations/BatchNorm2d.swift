// Batch normalisation: the operation with a barrier.

import Kernels
import Tensors

/// What batch norm keeps from step to step, and how.
public struct BatchNormOptions: Hashable, Sendable {
  /// Added to the variance before the root.
  public var epsilon: Float
  /// How much of each batch enters the running statistics; nil for the mean over all batches.
  public var momentum: Float?
  public init(epsilon: Float = 1e-5, momentum: Float? = 0.1) {
    self.epsilon = epsilon
    self.momentum = momentum
  }
}

/// What batch norm has seen so far, for evaluation.
public struct BatchNormStatistics: Sendable {
  /// (C)
  public let mean: Parameter
  public let variance: Parameter
  /// (1): how many batches; only for the mean over all of them.
  public let batches: Parameter?

  public init(mean: Parameter, variance: Parameter, batches: Parameter? = nil) {
    (self.mean, self.variance, self.batches) = (mean, variance, batches)
  }
}

/// y = weight(c) · (x − mean(c)) / √(variance(c) + ε) + bias(c)
///
/// In training, mean and (biased) variance are those of the whole batch, however it is split into shards, and the
/// running statistics move towards them (the variance unbiased, as PyTorch does); in evaluation they are the running
/// statistics, where there are any.
///
/// # Shapes
/// - x, result: (C, H, W) an image
/// - weight, bias: (C), or nil for one and zero
///
/// Source: Ioffe and Szegedy, "Batch normalization" (2015). The shards' moments are combined in shard order by Chan,
/// Golub and LeVeque's update, in double precision.
///
/// - Throws: `ShapeError` when x has not three axes or a parameter does not fit its channels.
public func batchNorm2d(
  _ x: Variable, weight: Parameter?, bias: Parameter?, statistics: BatchNormStatistics?,
  options: BatchNormOptions = BatchNormOptions()
) throws -> Variable {
  guard x.shape.rank == 3 else {
    throw ShapeError("batch_norm2d", [x.shape], rule: "the input of one image must be channels×height×width")
  }
  for parameter in [weight, bias, statistics?.mean, statistics?.variance].compactMap({ $0 })
  where parameter.shape != [x.shape[0]] {
    throw ShapeError(
      "batch_norm2d", [x.shape, parameter.shape], rule: "\(parameter.name) must hold one number a channel")
  }
  precondition(
    statistics == nil || (options.momentum == nil) == (statistics?.batches != nil),
    "the mean over all batches, and only that, needs their count")
  var parameters: [Parameter] = []
  func place(_ parameter: Parameter?) -> Int? {
    guard let parameter else { return nil }
    parameters.append(parameter)
    return parameters.count - 1
  }
  let operation = BatchNorm2dOperation(
    channels: x.shape[0], plane: x.shape[1] * x.shape[2], options: options, weight: place(weight), bias: place(bias),
    mean: place(statistics?.mean), variance: place(statistics?.variance), batches: place(statistics?.batches))
  return x.tape.record(operation, inputs: [x], parameters: parameters, output: x.shape)
}

struct BatchNorm2dOperation: BarrierOperation {
  let name = "batch_norm2d"
  let readsOutput = false
  let channels: Int
  let plane: Int
  let options: BatchNormOptions
  /// Which of the operation's parameters these are.
  let weight: Int?
  let bias: Int?
  let mean: Int?
  let variance: Int?
  let batches: Int?

  /// The shared floats, a row of `channels` each.
  private enum Row: Int, CaseIterable {
    case mean, inverseDeviation, scale, shift, a, b, c
  }

  /// The rows, behind the sums that a barrier takes.
  var sharedFloats: Int { 2 * sumCount + Row.allCases.count * channels }
  /// Numbers that are added up over all shards: two a channel, and how many elements of a channel they are of.
  private var sumCount: Int { 2 * channels + 1 }
  /// Two rows: the shard's means and sums of squares forward, its two sums backward.
  var gatheredNumbers: Int { 2 * channels }

  private func row(_ row: Row, _ shared: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<Float> {
    shared + (2 * sumCount + row.rawValue * channels)
  }

  private func sums(_ shared: UnsafeMutablePointer<Float>) -> UnsafeMutableBufferPointer<Double> {
    UnsafeMutableBufferPointer(
      start: UnsafeMutableRawPointer(shared).assumingMemoryBound(to: Double.self), count: sumCount)
  }

  func needsBarrier(_ context: StepContext) -> Bool { context.isTraining || mean == nil }

  var preparations: Int { 1 }

  func prepare(_ piece: Int, _ frame: Frame) {
    guard !frame.context.isTraining, let mean, let variance else { return }
    for c in 0..<channels {
      row(.mean, frame.shared)[c] = frame.parameter(mean)[c]
      row(.inverseDeviation, frame.shared)[c] = 1 / (frame.parameter(variance)[c] + options.epsilon).squareRoot()
    }
    setScaleAndShift(frame.shared, weight: weight.map(frame.parameter), bias: bias.map(frame.parameter))
    // The statistics are constants in evaluation: the gradient passes through the scale alone.
    for c in 0..<channels {
      row(.a, frame.shared)[c] = row(.scale, frame.shared)[c]
      row(.b, frame.shared)[c] = 0
      row(.c, frame.shared)[c] = 0
    }
  }

  private func setScaleAndShift(
    _ shared: UnsafeMutablePointer<Float>, weight: UnsafePointer<Float>?, bias: UnsafePointer<Float>?
  ) {
    for c in 0..<channels {
      let inverse = row(.inverseDeviation, shared)[c]
      row(.scale, shared)[c] = weight.map { $0[c] * inverse } ?? inverse
      row(.shift, shared)[c] = bias.map { $0[c] } ?? 0
    }
  }

  var portions: Int { Portion.most(lanes: channels * plane) }

  func gatherForward(_ frame: Frame) {
    channelMoments(
      frame.input(), realImages: frame.realImages, channels: frame.portion.range(of: channels), plane: plane,
      means: frame.gathered, squares: frame.gathered + channels)
  }

  func finishForward(_ barrier: Barrier) {
    let total = Double(barrier.images * plane)
    let share = barrier.context.isTraining ? shareOfBatch(barrier) : nil
    let sums = sums(barrier.shared)
    barrier.sum(into: sums) { addMoments($0, to: sums) }
    for c in 0..<channels {
      let (center, squares) = (sums[c], sums[channels + c])
      let variance = squares / total
      row(.mean, barrier.shared)[c] = Float(center)
      row(.inverseDeviation, barrier.shared)[c] = Float(1 / (variance + Double(options.epsilon)).squareRoot())
      guard let share, let running = mean, let spread = self.variance else { continue }
      let unbiased = total > 1 ? squares / (total - 1) : variance
      move(barrier.parameter(running) + c, towards: center, by: share)
      move(barrier.parameter(spread) + c, towards: unbiased, by: share)
    }
    setScaleAndShift(
      barrier.shared, weight: weight.map { UnsafePointer(barrier.parameter($0)) },
      bias: bias.map { UnsafePointer(barrier.parameter($0)) })
  }

  /// Continues each channel's mean and sum of squared distances from it by those of some shards.
  ///
  /// Source: Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances" (1979).
  private func addMoments(_ frames: FrameList, to sums: UnsafeMutableBufferPointer<Double>) {
    let before = sums[2 * channels]
    for c in 0..<channels {
      var (count, center, squares) = (before, sums[c], sums[channels + c])
      for shard in 0..<frames.count {
        let frame = frames[shard]
        let added = Double(frame.realImages * plane)
        let delta = frame.gathered[c] - center
        squares += frame.gathered[channels + c] + delta * delta * count * added / (count + added)
        count += added
        center += delta * added / count
      }
      (sums[c], sums[channels + c], sums[2 * channels]) = (center, squares, count)
    }
  }

  /// How much of this batch enters the running statistics.
  private func shareOfBatch(_ barrier: Barrier) -> Float? {
    if let momentum = options.momentum { return momentum }
    guard let count = batches.map(barrier.parameter) else { return nil }
    count.pointee += 1
    return 1 / count.pointee
  }

  private func move(_ running: UnsafeMutablePointer<Float>, towards value: Double, by share: Float) {
    running.pointee += share * (Float(value) - running.pointee)
  }

  func forward(_ frame: Frame) {
    normalizeChannels(
      frame.input(), mean: row(.mean, frame.shared), scale: row(.scale, frame.shared), shift: row(.shift, frame.shared),
      channels: frame.portion.range(of: channels), plane: plane, into: frame.output)
  }

  func gatherBackward(_ frame: Frame) {
    normalizationGradientSums(
      frame.input(), frame.outputGradient, mean: row(.mean, frame.shared), channels: frame.portion.range(of: channels),
      plane: plane, sums: frame.gathered, products: frame.gathered + channels)
  }

  /// dx = scale · (dy − mean(dy) − x̂ · mean(dy · x̂)), written as dy · a + (x − mean) · b + c.
  func finishBackward(_ barrier: Barrier) {
    let total = Double(barrier.images * plane)
    let sums = sums(barrier.shared)
    barrier.sum(into: sums) { frames in
      for index in 0..<2 * channels {
        for shard in 0..<frames.count { sums[index] += frames[shard].gathered[index] }
      }
    }
    for c in 0..<channels {
      let (sum, product) = (sums[c], sums[channels + c])
      let scale = row(.scale, barrier.shared)[c]
      let inverse = row(.inverseDeviation, barrier.shared)[c]
      row(.a, barrier.shared)[c] = scale
      row(.b, barrier.shared)[c] = -scale * (Float(product / total) * inverse * inverse)
      row(.c, barrier.shared)[c] = -scale * Float(sum / total)
    }
  }

  func backward(_ frame: Frame) {
    if !needsBarrier(frame.context) { gatherBackward(frame) }
    let own = frame.portion.range(of: channels)
    if let sink = frame.inputGradient() {
      normalizationInputGradient(
        frame.input(), frame.outputGradient, imageWeights: frame.imageWeights,
        slopes: NormalizationSlopes(
          mean: row(.mean, frame.shared), a: row(.a, frame.shared), b: row(.b, frame.shared), c: row(.c, frame.shared)),
        channels: own, plane: plane, accumulate: sink.accumulate, into: sink.lanes)
    }
    if let gradient = weight.flatMap(frame.parameterGradient) {
      for c in own {
        gradient[c] += Float(frame.gathered[channels + c]) * row(.inverseDeviation, frame.shared)[c]
      }
    }
    if let gradient = bias.flatMap(frame.parameterGradient) {
      for c in own { gradient[c] += Float(frame.gathered[c]) }
    }
  }
}
