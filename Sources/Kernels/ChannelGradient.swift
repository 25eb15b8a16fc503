// The weight gradient of a convolution over small planes, with input channels as lanes.

import CVector

/// gradient(o, c, t) += Σ over pixels and images of outputGradient(o, y, x) · input(c, window of (y, x), tap t)
///
/// With images as lanes each weight ends in a sum over sixteen lanes, which costs as much as a plane of few pixels. Here
/// sixteen input channels are the lanes, and each image's gradient of an output a broadcast scalar: a tile of M output
/// channels × V vectors of input channels stays in registers over pixels and images, and its lanes are weights as they are.
///
///     V(c, position, image) = the input, turned                   (once; it stays in the second-level cache)
///     for each M output channels, each V vectors, each tap
///       for some rows of pixels, so that no chain is long
///         for each pixel and image                             (tile in registers)
///
/// - Parameters:
///   - portion: which of the tiles to compute.
///   - scratch: `geometry.channelGradientLanes`.
///   - gradient: (outChannels, channels, taps), added to.
func channelKernelGradient(
  _ outputGradient: UnsafePointer<Lanes>, _ input: UnsafePointer<Lanes>, geometry g: CorrelationGeometry,
  portion: Portion, scratch: LanePointer, into gradient: UnsafeMutablePointer<Float>
) {
  let vectors = vectorCount(g.channels)
  let (sums, turned) = (scratch, scratch + mostSums)
  turnInput(input, g, vectors, into: turned)
  let taps = g.tapsPerChannel
  let plane = g.outHeight * g.outWidth
  var (vector, tiles) = (0, 0)
  while vector < vectors {
    let width = min(hasWideRegisters ? 2 : 1, vectors - vector)
    var channel = 0
    while channel < g.outChannels {
      let height = broadcastHeight(g.outChannels - channel)
      for tap in 0..<taps {
        defer { tiles += 1 }
        guard portion.takes(tiles) else { continue }
        ChannelGradientTile(
          g: g, dy: outputGradient + channel * plane,
          x: turned + (vector * g.planeReach + g.offsets[tap]) * lanesPerShard,
          vectorStep: g.planeReach * lanesPerShard, sums: sums
        ).run(height, width)
        for m in 0..<height {
          let to = gradient + ((channel + m) * g.channels + vector * lanesPerShard) * taps + tap
          let from = (sums + m * width).scalars
          for c in 0..<min(width * lanesPerShard, g.channels - vector * lanesPerShard) { to[c &* taps] += from[c] }
        }
      }
      channel += height
    }
    vector += width
  }
}

/// Room for the sums of any tile.
private let mostSums = 16

/// V(c, position, image) for each vector of channels: sixteen images' vectors a position; channels that are not there are zero.
private func turnInput(
  _ input: UnsafePointer<Lanes>, _ g: CorrelationGeometry, _ vectors: Int, into turned: LanePointer
) {
  for vector in 0..<vectors {
    let first = vector * lanesPerShard
    for position in 0..<g.planeReach {
      turnChannels(
        input + (first * g.plane + position), planeStep: g.plane, count: min(lanesPerShard, g.channels - first),
        into: turned + (vector * g.planeReach + position) * lanesPerShard)
    }
  }
}

extension CorrelationGeometry {
  /// Whether planes are so small, and channels fill their lanes so well, that this way is the shorter one.
  var suitsChannelGradient: Bool {
    outHeight * outWidth <= 144 && fillLanes(channels)
  }

  /// Lanes of a plane that windows reach.
  fileprivate var planeReach: Int {
    (outHeight - 1) * rowStep + (outWidth - 1) * columnStep + offsets[tapsPerChannel - 1] + 1
  }

  /// Lanes of scratch space: the sums of a tile, and the turned input.
  var channelGradientLanes: Int { mostSums + vectorCount(channels) * planeReach * lanesPerShard }

  /// Rows of pixels that are added up in one chain; by the shapes alone, as it decides the order of the sum.
  fileprivate var rowsInChain: Int { max(1, 32 / outWidth) }
}

/// The operands of one tile of one tap.
private struct ChannelGradientTile: TileLoop {
  let g: CorrelationGeometry
  let dy: UnsafePointer<Lanes>
  let x: UnsafePointer<Lanes>
  /// Lanes from one vector of channels to the next.
  let vectorStep: Int
  /// Written, output channel by output channel.
  let sums: LanePointer

  @inline(__always)
  func compute<let count: Int>(_ size: Tile<count>.Type, _ height: Int, _ width: Int) {
    let (outHeight, outWidth, rowsInChain) = (g.outHeight, g.outWidth, g.rowsInChain)
    let (rowStep, columnStep, plane) = (g.rowStep, g.columnStep, g.outHeight &* g.outWidth)
    var first = 0
    while first < outHeight {
      let end = min(first &+ rowsInChain, outHeight)
      var chain = InlineArray<count, Lanes> { _ in .zero }
      for row in first..<end {
        for column in 0..<outWidth {
          let pixel = x + (row &* rowStep &+ column &* columnStep) &* lanesPerShard
          let gradients = (dy + (row &* outWidth &+ column)).scalars
          for image in 0..<lanesPerShard {
            for v in 0..<width {
              let channels = pixel[v &* vectorStep &+ image]
              for m in 0..<height {
                chain[m &* width &+ v] = lanes_multiply_add(
                  Lanes(repeating: gradients[m &* plane &* lanesPerShard &+ image]), channels, chain[m &* width &+ v])
              }
            }
          }
        }
      }
      for i in 0..<count { sums[i] = first == 0 ? chain[i] : sums[i] + chain[i] }
      first = end
    }
  }
}
