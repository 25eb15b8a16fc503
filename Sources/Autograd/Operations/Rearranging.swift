// Operations that only move numbers: padding, slicing, swapping axes, joining; and the sums that undo repetition.

import Kernels
import Tensors

extension Variable {
  /// Zeros around the last two axes; `unpad2d` undoes it, for any amounts, zero included.
  ///
  /// # Shapes
  /// - self: (…, H, W) an image
  /// - result: (…, top + H + bottom, left + W + right)
  ///
  /// - Throws: `ShapeError` when there are fewer than two axes, or an amount is negative.
  public func pad2d(_ padding: Padding2d) throws -> Variable {
    try checkPadding("pad2d", padding)
    let (height, width) = (shape[shape.rank - 2], shape[shape.rank - 1])
    let output = replacingLast(height + padding.top + padding.bottom, width + padding.left + padding.right)
    try output.checkSize("pad2d", [shape], option: "padding")
    var view = StridedView(dense: output.dimensions)
    view.offset = padding.top * (width + padding.left + padding.right) + padding.left
    return recordCopy("pad2d", output: output, to: view, shape: shape)
  }

  /// The inside of the last two axes, without so many rows and columns at each side.
  ///
  /// - Throws: `ShapeError` when nothing would be left, or an amount is negative.
  public func unpad2d(_ padding: Padding2d) throws -> Variable {
    try checkPadding("unpad2d", padding)
    let height = shape[shape.rank - 2] - padding.top - padding.bottom
    let width = shape[shape.rank - 1] - padding.left - padding.right
    guard height > 0 && width > 0 else {
      throw ShapeError("unpad2d", [shape], rule: "\(height)×\(width) would be left; at least 1×1 must be")
    }
    var view = StridedView(dense: shape.dimensions)
    view.offset = padding.top * shape[shape.rank - 1] + padding.left
    let output = replacingLast(height, width)
    return recordCopy("unpad2d", output: output, from: view, shape: output)
  }

  func checkPadding(_ operation: String, _ p: Padding2d) throws {
    guard shape.rank >= 2 else { throw ShapeError(operation, [shape], rule: "there must be at least two axes") }
    guard min(p.top, p.bottom, p.left, p.right) >= 0 else {
      throw ShapeError(operation, [shape], rule: "padding must not be negative", option: "padding")
    }
  }

  func replacingLast(_ height: Int, _ width: Int) -> Shape {
    Shape(Array(shape.dimensions.dropLast(2)) + [height, width])
  }

  /// The axes in another order: result axis i is this one's axis `order[i]`.
  ///
  /// - Throws: `ShapeError` when `order` does not name every axis once.
  public func transposed(_ order: [Int]) throws -> Variable {
    guard order.sorted() == Array(0..<shape.rank) else {
      throw ShapeError("transpose", [shape], rule: "the order \(order) must name each of \(shape.rank) axes once")
    }
    let dense = StridedView(dense: shape.dimensions).strides
    let output = Shape(order.map { shape[$0] })
    return recordCopy(
      "transpose", output: output, from: StridedView(strides: order.map { dense[$0] }), shape: output)
  }

  /// Two axes exchanged.
  ///
  /// - Throws: `ShapeError` when there is no such axis.
  public func swappingAxes(_ a: Int, _ b: Int) throws -> Variable {
    guard (0..<shape.rank).contains(a) && (0..<shape.rank).contains(b) else {
      throw ShapeError("swap_axes", [shape], rule: "axes \(a) and \(b) must be among 0..<\(shape.rank)")
    }
    var order = Array(0..<shape.rank)
    order.swapAt(a, b)
    return try transposed(order)
  }

  /// (C, H, W) → (C, H/b, W/b, b, b): the image cut into blocks of b×b, which is how block pooling is written.
  ///
  /// - Throws: `ShapeError` when b does not divide height and width.
  public func blocks(_ size: Int) throws -> Variable {
    guard shape.rank == 3, size > 0, shape[1] % size == 0, shape[2] % size == 0 else {
      throw ShapeError("blocks", [shape], rule: "blocks of \(size)×\(size) must divide the height and width of C×H×W")
    }
    return try reshaped([shape[0], shape[1] / size, size, shape[2] / size, size]).swappingAxes(2, 3)
  }

  /// The part of an axis from a range of indices, every `step`-th of them.
  ///
  /// - Throws: `ShapeError` when the range is not inside the axis or the step is not positive.
  public func sliced(axis: Int, _ range: Range<Int>, step: Int = 1) throws -> Variable {
    guard (0..<shape.rank).contains(axis), step > 0, range.lowerBound >= 0, !range.isEmpty,
      range.upperBound <= shape[axis]
    else {
      throw ShapeError("slice", [shape], rule: "\(range) by \(step) must lie in axis \(axis), and hold something")
    }
    var view = StridedView(dense: shape.dimensions)
    view.offset = range.lowerBound * view.strides[axis]
    view.strides[axis] *= step
    var dimensions = shape.dimensions
    dimensions[axis] = (range.count + step - 1) / step
    return recordCopy("slice", output: Shape(dimensions), from: view, shape: Shape(dimensions))
  }

  /// Records a copy of a block of `shape` from a view of this value to a view of the output (dense unless given).
  func recordCopy(
    _ name: String, output: Shape, from: StridedView? = nil, to: StridedView? = nil, shape: Shape, factor: Float = 1
  ) -> Variable {
    let dense = StridedView(dense: shape.dimensions)
    let (merged, views) = mergingAxes(shape.dimensions, [from ?? dense, to ?? dense])
    let operation = CopyOperation(
      name: name, shape: merged, from: views[0], to: views[1], factor: factor, inCount: self.shape.count,
      outCount: output.count)
    return tape.record(operation, inputs: [self], output: output)
  }
}

/// Values side by side along an axis they already have.
///
/// - Throws: `ShapeError` when there is nothing to join, or the other axes differ.
public func concatenate(_ values: [Variable], axis: Int) throws -> Variable {
  guard let first = values.first, (0..<first.shape.rank).contains(axis) else {
    throw ShapeError("concatenate", values.map(\.shape), rule: "there must be a value that has axis \(axis)")
  }
  var length = 0
  for value in values {
    var (a, b) = (value.shape.dimensions, first.shape.dimensions)
    guard a.count == b.count else {
      throw ShapeError("concatenate", [first.shape, value.shape], rule: "both must have as many axes")
    }
    length += a[axis]
    (a[axis], b[axis]) = (0, 0)
    guard a == b else {
      throw ShapeError("concatenate", [first.shape, value.shape], rule: "all axes but \(axis) must be equal")
    }
  }
  var dimensions = first.shape.dimensions
  dimensions[axis] = length
  let dense = StridedView(dense: dimensions)
  var start = 0
  let parts = values.map { value in
    defer { start += value.shape[axis] }
    return ConcatenateOperation.Part(
      shape: value.shape.dimensions, from: StridedView(dense: value.shape.dimensions),
      to: StridedView(offset: start * dense.strides[axis], strides: dense.strides))
  }
  return first.tape.record(ConcatenateOperation(parts: parts), inputs: values, output: Shape(dimensions))
}

/// Values side by side along a new axis.
///
/// - Throws: `ShapeError` when the shapes differ.
public func stack(_ values: [Variable], axis: Int = 0) throws -> Variable {
  guard let first = values.first, (0...first.shape.rank).contains(axis) else {
    throw ShapeError("stack", values.map(\.shape), rule: "axis \(axis) must fit between the axes of a value")
  }
  var dimensions = first.shape.dimensions
  dimensions.insert(1, at: axis)
  return try concatenate(
    values.map { value in
      guard value.shape == first.shape else {
        throw ShapeError("stack", [first.shape, value.shape], rule: "all must have one shape")
      }
      return try value.reshaped(Shape(dimensions))
    }, axis: axis)
}

/// target[to] = factor · source[from]: one direction is a copy, the other adds up.
struct CopyOperation: Operation {
  let name: String
  let readsInput = false
  let readsOutput = false
  let shape: [Int]
  let from: StridedView
  let to: StridedView
  let factor: Float
  let inCount: Int
  let outCount: Int

  func forward(_ frame: Frame) {
    let covers = coversEachOnce(to, outCount)
    if !covers { clearLanes(frame.output, count: outCount) }
    copyStrided(frame.input(), from, into: frame.output, to, shape: shape, factor: factor, accumulate: !covers)
  }

  func backward(_ frame: Frame) {
    guard let sink = frame.inputGradient() else { return }
    let assigns = !sink.accumulate && coversEachOnce(from, inCount)
    if !sink.accumulate && !assigns { clearLanes(sink.lanes, count: inCount) }
    copyStrided(frame.outputGradient, to, into: sink.lanes, from, shape: shape, factor: factor, accumulate: !assigns)
  }

  /// Whether a view of so many elements meets each of them exactly once.
  private func coversEachOnce(_ view: StridedView, _ count: Int) -> Bool {
    shape.reduce(1, *) == count && zip(shape, view.strides).allSatisfy { $0 == 1 || $1 != 0 }
  }
}

struct ConcatenateOperation: Operation {
  struct Part: Sendable {
    let shape: [Int]
    let from: StridedView
    let to: StridedView
  }

  let name = "concatenate"
  let readsInput = false
  let readsOutput = false
  let parts: [Part]

  func forward(_ frame: Frame) {
    for (index, part) in parts.enumerated() {
      copyStrided(
        frame.input(index), part.from, into: frame.output, part.to, shape: part.shape,
        accumulate: false)
    }
  }

  func backward(_ frame: Frame) {
    for (index, part) in parts.enumerated() {
      guard let sink = frame.inputGradient(index) else { continue }
      copyStrided(
        frame.outputGradient, part.to, into: sink.lanes, part.from, shape: part.shape,
        accumulate: sink.accumulate)
    }
  }
}
