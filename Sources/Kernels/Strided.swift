// Loops over blocks whose elements lie apart: copies, sums along axes, and arithmetic with broadcasting.

import CVector

/// Where the elements of a block lie in an operand: `offset + Σ index[axis] · strides[axis]`, in lanes.
///
/// A stride of zero repeats an element along an axis (reading), or adds up along it (accumulating).
public struct StridedView: Sendable, Hashable {
  public var offset: Int
  public var strides: [Int]

  public init(offset: Int = 0, strides: [Int]) {
    self.offset = offset
    self.strides = strides
  }

  /// The view of a dense row-major block.
  public init(dense shape: [Int]) {
    var strides = [Int](repeating: 0, count: shape.count)
    var step = 1
    for axis in shape.indices.reversed() {
      strides[axis] = step
      step *= shape[axis]
    }
    self.init(strides: strides)
  }
}

/// A block, and how some operands see it, with as few axes as can be: those of one element go, and neighbours that every
/// operand sees as one axis become one.
public func mergingAxes(_ shape: [Int], _ views: [StridedView]) -> (shape: [Int], views: [StridedView]) {
  var merged: [Int] = []
  var views = views
  for axis in shape.indices.reversed() {
    if shape[axis] == 1 {
      for index in views.indices { views[index].strides.remove(at: axis) }
    } else if let inner = merged.first, views.allSatisfy({ $0.strides[axis] == $0.strides[axis + 1] * inner }) {
      merged[0] *= shape[axis]
      for index in views.indices { views[index].strides.remove(at: axis) }
    } else {
      merged.insert(shape[axis], at: 0)
    }
  }
  return (merged, views)
}

/// target[view] = [previous +] factor · source[view], over all indices of `shape`.
///
/// - Parameter accumulate: also lets several indices add up in one element.
public func copyStrided(
  _ source: UnsafePointer<Lanes>, _ from: StridedView, into target: LanePointer, _ to: StridedView, shape: [Int],
  factor: Float = 1, accumulate: Bool
) {
  forEachRow(shape, from, to, to) { x, y, _, count, xStep, yStep, _ in
    let (source, target) = (source + x, target + y)
    if accumulate && yStep == 0 && count > 1 {
      let sum = lanes_from_doubles(longSum(count) { source[$0 &* xStep] })
      target.pointee = multiplyAdd(sum, Lanes(repeating: factor), target.pointee)
    } else if accumulate {
      for i in 0..<count {
        target[i &* yStep] = multiplyAdd(source[i &* xStep], Lanes(repeating: factor), target[i &* yStep])
      }
    } else {
      for i in 0..<count { target[i &* yStep] = source[i &* xStep] * factor }
    }
  }
}

/// The arithmetic of two operands.
public enum BinaryKind: Sendable, Hashable {
  case add, subtract, multiply, divide
}

/// target[view] = a ∘ b over all indices of `shape`.
public func combineStrided(
  _ kind: BinaryKind, _ a: UnsafePointer<Lanes>, _ aView: StridedView, _ b: UnsafePointer<Lanes>, _ bView: StridedView,
  shape: [Int], into target: LanePointer, _ view: StridedView
) {
  forEachRow(shape, aView, bView, view) { x, y, z, count, xStep, yStep, zStep in
    let (a, b, target) = (a + x, b + y, target + z)
    switch kind {
    case .add: for i in 0..<count { target[i &* zStep] = a[i &* xStep] + b[i &* yStep] }
    case .subtract: for i in 0..<count { target[i &* zStep] = a[i &* xStep] - b[i &* yStep] }
    case .multiply: for i in 0..<count { target[i &* zStep] = a[i &* xStep] * b[i &* yStep] }
    case .divide: for i in 0..<count { target[i &* zStep] = a[i &* xStep] / b[i &* yStep] }
    }
  }
}

/// gradient[view of a] += dy · other[view of b], over all indices of `shape`.
public func accumulateProduct(
  _ dy: UnsafePointer<Lanes>, _ dyView: StridedView, _ other: UnsafePointer<Lanes>, _ otherView: StridedView,
  shape: [Int],
  into gradient: LanePointer, _ view: StridedView
) {
  forEachRow(shape, dyView, otherView, view) { x, y, z, count, xStep, yStep, zStep in
    let (dy, other, gradient) = (dy + x, other + y, gradient + z)
    for i in 0..<count {
      gradient[i &* zStep] = multiplyAdd(dy[i &* xStep], other[i &* yStep], gradient[i &* zStep])
    }
  }
}

/// gradient[view of a] += dy / b, over all indices of `shape`.
public func accumulateQuotient(
  _ dy: UnsafePointer<Lanes>, _ dyView: StridedView, _ b: UnsafePointer<Lanes>, _ bView: StridedView, shape: [Int],
  into gradient: LanePointer, _ view: StridedView
) {
  forEachRow(shape, dyView, bView, view) { x, y, z, count, xStep, yStep, zStep in
    let (dy, b, gradient) = (dy + x, b + y, gradient + z)
    for i in 0..<count { gradient[i &* zStep] += dy[i &* xStep] / b[i &* yStep] }
  }
}

/// gradient[view of b] −= dy · quotient / b, over all indices of `shape`; quotient lies as dy does.
public func accumulateDivisorGradient(
  _ dy: UnsafePointer<Lanes>, quotient: UnsafePointer<Lanes>, _ dyView: StridedView, _ b: UnsafePointer<Lanes>,
  _ view: StridedView, shape: [Int], into gradient: LanePointer
) {
  forEachRow(shape, dyView, view, view) { x, y, _, count, xStep, yStep, _ in
    let (dy, quotient, b, gradient) = (dy + x, quotient + x, b + y, gradient + y)
    for i in 0..<count { gradient[i &* yStep] -= dy[i &* xStep] * quotient[i &* xStep] / b[i &* yStep] }
  }
}

/// Calls `row` for each innermost row of a block: the three operands' offsets, the row's length, their steps along it.
@inline(__always)
func forEachRow(
  _ shape: [Int], _ a: StridedView, _ b: StridedView, _ c: StridedView,
  _ row: (_ a: Int, _ b: Int, _ c: Int, _ count: Int, _ aStep: Int, _ bStep: Int, _ cStep: Int) -> Void
) {
  guard let count = shape.last, !shape.contains(0) else {
    if shape.isEmpty { row(a.offset, b.offset, c.offset, 1, 0, 0, 0) }
    return
  }
  let last = shape.count - 1
  var rows = 1
  for axis in 0..<last { rows *= shape[axis] }
  for number in 0..<rows {
    var (x, y, z, rest) = (a.offset, b.offset, c.offset, number)
    var axis = last - 1
    while axis >= 0 {
      let index = rest % shape[axis]
      rest /= shape[axis]
      x &+= index &* a.strides[axis]
      y &+= index &* b.strides[axis]
      z &+= index &* c.strides[axis]
      axis -= 1
    }
    row(x, y, z, count, a.strides[last], b.strides[last], c.strides[last])
  }
}

/// target[view] = the largest source element that maps there; `winners` holds its index, the first of equals.
///
/// - Parameters:
///   - from: dense.
///   - count: elements of target.
public func maximumStrided(
  _ source: UnsafePointer<Lanes>, _ from: StridedView, shape: [Int], into target: LanePointer, _ view: StridedView,
  count: Int,
  winners: LanePointer
) {
  for i in 0..<count {
    target[i] = Lanes(repeating: -.infinity)
    winners[i] = Lanes(repeating: -1)
  }
  forEachRow(shape, from, view, view) { x, y, _, count, xStep, yStep, _ in
    for i in 0..<count {
      let (from, to) = (x &+ i &* xStep, y &+ i &* yStep)
      let value = source[from]
      let wins = (value .> target[to]) .| (winners[to] .< 0) .| (value .!= value)
      target[to].replace(with: value, where: wins)
      winners[to].replace(with: Lanes(repeating: Float(from)), where: wins)
    }
  }
}

/// gradient[i] += dy[view] where i won.
public func scatterToWinners(
  _ dy: UnsafePointer<Lanes>, _ view: StridedView, winners: UnsafePointer<Lanes>, shape: [Int],
  into gradient: LanePointer, _ to: StridedView
) {
  forEachRow(shape, to, view, view) { x, y, _, count, xStep, yStep, _ in
    for i in 0..<count {
      let (to, from) = (x &+ i &* xStep, y &+ i &* yStep)
      gradient[to] += dy[from].replacing(with: 0, where: winners[from] .!= Lanes(repeating: Float(to)))
    }
  }
}
