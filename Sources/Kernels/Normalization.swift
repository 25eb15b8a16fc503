// Normalisation over the images of a batch: per-channel moments, the normalisation itself, and what its gradient needs.

import CVector

/// The mean and the sum of squared deviations of some channels over a shard's real images.
///
/// - Parameter means, squares: one number a channel of all, written.
public func channelMoments(
  _ x: UnsafePointer<Lanes>, realImages: Int, channels: Range<Int>, plane: Int, means: UnsafeMutablePointer<Double>,
  squares: UnsafeMutablePointer<Double>
) {
  for channel in channels {
    var moments = LaneMoments()
    moments.add(x + channel &* plane, count: plane)
    (means[channel], squares[channel]) = moments.joined(realImages)
  }
}

/// y = (x − mean(channel)) · scale(channel) + shift(channel)
///
/// The mean is taken away by itself: as a part of the shift it would cancel digits where it is far from zero.
public func normalizeChannels(
  _ x: UnsafePointer<Lanes>, mean: UnsafePointer<Float>, scale: UnsafePointer<Float>, shift: UnsafePointer<Float>,
  channels: Range<Int>, plane: Int, into y: LanePointer
) {
  for channel in channels {
    let center = Lanes(repeating: mean[channel])
    let a = Lanes(repeating: scale[channel])
    let b = Lanes(repeating: shift[channel])
    let from = x + channel &* plane
    let to = y + channel &* plane
    for i in 0..<plane { to[i] = multiplyAdd(from[i] - center, a, b) }
  }
}

/// Per channel: Σ dy, and Σ dy · (x − mean).
///
/// Filler images add nothing: their dy is zero.
public func normalizationGradientSums(
  _ x: UnsafePointer<Lanes>, _ dy: UnsafePointer<Lanes>, mean: UnsafePointer<Float>, channels: Range<Int>, plane: Int,
  sums: UnsafeMutablePointer<Double>, products: UnsafeMutablePointer<Double>
) {
  for channel in channels {
    let from = x + channel &* plane
    let gradient = dy + channel &* plane
    let center = Lanes(repeating: mean[channel])
    let (sum, product) = longSums(plane, { gradient[$0] }, times: { from[$0] - center })
    sums[channel] = sum.treeSum
    products[channel] = product.treeSum
  }
}

/// The numbers of `normalizationInputGradient`, one a channel each.
public struct NormalizationSlopes {
  let mean: UnsafePointer<Float>
  let a: UnsafePointer<Float>
  let b: UnsafePointer<Float>
  let c: UnsafePointer<Float>

  public init(
    mean: UnsafePointer<Float>, a: UnsafePointer<Float>, b: UnsafePointer<Float>, c: UnsafePointer<Float>
  ) {
    (self.mean, self.a, self.b, self.c) = (mean, a, b, c)
  }
}

/// dx = [previous +] dy · a(channel) + (x − mean(channel)) · b(channel) + c(channel), zero for filler images.
///
/// - Parameter imageWeights: one lanes value, 1 for a real image and 0 for one that fills a short shard.
public func normalizationInputGradient(
  _ x: UnsafePointer<Lanes>, _ dy: UnsafePointer<Lanes>, imageWeights: UnsafePointer<Lanes>,
  slopes: NormalizationSlopes, channels: Range<Int>, plane: Int, accumulate: Bool, into dx: LanePointer
) {
  let weights = imageWeights.pointee
  for channel in channels {
    let from = x + channel &* plane
    let gradient = dy + channel &* plane
    let target = dx + channel &* plane
    let center = Lanes(repeating: slopes.mean[channel])
    let slope = weights * slopes.a[channel]
    let pull = weights * slopes.b[channel]
    let push = weights * slopes.c[channel]
    if accumulate {
      for i in 0..<plane {
        target[i] += multiplyAdd(gradient[i], slope, multiplyAdd(from[i] - center, pull, push))
      }
    } else {
      for i in 0..<plane { target[i] = multiplyAdd(gradient[i], slope, multiplyAdd(from[i] - center, pull, push)) }
    }
  }
}
