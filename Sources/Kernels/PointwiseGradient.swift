// The weight gradient of a 1×1 convolution over a large plane, with input channels as lanes.

import CVector

/// gradient(o, c) += Σ over pixels and images of outputGradient(o, pixel) · input(c, pixel)
///
/// A matrix product whose sums run over pixels and images. As in `channelKernelGradient` sixteen input channels are the lanes, and
/// each image's gradient of an output a broadcast scalar; but a plane is too large for the caches, so that all tiles pass over some
/// pixels before the next ones come, and the sums rest meanwhile:
///
///     for some pixels
///       V(c, pixel, image) = the input, turned
///       for each P vectors of input channels, each M output channels
///         S(o, c) += Σ over these pixels and images               (M × P in registers)
///     gradient += S
///
/// - Parameters:
///   - channels: the output channels whose kernels' gradients to compute.
///   - scratch: `geometry.pointwiseGradientLanes`.
///   - gradient: (outChannels, channels), added to.
func pointwiseKernelGradient(
  _ outputGradient: UnsafePointer<Lanes>, _ input: UnsafePointer<Lanes>, geometry g: CorrelationGeometry,
  channels: Range<Int>, scratch: LanePointer, into gradient: UnsafeMutablePointer<Float>
) {
  let vectors = vectorCount(g.channels)
  let sums = scratch
  let turned = sums + channels.count * vectors
  let plane = g.outHeight * g.outWidth
  clearLanes(sums, count: channels.count * vectors)
  for first in stride(from: 0, to: plane, by: pixelsTogether) {
    let pixels = min(pixelsTogether, plane - first)
    for vector in 0..<vectors {
      let channel = vector * lanesPerShard
      for pixel in 0..<pixels {
        turnChannels(
          input + (channel * g.plane + first + pixel), planeStep: g.plane,
          count: min(lanesPerShard, g.channels - channel),
          into: turned + (vector * pixels + pixel) * lanesPerShard)
      }
    }
    addChannelProducts(
      channels: channels.count, vectors: vectors, images: pixels * lanesPerShard,
      w: (outputGradient + channels.lowerBound * plane + first).scalars, wStep: plane * lanesPerShard, v: turned,
      into: sums)
  }
  for (channel, kernel) in channels.enumerated() {
    let from = (sums + channel * vectors).scalars
    for c in 0..<g.channels { gradient[kernel * g.channels + c] += from[c] }
  }
}

/// Pixels that all tiles pass over: two vectors of their channels stay in a first-level cache of 48 kB, one in a smaller one. A
/// constant, not a function of the register tile: it decides the order of the sum.
private let pixelsTogether = 16

extension CorrelationGeometry {
  /// Whether it is a matrix product, and channels fill their lanes well.
  var suitsPointwiseGradient: Bool {
    tapsPerChannel == 1 && rowStep == pitch && columnStep == 1 && pitch == outWidth
      && fillLanes(channels)
  }

  /// Lanes of scratch space: the sums and the turned input.
  var pointwiseGradientLanes: Int {
    vectorCount(channels) * (outChannels + pixelsTogether * lanesPerShard)
  }
}
