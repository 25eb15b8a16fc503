// Dropout with inverted scaling.

import Kernels
import Tensors

/// In training, each element becomes zero with probability p and is divided by 1 − p otherwise, so that its expectation
/// is unchanged; in evaluation nothing happens.
///
/// Which elements drop depends on (seed, step, stream, image, element) alone.
///
/// # Shapes
/// - x, result: any
///
/// Source: Srivastava et al., "Dropout" (2014), with the scaling moved to training.
///
/// - Parameter stream: tells the dropout layers of a net apart.
/// - Throws: `ShapeError` when p is not in 0...1.
public func dropout(_ x: Variable, probability: Float, stream: Int) throws -> Variable {
  try record("dropout", x, probability, stream, plane: 1)
}

/// Dropout of whole channels: all of a channel's elements drop together, or none.
///
/// # Shapes
/// - x, result: (C, H, W) an image
///
/// Source: Tompson et al., "Efficient object localization using convolutional networks" (2015).
///
/// - Throws: `ShapeError` when p is not in 0...1, or x has not three axes.
public func dropout2d(_ x: Variable, probability: Float, stream: Int) throws -> Variable {
  guard x.shape.rank == 3 else {
    throw ShapeError("dropout2d", [x.shape], rule: "the input of one image must be channels×height×width")
  }
  return try record("dropout2d", x, probability, stream, plane: x.shape[1] * x.shape[2])
}

private func record(
  _ name: String, _ x: Variable, _ probability: Float, _ stream: Int, plane: Int
) throws -> Variable {
  guard (0...1).contains(probability) else {
    throw ShapeError(name, [x.shape], rule: "p must be between 0 and 1, not \(probability)", option: "p")
  }
  let operation = DropoutOperation(
    name: name, count: x.shape.count, plane: plane, probability: probability, stream: stream)
  return x.tape.record(operation, inputs: [x], output: x.shape)
}

/// What dropout multiplies each element of a batch's first image by in a step: 0, or 1 / (1 − p).
///
/// - Parameter plane: neighbouring elements that share one decision.
package func dropoutFactors(
  count: Int, plane: Int, probability: Float, stream: Int, seed: UInt64, step: Int
) -> [Float] {
  let lanes = AlignedBuffer(lanes: count)
  fillDropoutFactors(
    lanes.lanes, count: count / plane, probability: probability, firstImage: 0,
    stream: DropoutOperation.words(step: step, stream: stream), key: RandomStream.key(seed))
  repeatLanes(lanes.lanes, count: count / plane, times: plane)
  return (0..<count).map { lanes.lanes[$0][0] }
}

struct DropoutOperation: Operation {
  let name: String
  let worksInPlace = true
  let readsInput = false
  let readsOutput = false
  let count: Int
  /// Neighbouring elements that share one decision.
  let plane: Int
  let probability: Float
  let stream: Int

  /// The factors, 0 or 1 / (1 − p).
  var savedLanes: Int { count }

  func forward(_ frame: Frame) {
    guard frame.context.isTraining && probability > 0 else {
      copyLanes(frame.input(), count: count, accumulate: false, into: frame.output)
      return
    }
    fillDropoutFactors(
      frame.saved, count: count / plane, probability: probability, firstImage: frame.firstImage,
      stream: DropoutOperation.words(step: frame.context.step, stream: stream),
      key: RandomStream.key(frame.context.seed))
    repeatLanes(frame.saved, count: count / plane, times: plane)
    multiplyLanes(frame.input(), by: frame.saved, count: count, accumulate: false, into: frame.output)
  }

  /// What tells the numbers of a step and a layer from others.
  static func words(step: Int, stream: Int) -> SIMD2<UInt32> {
    SIMD2(
      UInt32(truncatingIfNeeded: step), UInt32(truncatingIfNeeded: stream) << 8 | RandomPurpose.dropout.rawValue)
  }

  func backward(_ frame: Frame) {
    guard let sink = frame.inputGradient() else { return }
    guard frame.context.isTraining && probability > 0 else {
      copyLanes(frame.outputGradient, count: count, accumulate: sink.accumulate, into: sink.lanes)
      return
    }
    multiplyLanes(frame.outputGradient, by: frame.saved, count: count, accumulate: sink.accumulate, into: sink.lanes)
  }
}
