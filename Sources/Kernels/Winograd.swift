// Convolution with 3×3 kernels in sixteen multiplications for four outputs, instead of thirty-six.

import CVector

/// output(o, y, x) = start + Σ weight(o, c, a, b) · input(c, y + a, x + b), as `correlate` for 3×3 kernels at stride 1.
///
/// Winograd's minimal filtering F(2×2, 3×3): a tile of 2×2 outputs sees 4×4 inputs d, and
///
///     Y = Aᵀ [ (G g Gᵀ) ⊙ (Bᵀ d B) ] A
///
/// where ⊙ multiplies element by element, so that the sum over channels can be taken before the outer transform: sixteen
/// small matrix products, one for each place ξ of the 4×4. The transforms are additions; the weights' G halves, which is
/// exact. The work on some tiles of two rows of outputs:
///
///     V(ξ, c, p) = Bᵀ d B          for all channels c and P tiles p
///     for each few output channels
///       for each ξ                 M(o, p, ξ) = Σ over c of U(o, ξ, c) · V(ξ, c, p)   (M × P in registers)
///       Y = Aᵀ M A                 for these output channels
///
/// Source: Lavin and Gray, "Fast algorithms for convolutional neural networks" (2016).
///
/// - Parameters:
///   - packed: from `packWinogradWeights`.
///   - scratch: `geometry.winogradLanes`.
func winogradCorrelate(
  _ input: UnsafePointer<Lanes>, packed: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
  geometry g: CorrelationGeometry, accumulate: Bool, scratch: LanePointer, into output: LanePointer
) {
  let (widest, together) = (widestTile, winogradOutputs)
  let tilesAcross = (g.outWidth + 1) / 2
  let groups = (tilesAcross + widest - 1) / widest
  let places = scratch
  let products = scratch + 16 * placeStep(g.channels * widest)
  for row in stride(from: 0, to: g.outHeight, by: 2) {
    for group in 0..<groups {
      let tiles = group * tilesAcross / groups..<(group + 1) * tilesAcross / groups
      let count = tiles.count
      for channel in 0..<g.channels {
        let plane = input + (channel * g.plane + row * g.pitch)
        for place in 0..<count {
          let column = 2 * (tiles.lowerBound + place)
          transformInput(
            plane + column, pitch: g.pitch, rows: min(4, g.outHeight - row + 2),
            columns: min(4, g.outWidth - column + 2),
            into: places + (channel * count + place), step: placeStep(g.channels * count))
        }
      }
      for first in stride(from: 0, to: g.outChannels, by: together) {
        let outputs = first..<min(first + together, g.outChannels)
        multiplyPlaces(places, packed, g, outputs, tiles: count, into: products)
        for channel in outputs {
          let start = Lanes(repeating: bias.map { $0[channel] } ?? 0)
          let line = output + (channel * g.outHeight + row) * g.outWidth
          for place in 0..<count {
            let column = 2 * (tiles.lowerBound + place)
            let product = (channel - first) * count + place
            transformOutput(
              products + product * 16, start: start, accumulate: accumulate, pitch: g.outWidth,
              rows: min(2, g.outHeight - row), columns: min(2, g.outWidth - column), into: line + column)
          }
        }
      }
    }
  }
}

/// How many output channels share the first-level cache with their inputs.
private var winogradOutputs: Int { 8 }

/// Lanes from one place's numbers to the next one's: an odd count, because sixteen places a power of two apart would share
/// few sets of the first-level cache.
@inline(__always)
func placeStep(_ lanes: Int) -> Int { lanes | 1 }

extension CorrelationGeometry {
  /// Whether the transforms are worth their additions: every input is used by many outputs, every output made of many
  /// inputs.
  var suitsWinograd: Bool {
    func suits(_ axis: TapAxis) -> Bool { axis.kernel == 3 && axis.stride == 1 && axis.dilation == 1 }
    return suits(rows) && suits(columns) && min(channels, outChannels) >= 16 && min(outHeight, outWidth) >= 2
  }

  /// Lanes of scratch space for the transformed inputs and the products.
  var winogradLanes: Int { 16 * (placeStep(channels * widestTile) + widestTile * winogradOutputs) }
}

/// U = G g Gᵀ of each kernel, packed for each tile of output channels: place by place, input channel by input channel, the
/// tile's channels side by side.
func packWinogradWeights(
  _ source: UnsafePointer<Float>, channelStep: Int, tapSource: UnsafePointer<Int>, geometry: CorrelationGeometry,
  into packed: UnsafeMutablePointer<Float>
) {
  let channels = geometry.channels
  forEachChannelTile(geometry.outChannels) { first, height in
    let target = packed + first * channels * 16
    for m in 0..<height {
      for c in 0..<channels {
        let taps = tapSource + c * 9
        let kernel = source + (first + m) * channelStep
        // Columns first: each row of g becomes four numbers; then the same down the four columns.
        var rows = InlineArray<12, Float>(repeating: 0)
        for a in 0..<3 {
          let (x, y, z) = (kernel[taps[3 * a]], kernel[taps[3 * a + 1]], kernel[taps[3 * a + 2]])
          (rows[4 * a], rows[4 * a + 3]) = (x, z)
          (rows[4 * a + 1], rows[4 * a + 2]) = (0.5 * (x + y + z), 0.5 * (x - y + z))
        }
        for b in 0..<4 {
          let (x, y, z) = (rows[b], rows[4 + b], rows[8 + b])
          let column = (x, 0.5 * (x + y + z), 0.5 * (x - y + z), z)
          target[(b * channels + c) * height + m] = column.0
          target[((4 + b) * channels + c) * height + m] = column.1
          target[((8 + b) * channels + c) * height + m] = column.2
          target[((12 + b) * channels + c) * height + m] = column.3
        }
      }
    }
  }
}

/// V = Bᵀ d B of one 4×4 tile, the sixteen numbers `step` lanes apart; what lies outside `rows` × `columns` is zero.
@inline(__always)
func transformInput(
  _ d: UnsafePointer<Lanes>, pitch: Int, rows: Int, columns: Int, into v: LanePointer, step: Int
) {
  var t = InlineArray<16, Lanes> { _ in .zero }
  if rows == 4 && columns == 4 {
    for a in 0..<4 { for b in 0..<4 { t[4 &* a &+ b] = d[a &* pitch &+ b] } }
  } else {
    for a in 0..<rows { for b in 0..<columns { t[4 &* a &+ b] = d[a &* pitch &+ b] } }
  }
  for b in 0..<4 {
    let (x, y, z, w) = (t[b], t[4 &+ b], t[8 &+ b], t[12 &+ b])
    (t[b], t[4 &+ b], t[8 &+ b], t[12 &+ b]) = (x - z, y + z, z - y, y - w)
  }
  for a in 0..<4 {
    let (x, y, z, w) = (t[4 &* a], t[4 &* a &+ 1], t[4 &* a &+ 2], t[4 &* a &+ 3])
    v[(4 &* a) &* step] = x - z
    v[(4 &* a &+ 1) &* step] = y + z
    v[(4 &* a &+ 2) &* step] = z - y
    v[(4 &* a &+ 3) &* step] = y - w
  }
}

/// Y = Aᵀ M A of one tile, added to what it starts from.
@inline(__always)
private func transformOutput(
  _ m: UnsafePointer<Lanes>, start: Lanes, accumulate: Bool, pitch: Int, rows: Int, columns: Int, into y: LanePointer
) {
  var t = InlineArray<8, Lanes> { _ in .zero }
  for b in 0..<4 {
    let (p, q, r, s) = (m[b], m[4 &+ b], m[8 &+ b], m[12 &+ b])
    t[b] = p + q + r
    t[4 &+ b] = q - r - s
  }
  for i in 0..<rows {
    let (p, q, r, s) = (t[4 &* i], t[4 &* i &+ 1], t[4 &* i &+ 2], t[4 &* i &+ 3])
    let target = y + i &* pitch
    target[0] = (accumulate ? target[0] + start : start) + (p + q + r)
    if columns == 2 { target[1] = (accumulate ? target[1] + start : start) + (q - r - s) }
  }
}

/// M(o, p, ξ) = Σ over c of U(o, ξ, c) · V(ξ, c, p) for some output channels.
private func multiplyPlaces(
  _ v: UnsafePointer<Lanes>, _ packed: UnsafePointer<Float>, _ g: CorrelationGeometry, _ outputs: Range<Int>,
  tiles: Int, into products: LanePointer
) {
  for place in 0..<16 {
    forEachChannelTile(g.outChannels, in: outputs) { first, height in
      let weights = (first * 16 + place * height) * g.channels
      let product = (first - outputs.lowerBound) * tiles * 16 + place
      let tile = PlaceProduct(
        channels: g.channels, weights: packed + weights, v: v + place * placeStep(g.channels * tiles),
        target: products + product)
      tile.run(height, tiles)
    }
  }
}

/// One register tile of one place's matrix product.
private struct PlaceProduct: TileLoop {
  let channels: Int
  let weights: UnsafePointer<Float>
  let v: UnsafePointer<Lanes>
  let target: LanePointer

  @inline(__always)
  func compute<let count: Int>(_ size: Tile<count>.Type, _ height: Int, _ tiles: Int) {
    var sums = InlineArray<count, Lanes> { _ in .zero }
    for c in 0..<channels {
      let column = weights + c &* height
      let pixels = v + c &* tiles
      for p in 0..<tiles {
        let x = pixels[p]
        for m in 0..<height {
          sums[m &* tiles &+ p] = lanes_multiply_add(Lanes(repeating: column[m]), x, sums[m &* tiles &+ p])
        }
      }
    }
    for m in 0..<height {
      for p in 0..<tiles { target[(m &* tiles &+ p) &* 16] = sums[m &* tiles &+ p] }
    }
  }
}
