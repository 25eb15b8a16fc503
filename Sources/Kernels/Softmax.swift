// Softmax and its logarithm along one axis.

import CVector

/// A block seen as `outer` × `length` × `inner`; the softmax runs along the middle.
public struct SoftmaxGeometry: Sendable, Hashable {
  public let outer: Int
  public let length: Int
  public let inner: Int
  public init(outer: Int, length: Int, inner: Int) {
    self.outer = outer
    self.length = length
    self.inner = inner
  }
}

/// y = softmax(x), or its logarithm; the largest element is subtracted first, so nothing overflows.
public func softmax(
  _ x: UnsafePointer<Lanes>, geometry g: SoftmaxGeometry, logarithm asLogarithm: Bool, into y: LanePointer
) {
  for outer in 0..<g.outer {
    for inner in 0..<g.inner {
      let start = outer &* g.length &* g.inner &+ inner
      var largest = x[start]
      for i in 1..<max(1, g.length) { largest = largest.maximum(x[start &+ i &* g.inner]) }
      let total = lanes_from_doubles(longSum(g.length) { exponential(x[start &+ $0 &* g.inner] - largest) })
      let logTotal = logarithm(total)
      let scale = 1 / total
      for i in 0..<g.length {
        let place = start &+ i &* g.inner
        let shifted = x[place] - largest
        y[place] = asLogarithm ? shifted - logTotal : exponential(shifted) * scale
      }
    }
  }
}

/// dx = [previous +] y · (dy − Σ dy · y) for softmax; dy − e^y · Σ dy for its logarithm.
public func softmaxGradient(
  _ y: UnsafePointer<Lanes>, _ dy: UnsafePointer<Lanes>, geometry g: SoftmaxGeometry, logarithm asLogarithm: Bool,
  accumulate: Bool,
  into dx: LanePointer
) {
  for outer in 0..<g.outer {
    for inner in 0..<g.inner {
      let start = outer &* g.length &* g.inner &+ inner
      let total = longSum(g.length) { i in
        let place = start &+ i &* g.inner
        return asLogarithm ? dy[place] : dy[place] * y[place]
      }
      let sum = lanes_from_doubles(total)
      for i in 0..<g.length {
        let place = start &+ i &* g.inner
        let gradient = asLogarithm ? dy[place] - exponential(y[place]) * sum : y[place] * (dy[place] - sum)
        dx[place] = accumulate ? dx[place] + gradient : gradient
      }
    }
  }
}
