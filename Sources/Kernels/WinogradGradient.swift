// The weight gradient of a convolution with 3×3 kernels, by Winograd's transforms.

import CVector

/// gradient(o, c, a, b) += Σ over pixels and lanes of outputGradient(o, y, x) · input(c, y + a, x + b)
///
/// The derivative of the forward formula Y = Aᵀ [(G g Gᵀ) ⊙ (Bᵀ d B)] A for the kernel g is
///
///     dg = Gᵀ [ Σ over tiles (A dY Aᵀ) ⊙ (Bᵀ d B) ] G
///
/// so the sums over tiles and images are sixteen matrix products, with M × P sums of lanes in registers:
///
///     for some rows of tiles
///       V(ξ, c, k) = Bᵀ d B,  W(ξ, o, k) = A dY Aᵀ       for all channels and tiles k
///       for each ξ, for a few c                           (fit the first-level cache)
///         for each M output channels, each P of the c     S(ξ, o, c) += Σ over k and lanes of W · V
///     dg = Gᵀ S G
///
/// Source: Lavin and Gray, "Fast algorithms for convolutional neural networks" (2016).
///
/// - Parameters:
///   - scratch: `geometry.winogradGradientLanes`.
///   - gradient: (outChannels, channels, 3, 3), added to.
func winogradKernelGradient(
  _ outputGradient: UnsafePointer<Lanes>, _ input: UnsafePointer<Lanes>, geometry g: CorrelationGeometry,
  scratch: LanePointer, into gradient: UnsafeMutablePointer<Float>
) {
  let across = (g.outWidth + 1) / 2
  let (tileRows, together) = ((g.outHeight + 1) / 2, g.tileRowsTogether)
  let most = together * across
  let inputs = scratch
  let gradients = inputs + 16 * placeStep(g.channels * most)
  let sumLanes = gradients + 16 * placeStep(g.outChannels * most)
  let sums = UnsafeMutableRawPointer(sumLanes).assumingMemoryBound(to: Float.self)
  clearLanes(sumLanes, count: g.channels * g.outChannels)
  for first in stride(from: 0, to: tileRows, by: together) {
    let rows = first..<min(first + together, tileRows)
    let count = rows.count * across
    for (line, tileRow) in rows.enumerated() {
      let row = 2 * tileRow
      for channel in 0..<g.channels {
        let plane = input + (channel * g.plane + row * g.pitch)
        for tile in 0..<across {
          transformInput(
            plane + 2 * tile, pitch: g.pitch, rows: min(4, g.outHeight - row + 2),
            columns: min(4, g.outWidth - 2 * tile + 2), into: inputs + (channel * count + line * across + tile),
            step: placeStep(g.channels * count))
        }
      }
      for channel in 0..<g.outChannels {
        let plane = outputGradient + (channel * g.outHeight + row) * g.outWidth
        for tile in 0..<across {
          transformGradient(
            plane + 2 * tile, pitch: g.outWidth, rows: min(2, g.outHeight - row),
            columns: min(2, g.outWidth - 2 * tile), into: gradients + (channel * count + line * across + tile),
            step: placeStep(g.outChannels * count))
        }
      }
    }
    sumPlaces(gradients, inputs, g, tiles: count, into: sums)
  }
  addKernels(sums, g, to: gradient)
}

extension CorrelationGeometry {
  /// Whether there are enough tiles for the sums over lanes not to weigh.
  var suitsWinogradGradient: Bool { suitsWinograd && outHeight * outWidth >= 36 }

  /// Rows of tiles whose transforms are kept at once: about twenty-four tiles.
  fileprivate var tileRowsTogether: Int { min((outHeight + 1) / 2, max(1, 24 / ((outWidth + 1) / 2))) }

  /// Lanes of scratch space for the transforms and their sums.
  var winogradGradientLanes: Int {
    let tiles = tileRowsTogether * ((outWidth + 1) / 2)
    return 16 * (placeStep(tiles * channels) + placeStep(tiles * outChannels)) + channels * outChannels
  }
}

/// W = A dY Aᵀ of one 2×2 tile, the sixteen numbers `step` lanes apart; what lies outside `rows` × `columns` is zero.
@inline(__always)
private func transformGradient(
  _ dy: UnsafePointer<Lanes>, pitch: Int, rows: Int, columns: Int, into w: LanePointer, step: Int
) {
  let p = dy[0]
  let q = columns == 2 ? dy[1] : .zero
  let r = rows == 2 ? dy[pitch] : .zero
  let s = rows == 2 && columns == 2 ? dy[pitch &+ 1] : .zero
  @inline(__always)
  func store(_ row: Int, _ left: Lanes, _ right: Lanes) {
    w[(4 &* row) &* step] = left
    w[(4 &* row &+ 1) &* step] = left + right
    w[(4 &* row &+ 2) &* step] = left - right
    w[(4 &* row &+ 3) &* step] = -right
  }
  store(0, p, q)
  store(1, p + r, q + s)
  store(2, p - r, q - s)
  store(3, -r, -s)
}

/// S(ξ, o, c) += Σ over tiles and lanes of W(ξ, o, k) · V(ξ, c, k)
private func sumPlaces(
  _ w: UnsafePointer<Lanes>, _ v: UnsafePointer<Lanes>, _ g: CorrelationGeometry, tiles: Int,
  into sums: UnsafeMutablePointer<Float>
) {
  let block = 3 * widestTile
  for place in 0..<16 {
    for first in stride(from: 0, to: g.channels, by: block) {
      let end = min(first + block, g.channels)
      var output = 0
      while output < g.outChannels {
        let height = tileHeight(g.outChannels - output)
        var channel = first
        while channel < end {
          let width = min(widestTile, end - channel)
          let tile = PlaceSum(
            tiles: tiles, w: w + place * placeStep(g.outChannels * tiles) + output * tiles,
            v: v + place * placeStep(g.channels * tiles) + channel * tiles,
            target: sums + ((place * g.outChannels + output) * g.channels + channel), pitch: g.channels)
          tile.run(height, width)
          channel += width
        }
        output += height
      }
    }
  }
}

/// One register tile of one place's sums.
private struct PlaceSum: TileLoop {
  let tiles: Int
  let w: UnsafePointer<Lanes>
  let v: UnsafePointer<Lanes>
  let target: UnsafeMutablePointer<Float>
  let pitch: Int

  @inline(__always)
  func compute<let count: Int>(_ size: Tile<count>.Type, _ height: Int, _ width: Int) {
    var sums = InlineArray<count, Lanes> { _ in .zero }
    for k in 0..<tiles {
      for c in 0..<width {
        let x = v[c &* tiles &+ k]
        for m in 0..<height {
          sums[m &* width &+ c] = lanes_multiply_add(w[m &* tiles &+ k], x, sums[m &* width &+ c])
        }
      }
    }
    for m in 0..<height {
      for c in 0..<width { target[m &* pitch &+ c] += sums[m &* width &+ c].treeSum }
    }
  }
}

/// gradient(o, c) += Gᵀ S(o, c) G
private func addKernels(
  _ sums: UnsafePointer<Float>, _ g: CorrelationGeometry, to gradient: UnsafeMutablePointer<Float>
) {
  let pairs = g.outChannels * g.channels
  for pair in 0..<pairs {
    var rows = InlineArray<12, Float>(repeating: 0)
    for b in 0..<4 {
      let (p, q) = (sums[b * pairs + pair], sums[(4 + b) * pairs + pair])
      let (r, s) = (sums[(8 + b) * pairs + pair], sums[(12 + b) * pairs + pair])
      let half = 0.5 * (q + r)
      (rows[b], rows[4 + b], rows[8 + b]) = (p + half, 0.5 * (q - r), half + s)
    }
    let kernel = gradient + pair * 9
    for a in 0..<3 {
      let (p, q, r, s) = (rows[4 * a], rows[4 * a + 1], rows[4 * a + 2], rows[4 * a + 3])
      let half = 0.5 * (q + r)
      kernel[3 * a] += p + half
      kernel[3 * a + 1] += 0.5 * (q - r)
      kernel[3 * a + 2] += half + s
    }
  }
}
