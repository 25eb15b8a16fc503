// Convolution with kernels of three and five taps an axis in fewer multiplications than its formula has.

import CVector

/// How a correlation is done by short ones along both axes.
///
/// For a tile of outputs Y that sees the inputs d, with the matrices A, B and G of each axis,
///
///     Y = Aᵀ [ (G g Gᵀ) ⊙ (Bᵀ d B) ] A
///
/// and the sum over input channels can be taken before the outer transform. So a tile's place ξ = (α, β), one point of
/// the rows' and one of the columns', is one matrix product of weights with inputs: 16 for the 2×2 outputs of 3×3
/// kernels instead of 36, 121 for the 4×4 outputs of 5×5 kernels instead of 400. The transforms are additions.
///
/// Source: Lavin and Gray, "Fast algorithms for convolutional neural networks" (2016).
struct WinogradPlan: Sendable {
  let rows: ShortMatrices
  let columns: ShortMatrices
  let channels: Int
  let outChannels: Int

  var places: Int { rows.points * columns.points }
  /// Floats that the packed weights take.
  var packedCount: Int { outChannels * channels * places }
  /// Inputs along a row that so many tiles see.
  func lineLanes(tiles: Int) -> Int { tiles * columns.outputs + columns.taps - 1 }

  /// How many output channels' products are kept at once.
  var outputsTogether: Int { min(outChannels, 64) }

  /// How many tiles side by side share the weights of one α while these are in the cache.
  var tilesTogether: Int { 2 * widestTile }

  /// Lanes of scratch space: a line, the transformed inputs of one α, and their products.
  var scratchLanes: Int {
    lineLanes(tiles: tilesTogether) + columns.points
      * (placeStep(channels * tilesTogether) + placeStep(outputsTogether * tilesTogether))
  }

  /// Nil when the transforms are not worth their additions: every input must be used by many outputs, and every output
  /// made of many inputs.
  init?(rows: TapAxis, columns: TapAxis, channels: Int, outChannels: Int, outHeight: Int, outWidth: Int) {
    guard let rows = ShortMatrices.of(rows), let columns = ShortMatrices.of(columns),
      min(channels, outChannels) >= 16, outHeight >= rows.outputs, outWidth >= columns.outputs
    else { return nil }
    (self.rows, self.columns, self.channels, self.outChannels) = (rows, columns, channels, outChannels)
  }
}

/// Lanes from one place's numbers to the next one's: an odd count, because places a power of two apart would share few
/// sets of the first-level cache.
@inline(__always)
func placeStep(_ lanes: Int) -> Int { lanes | 1 }

/// As `correlate`, for a geometry with a plan. The order of work, in which what is used again soon stays in the
/// second-level cache:
///
///     for each row of tiles, for some of its tiles
///       for each α                        (what differs is which input rows are added, and to which output rows)
///         V(β, c, p) = (Bᵀ d B)(α, β)     for all channels c and these tiles p
///         for each β, each M output channels, each P of the tiles
///           M(β, o, p) = Σ over c of U(α, β, o, c) · V(β, c, p)         (M × P in registers)
///         Y += A(α)ᵀ M A                  for all output channels
///
/// - Parameters:
///   - packed: from `packWinogradWeights`.
///   - scratch: `plan.scratchLanes`.
func winogradCorrelate(
  _ input: UnsafePointer<Lanes>, packed: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
  geometry: CorrelationGeometry, plan: WinogradPlan, accumulate: Bool, scratch: LanePointer, into output: LanePointer
) {
  func run<Columns: ShortCorrelation>(_ columns: Columns.Type) {
    WinogradCorrelation<Columns>(
      input: input, packed: packed, bias: bias, g: geometry, plan: plan, accumulate: accumulate, scratch: scratch,
      output: output
    ).run()
  }
  if plan.columns.taps == 3 { run(ThreeTaps.self) } else { run(FiveTaps.self) }
}

/// One `winogradCorrelate`.
private struct WinogradCorrelation<Columns: ShortCorrelation> {
  let input: UnsafePointer<Lanes>
  let packed: UnsafePointer<Float>
  let bias: UnsafePointer<Float>?
  let g: CorrelationGeometry
  let plan: WinogradPlan
  let accumulate: Bool
  let scratch: LanePointer
  let output: LanePointer

  func run() {
    let tilesAcross = (g.outWidth + Columns.outputs - 1) / Columns.outputs
    let groups = (tilesAcross + plan.tilesTogether - 1) / plan.tilesTogether
    let places = scratch + plan.lineLanes(tiles: plan.tilesTogether)
    let products = places + Columns.points * placeStep(g.channels * plan.tilesTogether)
    for top in stride(from: 0, to: g.outHeight, by: plan.rows.outputs) {
      for group in 0..<groups {
        let tiles = group * tilesAcross / groups..<(group + 1) * tilesAcross / groups
        for point in 0..<plan.rows.points {
          transformInputs(point, top, tiles, into: places)
          let rows = OutputRows(plan.rows, point, height: g.outHeight - top, accumulate: accumulate)
          for first in stride(from: 0, to: g.outChannels, by: plan.outputsTogether) {
            let channels = first..<min(first + plan.outputsTogether, g.outChannels)
            multiply(point, channels, tiles: tiles.count, places, into: products)
            transformOutputs(rows, top, tiles, channels, products)
          }
        }
      }
    }
  }

  private func transformInputs(_ point: Int, _ top: Int, _ tiles: Range<Int>, into places: LanePointer) {
    let left = tiles.lowerBound * Columns.outputs
    let block = InputBlock(
      geometry: g, top: top, left: left, lanes: plan.lineLanes(tiles: tiles.count), terms: plan.rows.inputs[point])
    let step = placeStep(g.channels * tiles.count)
    for channel in 0..<g.channels {
      block.combineRows(input + channel * g.plane, into: scratch)
      for tile in 0..<tiles.count {
        let v = places + (channel &* tiles.count &+ tile)
        for part in 0..<registersPerLanes {
          Columns.transformInput(
            scratch.registers + (tile &* Columns.outputs &* registersPerLanes &+ part), step: registersPerLanes,
            into: v.registers + part, placeStep: step &* registersPerLanes)
        }
      }
    }
  }

  private func multiply(
    _ point: Int, _ channels: Range<Int>, tiles: Int, _ places: LanePointer, into products: LanePointer
  ) {
    for column in 0..<Columns.points {
      let v = places + column * placeStep(g.channels * tiles)
      let target = products + column * placeStep(channels.count * tiles)
      let groups = (tiles + widestTile - 1) / widestTile
      forEachChannelTile(g.outChannels, in: channels) { first, height in
        let place = first * plan.places + (point * Columns.points + column) * height
        var tile = 0
        for group in 0..<groups {
          let count = (tiles - tile) / (groups - group)
          let product = PlaceProduct(
            channels: g.channels, weights: packed + place * g.channels, v: v + tile, pitch: tiles,
            target: target + ((first - channels.lowerBound) * tiles + tile))
          product.run(height, count)
          tile += count
        }
      }
    }
  }

  private func transformOutputs(
    _ rows: OutputRows, _ top: Int, _ tiles: Range<Int>, _ channels: Range<Int>, _ products: LanePointer
  ) {
    let step = placeStep(channels.count * tiles.count) * registersPerLanes
    let left = tiles.lowerBound * Columns.outputs
    let lanes = min(tiles.count * Columns.outputs, g.outWidth - left)
    for channel in channels {
      let m = products + (channel - channels.lowerBound) * tiles.count
      for tile in 0..<tiles.count {
        for part in 0..<registersPerLanes {
          let line = (scratch + tile &* Columns.outputs).registers + part
          Columns.transformOutput((m + tile).registers + part, placeStep: step) { index, y in
            line[index &* registersPerLanes] = y
          }
        }
      }
      rows.add(
        scratch, lanes: lanes, start: bias.map { $0[channel] } ?? 0, pitch: g.outWidth,
        to: output + ((channel * g.outHeight + top) * g.outWidth + left))
    }
  }
}

/// The rows of outputs that one point's products are added to.
private struct OutputRows {
  private var count = 0
  private var indices = InlineArray<4, Int>(repeating: 0)
  private var signs = InlineArray<4, Float>(repeating: 0)
  /// Whether no earlier point has reached the row, so that it lacks its bias.
  private var isFirst = InlineArray<4, Bool>(repeating: false)
  private let accumulate: Bool

  init(_ matrices: ShortMatrices, _ point: Int, height: Int, accumulate: Bool) {
    self.accumulate = accumulate
    for term in matrices.results[point] where term.index < height {
      indices[count] = term.index
      signs[count] = term.factor
      isFirst[count] = !matrices.results[..<point].contains { $0.contains { $0.index == term.index } }
      count += 1
    }
  }

  /// Adds a line to each of the rows, with its sign.
  @inline(__always)
  func add(_ line: LanePointer, lanes: Int, start: Float, pitch: Int, to corner: LanePointer) {
    for row in 0..<count {
      let target = corner + indices[row] &* pitch
      let sign = Lanes(repeating: signs[row])
      let start = Lanes(repeating: start)
      if !isFirst[row] {
        for x in 0..<lanes { target[x] = lanes_multiply_add(line[x], sign, target[x]) }
      } else if accumulate {
        for x in 0..<lanes { target[x] = lanes_multiply_add(line[x], sign, target[x] + start) }
      } else {
        for x in 0..<lanes { target[x] = lanes_multiply_add(line[x], sign, start) }
      }
    }
  }
}

/// The part of a plane that some tiles side by side see, and the rows of it that one point adds up.
struct InputBlock {
  private let lanes: Int
  /// Lanes of a line that lie in the input; what tiles see beyond counts as zero.
  private let inside: Int
  /// Up to four rows: how far down each begins, and what it is multiplied by.
  private var count = 0
  private var rows = InlineArray<4, Int>(repeating: 0)
  private var factors = InlineArray<4, Float>(repeating: 0)

  /// - Parameters:
  ///   - height, width: what there is of the plane below and beside the first lane, which lies at `offset`.
  init(pitch: Int, height: Int, width: Int, offset: Int, lanes: Int, terms: [ShortMatrices.Term]) {
    self.lanes = lanes
    inside = min(lanes, width)
    for term in terms where term.index < height {
      rows[count] = offset + term.index * pitch
      factors[count] = term.factor
      count += 1
    }
    // Where there is no such row, another one counts nothing.
    for index in max(1, count)..<4 { rows[index] = rows[0] }
  }

  /// The input of a correlation, as far as its windows reach.
  init(geometry g: CorrelationGeometry, top: Int, left: Int, lanes: Int, terms: [ShortMatrices.Term]) {
    self.init(
      pitch: g.pitch, height: g.outHeight + g.rows.kernel - 1 - top, width: g.outWidth + g.columns.kernel - 1 - left,
      offset: top * g.pitch + left, lanes: lanes, terms: terms)
  }

  /// line = Σ over the point's terms of factor · row.
  func combineRows(_ plane: UnsafePointer<Lanes>, into line: LanePointer) {
    guard count > 0 else { return clearLanes(line, count: lanes) }
    let (a, b, c, d) = (plane + rows[0], plane + rows[1], plane + rows[2], plane + rows[3])
    let (p, q) = (Lanes(repeating: factors[0]), Lanes(repeating: factors[1]))
    if count > 2 {
      let (r, s) = (Lanes(repeating: factors[2]), Lanes(repeating: factors[3]))
      for x in 0..<inside {
        let outer = lanes_multiply_add(d[x], s, c[x] * r)
        line[x] = lanes_multiply_add(b[x], q, lanes_multiply_add(a[x], p, outer))
      }
    } else {
      for x in 0..<inside { line[x] = lanes_multiply_add(b[x], q, a[x] * p) }
    }
    clearLanes(line + inside, count: lanes - inside)
  }
}

/// One register tile of one place's matrix product.
private struct PlaceProduct: TileLoop {
  let channels: Int
  let weights: UnsafePointer<Float>
  let v: UnsafePointer<Lanes>
  /// Tiles of one channel, in `v` and in the products.
  let pitch: Int
  let target: LanePointer

  @inline(__always)
  func compute<let count: Int>(_ size: Tile<count>.Type, _ height: Int, _ tiles: Int) {
    var sums = InlineArray<count, Lanes> { _ in .zero }
    for c in 0..<channels {
      let column = weights + c &* height
      let pixels = v + c &* pitch
      for p in 0..<tiles {
        let x = pixels[p]
        for m in 0..<height {
          sums[m &* tiles &+ p] = lanes_multiply_add(Lanes(repeating: column[m]), x, sums[m &* tiles &+ p])
        }
      }
    }
    for m in 0..<height {
      for p in 0..<tiles { target[m &* pitch &+ p] = sums[m &* tiles &+ p] }
    }
  }
}
