// Sums, means, maxima and variances along axes of an image.

import Kernels
import Tensors

extension Variable {
  /// Σ x along axes, all of them when none are named; every summed element gets the sum's gradient.
  ///
  /// # Shapes
  /// - self: any; result: without the summed axes, or with length 1 there
  ///
  /// - Parameter keepDimensions: leaves a summed axis with length 1 instead of dropping it.
  /// - Throws: `ShapeError` when there is no such axis.
  public func sum(_ axes: [Int]? = nil, keepDimensions: Bool = false) throws -> Variable {
    try reduce("sum", axes, keepDimensions, factor: 1)
  }

  /// Σ x / n along axes; otherwise as `sum`.
  public func mean(_ axes: [Int]? = nil, keepDimensions: Bool = false) throws -> Variable {
    let reduced = try Reduction("mean", shape, axes)
    return try reduce("mean", axes, keepDimensions, factor: 1 / Float(reduced.length))
  }

  private func reduce(_ name: String, _ axes: [Int]?, _ keep: Bool, factor: Float) throws -> Variable {
    let reduction = try Reduction(name, shape, axes)
    return recordCopy(name, output: reduction.output(keep), to: reduction.view, shape: shape, factor: factor)
  }

  /// The largest element along axes; the first of equals receives the gradient. Otherwise as `sum`.
  ///
  /// - Throws: `ShapeError` when there is no such axis, or more than 2²⁴ elements.
  public func max(_ axes: [Int]? = nil, keepDimensions: Bool = false) throws -> Variable {
    try checkWinners("max", shape, among: shape.count)
    let reduction = try Reduction("max", shape, axes)
    let operation = MaxOperation(
      shape: shape.dimensions, dense: StridedView(dense: shape.dimensions), view: reduction.view, inCount: shape.count,
      outCount: reduction.output(true).count)
    return tape.record(operation, inputs: [self], output: reduction.output(keepDimensions))
  }

  /// Σ (x − mean)² / (n − correction) along axes; otherwise as `sum`.
  ///
  /// - Parameter correction: 1 for the unbiased estimate, as PyTorch's default; 0 for the variance of just these
  ///   numbers.
  public func variance(_ axes: [Int]? = nil, correction: Int = 1, keepDimensions: Bool = false) throws -> Variable {
    let reduction = try Reduction("variance", shape, axes)
    guard reduction.length > correction else {
      throw ShapeError("variance", [shape], rule: "more than \(correction) number(s) must be reduced")
    }
    let centered = try subtracting(mean(axes, keepDimensions: true))
    return try centered.multiplied(by: centered)
      .reduce("variance", axes, keepDimensions, factor: 1 / Float(reduction.length - correction))
  }
}

/// Which axes are reduced, and where each element of the input goes.
private struct Reduction {
  let input: Shape
  let axes: Set<Int>

  init(_ operation: String, _ shape: Shape, _ axes: [Int]?) throws {
    input = shape
    self.axes = Set(axes ?? Array(0..<shape.rank))
    guard self.axes.allSatisfy({ (0..<shape.rank).contains($0) }), axes.map({ $0.count == Set($0).count }) ?? true
    else {
      throw ShapeError(operation, [shape], rule: "axes \(axes ?? []) must be different ones of 0..<\(shape.rank)")
    }
  }

  /// Numbers that become one.
  var length: Int { axes.reduce(1) { $0 * input[$1] } }

  func output(_ keep: Bool) -> Shape {
    Shape(
      input.dimensions.indices.compactMap { axis in axes.contains(axis) ? (keep ? 1 : nil) : input[axis] })
  }

  /// The output as the input's indices see it: a stride of zero along reduced axes.
  var view: StridedView { broadcastView(output(true), to: input) }
}

struct MaxOperation: Operation {
  let name = "max"
  let readsInput = false
  let readsOutput = false
  let shape: [Int]
  let dense: StridedView
  /// The output, seen from the input's indices.
  let view: StridedView
  let inCount: Int
  let outCount: Int

  /// For each output, the index of the input that won, as a float.
  var savedLanes: Int { outCount }

  func forward(_ frame: Frame) {
    maximumStrided(frame.input(), dense, shape: shape, into: frame.output, view, count: outCount, winners: frame.saved)
  }

  func backward(_ frame: Frame) {
    guard let sink = frame.inputGradient() else { return }
    if !sink.accumulate { clearLanes(sink.lanes, count: inCount) }
    scatterToWinners(frame.outputGradient, view, winners: frame.saved, shape: shape, into: sink.lanes, dense)
  }
}
