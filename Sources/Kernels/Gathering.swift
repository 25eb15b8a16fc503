// Elements that are copies or weighted means of others: borders, and images at another size.

/// Where each element along one axis comes from: one element, or a mean of two.
public struct AxisSources: Sendable, Hashable {
  let first: [Int]
  let second: [Int]
  /// The weight of the second; the first has the rest.
  let weights: [Float]

  public var count: Int { first.count }

  /// - Parameter weights: nil for copies of the first.
  public init(first: [Int], second: [Int]? = nil, weights: [Float]? = nil) {
    self.first = first
    self.second = second ?? first
    self.weights = weights ?? [Float](repeating: 0, count: first.count)
  }
}

/// y(c, h, w) = the mean of x(c) over the sources of row h and column w, weighted along both axes.
public func gatherLanes(
  _ x: UnsafePointer<Lanes>, rows: AxisSources, columns: AxisSources, channels: Int, height: Int, width: Int,
  into y: LanePointer
) {
  var target = y
  for channel in 0..<channels {
    let plane = x + channel &* height &* width
    for h in rows.first.indices {
      let (top, bottom) = (plane + rows.first[h] &* width, plane + rows.second[h] &* width)
      let low = rows.weights[h]
      for w in columns.first.indices {
        let (left, right, share) = (columns.first[w], columns.second[w], columns.weights[w])
        if low == 0 && share == 0 {
          target.pointee = top[left]
        } else {
          let upper = top[left] * (1 - share) + top[right] * share
          let lower = bottom[left] * (1 - share) + bottom[right] * share
          target.pointee = upper * (1 - low) + lower * low
        }
        target += 1
      }
    }
  }
}

/// dx += each output's gradient, shared out among its sources by their weights.
public func scatterGathered(
  _ dy: UnsafePointer<Lanes>, rows: AxisSources, columns: AxisSources, channels: Int, height: Int, width: Int,
  into dx: LanePointer
) {
  var source = dy
  for channel in 0..<channels {
    let plane = dx + channel &* height &* width
    for h in rows.first.indices {
      let (top, bottom) = (plane + rows.first[h] &* width, plane + rows.second[h] &* width)
      let low = rows.weights[h]
      for w in columns.first.indices {
        let (left, right, share) = (columns.first[w], columns.second[w], columns.weights[w])
        let gradient = source.pointee
        if low == 0 && share == 0 {
          top[left] += gradient
        } else {
          top[left] += gradient * ((1 - low) * (1 - share))
          top[right] += gradient * ((1 - low) * share)
          bottom[left] += gradient * (low * (1 - share))
          bottom[right] += gradient * (low * share)
        }
        source += 1
      }
    }
  }
}
