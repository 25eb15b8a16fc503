// Sums over pixels and images with channels as lanes: what the weight gradients have in common that are done so.

import CVector

/// Whether so many channels leave at most a quarter of their lanes empty.
func fillLanes(_ channels: Int) -> Bool { 3 * vectorCount(channels) * lanesPerShard <= 4 * channels }

/// turned(image)[channel] = the channel's lane, for up to sixteen channels whose planes lie `planeStep` apart; zero for those that
/// are not there.
@inline(__always)
func turnChannels(
  _ lane: UnsafePointer<Lanes>, planeStep: Int, count: Int, into turned: LanePointer
) {
  if count == lanesPerShard {
    return lanes_transpose(lane.scalars, planeStep * lanesPerShard, turned.scalars)
  }
  withUnsafeTemporaryAllocation(of: Lanes.self, capacity: lanesPerShard) { rows in
    guard let base = rows.baseAddress else { return }
    for channel in 0..<lanesPerShard { base[channel] = channel < count ? lane[channel * planeStep] : .zero }
    lanes_transpose(UnsafePointer(base).scalars, lanesPerShard, turned.scalars)
  }
}

/// S(o, c) += Σ over images of w(o, image) · v(c, image), with sixteen channels c a vector: a matrix product.
///
/// - Parameters:
///   - images: how many numbers there are of each channel.
///   - w: `wStep` floats from one output channel to the next.
///   - v: vectors of channels, `images` lanes from one to the next.
///   - sums: (channels, vectors).
@inline(__always)
func addChannelProducts(
  channels: Int, vectors: Int, images: Int, w: UnsafePointer<Float>, wStep: Int, v: UnsafePointer<Lanes>,
  into sums: LanePointer
) {
  var vector = 0
  while vector < vectors {
    // Where a vector takes two registers, there are none left for two.
    let width = min(hasWideRegisters ? 2 : 1, vectors - vector)
    var channel = 0
    while channel < channels {
      let height = broadcastHeight(channels - channel)
      ChannelProducts(
        images: images, w: w + channel * wStep, wStep: wStep, v: v + vector * images,
        target: sums + (channel * vectors + vector), pitch: vectors
      ).run(height, width)
      channel += height
    }
    vector += width
  }
}

/// One register tile: vectors of channels beside output channels.
private struct ChannelProducts: TileLoop {
  let images: Int
  let w: UnsafePointer<Float>
  let wStep: Int
  let v: UnsafePointer<Lanes>
  let target: LanePointer
  let pitch: Int

  @inline(__always)
  func compute<let count: Int>(_ size: Tile<count>.Type, _ height: Int, _ width: Int) {
    var sums = InlineArray<count, Lanes> { _ in .zero }
    for k in 0..<images {
      for p in 0..<width {
        let x = v[p &* images &+ k]
        for m in 0..<height {
          sums[m &* width &+ p] = lanes_multiply_add(
            Lanes(repeating: w[m &* wStep &+ k]), x, sums[m &* width &+ p])
        }
      }
    }
    for m in 0..<height {
      for p in 0..<width { target[m &* pitch &+ p] += sums[m &* width &+ p] }
    }
  }
}
