// Per-channel moments, the normalisation itself, and the sums its gradient needs.

/// The mean and the sum of squared deviations of each channel over a shard's real images.
///
/// - Parameters:
///   - imageWeights: one lanes value, 1 for a real image and 0 for one that fills a short shard.
///   - count: real images × plane.
///   - means, deviations: `channels` floats each, written.
public func channelMoments(
  _ x: UnsafePointer<Lanes>, imageWeights: UnsafePointer<Lanes>, channels: Int, plane: Int, count: Float,
  means: UnsafeMutablePointer<Float>, deviations: UnsafeMutablePointer<Float>
) {
  let weights = imageWeights.pointee
  for channel in 0..<channels {
    let row = x + channel &* plane
    var sum = Lanes.zero
    for i in 0..<plane { sum += row[i] }
    let mean = (sum * weights).treeSum / count
    var squares = Lanes.zero
    for i in 0..<plane {
      let d = row[i] - mean
      squares = multiplyAdd(d, d, squares)
    }
    means[channel] = mean
    deviations[channel] = (squares * weights).treeSum
  }
}

/// y = x · scale(channel) + shift(channel)
public func scaleAndShift(
  _ x: UnsafePointer<Lanes>, scale: UnsafePointer<Float>, shift: UnsafePointer<Float>, channels: Int, plane: Int,
  into y: LanePointer
) {
  for channel in 0..<channels {
    let a = Lanes(repeating: scale[channel])
    let b = Lanes(repeating: shift[channel])
    let from = x + channel &* plane
    let to = y + channel &* plane
    for i in 0..<plane { to[i] = multiplyAdd(from[i], a, b) }
  }
}

/// Per channel: Σ dy, and Σ dy · (x − mean) · inverseDeviation.
///
/// Filler images add nothing: their dy is zero.
public func normalizationGradientSums(
  _ x: UnsafePointer<Lanes>, _ dy: UnsafePointer<Lanes>, mean: UnsafePointer<Float>,
  inverseDeviation: UnsafePointer<Float>, channels: Int, plane: Int, sums: UnsafeMutablePointer<Float>,
  products: UnsafeMutablePointer<Float>
) {
  for channel in 0..<channels {
    let from = x + channel &* plane
    let gradient = dy + channel &* plane
    let center = Lanes(repeating: mean[channel])
    var sum = Lanes.zero
    var product = Lanes.zero
    for i in 0..<plane {
      sum += gradient[i]
      product = multiplyAdd(gradient[i], from[i] - center, product)
    }
    sums[channel] = sum.treeSum
    products[channel] = product.treeSum * inverseDeviation[channel]
  }
}

/// dx = [previous +] weight · (dy · a(channel) + x · b(channel) + c(channel)), zero for filler images.
public func normalizationInputGradient(
  _ x: UnsafePointer<Lanes>, _ dy: UnsafePointer<Lanes>, imageWeights: UnsafePointer<Lanes>, a: UnsafePointer<Float>,
  b: UnsafePointer<Float>, c: UnsafePointer<Float>, channels: Int, plane: Int, accumulate: Bool, into dx: LanePointer
) {
  let weights = imageWeights.pointee
  for channel in 0..<channels {
    let from = x + channel &* plane
    let gradient = dy + channel &* plane
    let target = dx + channel &* plane
    let slope = weights * a[channel]
    let pull = weights * b[channel]
    let push = weights * c[channel]
    for i in 0..<plane {
      var value = multiplyAdd(gradient[i], slope, multiplyAdd(from[i], pull, push))
      if accumulate { value += target[i] }
      target[i] = value
    }
  }
}
