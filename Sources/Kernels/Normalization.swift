// Per-channel moments, the normalisation itself, and the sums its gradient needs.

import CVector

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

// MARK: - Within one image

/// y = (x − mean) / √(variance + ε) over `count` elements, each image for itself.
public func normalizeGroup(
  _ x: UnsafePointer<Lanes>, count: Int, epsilon: Float, into y: LanePointer, inverseDeviation: LanePointer
) {
  var sum = Lanes.zero
  for i in 0..<count { sum += x[i] }
  let mean = sum / Float(count)
  var squares = Lanes.zero
  for i in 0..<count {
    let d = x[i] - mean
    squares = multiplyAdd(d, d, squares)
  }
  let inverse = 1 / lanes_square_root(squares / Float(count) + epsilon)
  for i in 0..<count { y[i] = (x[i] - mean) * inverse }
  inverseDeviation.pointee = inverse
}

/// y(i) = x(i) · weight(i / repeats) + bias(i / repeats)
public func scaleByParameter(
  _ x: UnsafePointer<Lanes>, weight: UnsafePointer<Float>?, bias: UnsafePointer<Float>?, repeats: Int, count: Int,
  into y: LanePointer
) {
  for i in 0..<count {
    let parameter = i / repeats
    y[i] = multiplyAdd(
      x[i], Lanes(repeating: weight.map { $0[parameter] } ?? 1), Lanes(repeating: bias.map { $0[parameter] } ?? 0))
  }
}

/// weightGradient(i / repeats) += Σ over images of dy(i) · x̂(i)
public func accumulateScaleGradient(
  _ dy: UnsafePointer<Lanes>, _ normalized: UnsafePointer<Lanes>, repeats: Int, count: Int,
  into gradient: UnsafeMutablePointer<Float>
) {
  for parameter in 0..<count / repeats {
    var sum = Lanes.zero
    for i in parameter &* repeats..<(parameter &+ 1) &* repeats { sum = multiplyAdd(dy[i], normalized[i], sum) }
    gradient[parameter] += sum.treeSum
  }
}

/// dx = [previous +] inverse · (g − mean(g) − x̂ · mean(g · x̂)) with g = dy · weight.
///
/// - Parameter first: the group's first element within the image, for finding its weights.
public func normalizeGroupGradient(
  _ dy: UnsafePointer<Lanes>, normalized: UnsafePointer<Lanes>, inverseDeviation: UnsafePointer<Lanes>,
  weight: UnsafePointer<Float>?, first: Int, repeats: Int, count: Int, accumulate: Bool, into dx: LanePointer
) {
  func scaled(_ i: Int) -> Lanes { dy[i] * (weight.map { $0[(first &+ i) / repeats] } ?? 1) }
  var sum = Lanes.zero
  var product = Lanes.zero
  for i in 0..<count {
    sum += scaled(i)
    product = multiplyAdd(scaled(i), normalized[i], product)
  }
  let (meanSum, meanProduct) = (sum / Float(count), product / Float(count))
  for i in 0..<count {
    let gradient = inverseDeviation.pointee * (scaled(i) - meanSum - normalized[i] * meanProduct)
    dx[i] = accumulate ? dx[i] + gradient : gradient
  }
}
