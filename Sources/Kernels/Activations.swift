// Element-wise activations and their gradients.

/// y = max(x, 0); a NaN stays a NaN.
public func relu(_ x: UnsafePointer<Lanes>, count: Int, into y: LanePointer) {
  for i in 0..<count { y[i] = x[i].replacing(with: 0, where: x[i] .< 0) }
}

/// dx = [previous +] dy where y > 0, otherwise 0: the subgradient at zero is zero, as in PyTorch.
public func reluGradient(
  _ y: UnsafePointer<Lanes>, _ dy: UnsafePointer<Lanes>, count: Int, accumulate: Bool, into dx: LanePointer
) {
  if accumulate {
    for i in 0..<count { dx[i] += dy[i].replacing(with: 0, where: y[i] .<= 0) }
  } else {
    for i in 0..<count { dx[i] = dy[i].replacing(with: 0, where: y[i] .<= 0) }
  }
}

/// Σ x · dy over the elements where x ≤ 0, and over all lanes.
public func negativeProductSum(_ x: UnsafePointer<Lanes>, _ dy: UnsafePointer<Lanes>, count: Int) -> Float {
  Float(longSum(count) { (x[$0] * dy[$0]).replacing(with: 0, where: x[$0] .> 0) }.treeSum)
}

/// target = [previous +] x · factor, element by element.
public func multiplyLanes(
  _ x: UnsafePointer<Lanes>, by factor: UnsafePointer<Lanes>, count: Int, accumulate: Bool, into target: LanePointer
) {
  if accumulate {
    for i in 0..<count { target[i] = multiplyAdd(x[i], factor[i], target[i]) }
  } else {
    for i in 0..<count { target[i] = x[i] * factor[i] }
  }
}

/// target = x + y.
public func addLanes(_ x: UnsafePointer<Lanes>, _ y: UnsafePointer<Lanes>, count: Int, into target: LanePointer) {
  for i in 0..<count { target[i] = x[i] + y[i] }
}

/// target = [previous +] x; `target` may be `x`.
public func copyLanes(_ x: UnsafePointer<Lanes>, count: Int, accumulate: Bool, into target: LanePointer) {
  if accumulate {
    for i in 0..<count { target[i] += x[i] }
  } else if UnsafePointer(target) != x {
    target.update(from: x, count: count)
  }
}

/// Writes zero to a run of lanes.
public func clearLanes(_ target: LanePointer, count: Int) {
  target.update(repeating: .zero, count: count)
}

/// Spreads the first `count` values so that each stands `times` times in a row, in place.
public func repeatLanes(_ values: LanePointer, count: Int, times: Int) {
  guard times > 1 else { return }
  // From the end, so that no value is overwritten before it has been read.
  for i in stride(from: count - 1, through: 0, by: -1) {
    let value = values[i]
    for j in 0..<times { values[i &* times &+ j] = value }
  }
}
