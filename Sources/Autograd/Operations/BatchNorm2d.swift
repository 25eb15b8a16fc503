// Batch normalisation: the operation for which the shards of a batch meet.

import Kernels
import Tensors

/// What batch norm keeps from step to step, and how.
public struct BatchNormOptions: Hashable, Sendable {
  /// Added to the variance before the root.
  public var epsilon: Float
  /// How much of each batch enters the running statistics.
  public var momentum: Float
  public init(epsilon: Float = 1e-5, momentum: Float = 0.1) {
    self.epsilon = epsilon
    self.momentum = momentum
  }
}

/// y = weight(c) · (x − mean(c)) / √(variance(c) + ε) + bias(c)
///
/// In training, mean and (biased) variance are those of the whole batch, however it is split into shards, and the
/// running statistics move towards them (the variance unbiased, as PyTorch does); in evaluation they are the running
/// statistics.
///
/// # Shapes
/// - x, result: (C, H, W) an image
/// - weight, bias, runningMean, runningVariance: (C)
///
/// Source: Ioffe and Szegedy, "Batch normalization" (2015). The shards' moments are combined in shard order by Chan,
/// Golub and LeVeque's update, in double precision.
///
/// - Throws: `ShapeError` when x has not three axes or a parameter does not fit its channels.
public func batchNorm2d(
  _ x: Variable, weight: Parameter, bias: Parameter, runningMean: Parameter, runningVariance: Parameter,
  options: BatchNormOptions = BatchNormOptions()
) throws -> Variable {
  guard x.shape.rank == 3 else {
    throw ShapeError("batch_norm2d", [x.shape], rule: "the input of one image must be channels×height×width")
  }
  let parameters = [weight, bias, runningMean, runningVariance]
  for parameter in parameters where parameter.shape != [x.shape[0]] {
    throw ShapeError(
      "batch_norm2d", [x.shape, parameter.shape], rule: "\(parameter.name) must hold one number a channel")
  }
  let operation = BatchNorm2dOperation(channels: x.shape[0], plane: x.shape[1] * x.shape[2], options: options)
  return x.tape.record(operation, inputs: [x], parameters: parameters, output: x.shape)
}

struct BatchNorm2dOperation: RendezvousOperation {
  let name = "batch_norm2d"
  let readsOutput = false
  let channels: Int
  let plane: Int
  let options: BatchNormOptions

  /// The shared floats, a row of `channels` each.
  private enum Row: Int, CaseIterable {
    case mean, inverseDeviation, scale, shift, a, b, c
  }

  var sharedFloats: Int { Row.allCases.count * channels }
  /// Two rows: the shard's means and sums of squares forward, its two sums backward.
  var gatheredNumbers: Int { 2 * channels }

  private func row(_ row: Row, _ shared: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<Float> {
    shared + row.rawValue * channels
  }

  func needsMeeting(_ context: StepContext) -> Bool { context.isTraining }

  var preparations: Int { 1 }

  func prepare(_ piece: Int, _ frame: Frame) {
    guard !frame.context.isTraining else { return }
    for c in 0..<channels {
      row(.mean, frame.shared)[c] = frame.parameter(2)[c]
      row(.inverseDeviation, frame.shared)[c] = 1 / (frame.parameter(3)[c] + options.epsilon).squareRoot()
    }
    setScaleAndShift(frame.shared, weight: frame.parameter(0), bias: frame.parameter(1))
    // The statistics are constants in evaluation: the gradient passes through the scale alone.
    for c in 0..<channels {
      row(.a, frame.shared)[c] = row(.scale, frame.shared)[c]
      row(.b, frame.shared)[c] = 0
      row(.c, frame.shared)[c] = 0
    }
  }

  private func setScaleAndShift(
    _ shared: UnsafeMutablePointer<Float>, weight: UnsafePointer<Float>, bias: UnsafePointer<Float>
  ) {
    for c in 0..<channels {
      let scale = weight[c] * row(.inverseDeviation, shared)[c]
      row(.scale, shared)[c] = scale
      row(.shift, shared)[c] = bias[c]
    }
  }

  func gatherForward(_ frame: Frame) {
    channelMoments(
      frame.input(), realImages: frame.realImages, channels: channels, plane: plane, means: frame.gathered,
      squares: frame.gathered + channels)
  }

  func meetForward(_ meeting: Meeting) {
    let total = Double(meeting.images * plane)
    for c in 0..<channels {
      var (count, mean, squares) = (0.0, 0.0, 0.0)
      for shard in 0..<meeting.frames.count {
        let frame = meeting.frames[shard]
        let added = Double(frame.realImages * plane)
        let delta = frame.gathered[c] - mean
        squares += frame.gathered[channels + c] + delta * delta * count * added / (count + added)
        count += added
        mean += delta * added / count
      }
      let variance = squares / total
      row(.mean, meeting.shared)[c] = Float(mean)
      row(.inverseDeviation, meeting.shared)[c] = Float(1 / (variance + Double(options.epsilon)).squareRoot())
      let unbiased = total > 1 ? squares / (total - 1) : variance
      move(meeting.parameter(2) + c, towards: mean)
      move(meeting.parameter(3) + c, towards: unbiased)
    }
    setScaleAndShift(meeting.shared, weight: meeting.parameter(0), bias: meeting.parameter(1))
  }

  private func move(_ running: UnsafeMutablePointer<Float>, towards value: Double) {
    running.pointee += options.momentum * (Float(value) - running.pointee)
  }

  func forward(_ frame: Frame) {
    normalizeChannels(
      frame.input(), mean: row(.mean, frame.shared), scale: row(.scale, frame.shared), shift: row(.shift, frame.shared),
      channels: channels, plane: plane, into: frame.output)
  }

  func gatherBackward(_ frame: Frame) {
    normalizationGradientSums(
      frame.input(), frame.outputGradient, mean: row(.mean, frame.shared), channels: channels, plane: plane,
      sums: frame.gathered, products: frame.gathered + channels)
  }

  /// dx = scale · (dy − mean(dy) − x̂ · mean(dy · x̂)), written as dy · a + (x − mean) · b + c.
  func meetBackward(_ meeting: Meeting) {
    let total = Double(meeting.images * plane)
    for c in 0..<channels {
      var (sum, product) = (0.0, 0.0)
      for shard in 0..<meeting.frames.count {
        sum += meeting.frames[shard].gathered[c]
        product += meeting.frames[shard].gathered[channels + c]
      }
      let scale = row(.scale, meeting.shared)[c]
      let inverse = row(.inverseDeviation, meeting.shared)[c]
      row(.a, meeting.shared)[c] = scale
      row(.b, meeting.shared)[c] = -scale * (Float(product / total) * inverse * inverse)
      row(.c, meeting.shared)[c] = -scale * Float(sum / total)
    }
  }

  func backward(_ frame: Frame) {
    if !frame.context.isTraining { gatherBackward(frame) }
    if let sink = frame.inputGradient() {
      normalizationInputGradient(
        frame.input(), frame.outputGradient, imageWeights: frame.imageWeights,
        slopes: NormalizationSlopes(
          mean: row(.mean, frame.shared), a: row(.a, frame.shared), b: row(.b, frame.shared), c: row(.c, frame.shared)),
        channels: channels, plane: plane, accumulate: sink.accumulate, into: sink.lanes)
    }
    for c in 0..<channels {
      frame.parameterGradient(0)?[c] += Float(frame.gathered[channels + c]) * row(.inverseDeviation, frame.shared)[c]
      frame.parameterGradient(1)?[c] += Float(frame.gathered[c])
    }
  }
}
