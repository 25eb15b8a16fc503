// Addition, subtraction, multiplication and division, with broadcasting.

import Kernels
import Tensors

extension Variable {
  /// self + other, element by element, with NumPy's broadcasting: shapes are aligned at their last axes, and an axis of
  /// length 1 repeats; its gradient is the sum over the repetitions.
  ///
  /// # Shapes
  /// - self, other: any that broadcast; result: on each axis the longer of the two
  ///
  /// - Throws: `ShapeError` when an axis has two different lengths, neither of them 1.
  public func adding(_ other: Variable) throws -> Variable { try combine("add", .add, self, other) }
  /// self − other; shapes and errors as `adding`.
  public func subtracting(_ other: Variable) throws -> Variable { try combine("subtract", .subtract, self, other) }
  /// self · other, element by element; shapes and errors as `adding`.
  public func multiplied(by other: Variable) throws -> Variable { try combine("multiply", .multiply, self, other) }
  /// self / other, element by element; shapes and errors as `adding`. A division by zero gives what IEEE 754 says.
  public func divided(by other: Variable) throws -> Variable { try combine("divide", .divide, self, other) }

  /// The shape repeated along axes of length 1, or along new leading axes.
  ///
  /// - Throws: `ShapeError` when this shape does not broadcast to that one.
  public func broadcast(to shape: Shape) throws -> Variable {
    guard try broadcastShape("broadcast", self.shape, shape) == shape else {
      throw ShapeError(
        "broadcast", [self.shape, shape], rule: "the first must stretch to the second, not both to a third")
    }
    return recordCopy("broadcast", output: shape, from: broadcastView(self.shape, to: shape), shape: shape)
  }
}

/// The common shape of two operands.
func broadcastShape(_ operation: String, _ a: Shape, _ b: Shape) throws -> Shape {
  let rank = max(a.rank, b.rank)
  return Shape(
    try (0..<rank).map { axis in
      let x = axis < rank - a.rank ? 1 : a[axis - rank + a.rank]
      let y = axis < rank - b.rank ? 1 : b[axis - rank + b.rank]
      guard x == y || x == 1 || y == 1 else {
        throw ShapeError(
          operation, [a, b], rule: "axes of length \(x) and \(y) do not broadcast: they must be equal, or one of them 1"
        )
      }
      return max(x, y) == 1 ? 1 : x == 1 ? y : x
    })
}

/// How a dense operand is read when it is stretched to a shape.
func broadcastView(_ operand: Shape, to shape: Shape) -> StridedView {
  let dense = StridedView(dense: operand.dimensions).strides
  let missing = shape.rank - operand.rank
  return StridedView(
    strides: shape.dimensions.indices.map { axis in
      axis < missing || operand[axis - missing] == 1 ? 0 : dense[axis - missing]
    })
}

private func combine(_ name: String, _ kind: BinaryKind, _ a: Variable, _ b: Variable) throws -> Variable {
  let shape = try broadcastShape(name, a.shape, b.shape)
  let (merged, views) = mergingAxes(
    shape.dimensions,
    [broadcastView(shape, to: shape), broadcastView(a.shape, to: shape), broadcastView(b.shape, to: shape)])
  let operation = BinaryOperation(
    name: name, kind: kind, shape: merged, dense: views[0], a: views[1], b: views[2], aCount: a.shape.count,
    bCount: b.shape.count)
  return a.tape.record(operation, inputs: [a, b], output: shape)
}

struct BinaryOperation: Operation {
  let name: String
  let kind: BinaryKind
  let shape: [Int]
  let dense: StridedView
  let a: StridedView
  let b: StridedView
  let aCount: Int
  let bCount: Int
  /// Whether it is a sum in which nothing repeats: in the place of its first operand, whose gradient is then there already.
  let worksInPlace: Bool

  init(
    name: String, kind: BinaryKind, shape: [Int], dense: StridedView, a: StridedView, b: StridedView, aCount: Int,
    bCount: Int
  ) {
    (self.name, self.kind, self.shape) = (name, kind, shape)
    (self.dense, self.a, self.b, self.aCount, self.bCount) = (dense, a, b, aCount, bCount)
    worksInPlace = kind == .add && a == dense && b == dense
  }

  var readsInput: Bool { kind == .multiply || kind == .divide }
  var readsOutput: Bool { kind == .divide }

  var portions: Int { worksInPlace ? Portion.most(lanes: aCount) : 1 }

  func forward(_ frame: Frame) {
    if worksInPlace {
      let own = frame.portion.range(of: aCount)
      return addLanes(
        frame.input(0) + own.lowerBound, frame.input(1) + own.lowerBound, count: own.count,
        into: frame.output + own.lowerBound)
    }
    combineStrided(kind, frame.input(0), a, frame.input(1), b, shape: shape, into: frame.output, dense)
  }

  /// d(a + b) = dy, dy; d(a − b) = dy, −dy; d(a · b) = dy · b, dy · a; d(a / b) = dy / b, −dy · (a / b) / b; each
  /// summed over the axes along which its operand was repeated.
  func backward(_ frame: Frame) {
    // Where nothing repeats, a sum hands the gradient on.
    func handOn(_ count: Int, _ sink: GradientSink) {
      let own = frame.portion.range(of: count)
      copyLanes(
        frame.outputGradient + own.lowerBound, count: own.count, accumulate: sink.accumulate,
        into: sink.lanes + own.lowerBound)
    }
    if let sink = frame.inputGradient(0) {
      if kind == .add || kind == .subtract, a == dense { handOn(aCount, sink) } else { addGradient(0, sink, frame) }
    }
    if let sink = frame.inputGradient(1) {
      if kind == .add, b == dense {
        handOn(bCount, sink)
      } else {
        addGradient(1, sink, frame)
      }
    }
  }

  /// An operand's gradient where it is more than the output's.
  private func addGradient(_ operand: Int, _ sink: GradientSink, _ frame: Frame) {
    let dy = frame.outputGradient
    if !sink.accumulate { clearLanes(sink.lanes, count: operand == 0 ? aCount : bCount) }
    if operand == 0 {
      switch kind {
      case .add, .subtract: copyStrided(dy, dense, into: sink.lanes, a, shape: shape, accumulate: true)
      case .multiply: accumulateProduct(dy, dense, frame.input(1), b, shape: shape, into: sink.lanes, a)
      case .divide: accumulateQuotient(dy, dense, frame.input(1), b, shape: shape, into: sink.lanes, a)
      }
    } else {
      switch kind {
      case .add: copyStrided(dy, dense, into: sink.lanes, b, shape: shape, accumulate: true)
      case .subtract: copyStrided(dy, dense, into: sink.lanes, b, shape: shape, factor: -1, accumulate: true)
      case .multiply: accumulateProduct(dy, dense, frame.input(0), a, shape: shape, into: sink.lanes, b)
      case .divide:
        accumulateDivisorGradient(
          dy, quotient: UnsafePointer(frame.output), dense, frame.input(1), b, shape: shape, into: sink.lanes)
      }
    }
  }
}
