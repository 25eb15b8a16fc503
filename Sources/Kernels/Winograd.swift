// Convolution with kernels of three and five taps an axis in fewer multiplications than its formula has.

import CVector

/// As `correlate`, for a geometry with a plan. The order of work, in which what is used again soon stays in the
/// second-level cache:
///
///     for each row of tiles, for some of its tiles
///       for each α                        (what differs is which input rows are added, and to which output rows)
///         V(β, c, p) = (Bᵀ d B)(α, β)     for all channels c and these tiles p
///         for each β, each M output channels, each P of the tiles
///           M(β, o, p) = Σ over c of U(α, β, o, c) · V(β, c, p)         (M × P in registers)
///         Y += A(α)ᵀ M A                  for all output channels; at rest in the output, or in scratch space
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
    let sums = products + Columns.points * placeStep(plan.outputsTogether * plan.tilesTogether)
    for top in stride(from: 0, to: g.outHeight, by: plan.rows.outputs) {
      for group in 0..<groups {
        let tiles = group * tilesAcross / groups..<(group + 1) * tilesAcross / groups
        for point in 0..<plan.rows.points {
          transformInputs(point, top, tiles, into: places)
          let rows = OutputRows(
            plan.rows, point, height: g.outHeight - top, accumulate: accumulate && !plan.restsInScratch)
          for first in stride(from: 0, to: g.outChannels, by: plan.outputsTogether) {
            let channels = first..<min(first + plan.outputsTogether, g.outChannels)
            multiply(point, channels, tiles: tiles.count, places, into: products)
            transformOutputs(rows, top, tiles, channels, products, sums)
          }
        }
        if plan.restsInScratch { store(sums, top, tiles) }
      }
    }
  }

  private func transformInputs(_ point: Int, _ top: Int, _ tiles: Range<Int>, into places: LanePointer) {
    let left = tiles.lowerBound * Columns.outputs
    let rows = RowCombination(
      geometry: g, top: top, left: left, lanes: plan.lineLanes(tiles: tiles.count), terms: plan.rows.inputs[point])
    let step = placeStep(g.channels * tiles.count)
    for channel in 0..<g.channels {
      rows.combine(input + channel * g.plane, into: scratch)
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
    _ rows: OutputRows, _ top: Int, _ tiles: Range<Int>, _ channels: Range<Int>, _ products: LanePointer,
    _ sums: LanePointer
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
      let start = bias.map { $0[channel] } ?? 0
      if plan.restsInScratch {
        rows.add(
          scratch, lanes: lanes, start: start, pitch: plan.restPitch, to: sums + channel * plan.restStep)
      } else {
        rows.add(
          scratch, lanes: lanes, start: start, pitch: g.outWidth,
          to: output + ((channel * g.outHeight + top) * g.outWidth + left))
      }
    }
  }

  /// Moves complete sums to the output.
  private func store(_ sums: LanePointer, _ top: Int, _ tiles: Range<Int>) {
    let left = tiles.lowerBound * Columns.outputs
    let lanes = min(tiles.count * Columns.outputs, g.outWidth - left)
    for channel in 0..<g.outChannels {
      for row in 0..<min(plan.rows.outputs, g.outHeight - top) {
        copyLanes(
          sums + (channel * plan.restStep + row * plan.restPitch), count: lanes, accumulate: accumulate,
          into: output + ((channel * g.outHeight + top + row) * g.outWidth + left))
      }
    }
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
