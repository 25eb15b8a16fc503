// Convolution with kernels of three, five and seven taps an axis in fewer multiplications than its formula has.

import CVector

/// As `correlate`, for a geometry with a plan. Three by three taps are done by `WinogradTiles`; for others, so that what is used
/// again soon stays in the second-level cache:
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
  geometry: CorrelationGeometry, plan: WinogradPlan, rows: Range<Int>, accumulate: Bool, scratch: LanePointer,
  into output: LanePointer
) {
  func run<Columns: ShortCorrelation>(_ columns: Columns.Type) {
    WinogradCorrelation<Columns>(
      input: input, packed: packed, bias: bias, g: geometry.shape, plan: plan, rows: rows, accumulate: accumulate,
      scratch: scratch, output: output
    ).run()
  }
  if plan.isSquare {
    return WinogradTiles(
      input: input, packed: packed, bias: bias, g: geometry.shape, rows: rows, accumulate: accumulate, scratch: scratch,
      output: output
    ).run()
  }
  switch plan.columns {
  case .three: run(ThreeTaps.self)
  case .five: run(FiveTaps.self)
  case .seven: run(SevenTaps.self)
  }
}

/// One `winogradCorrelate`.
private struct WinogradCorrelation<Columns: ShortCorrelation> {
  let input: UnsafePointer<Lanes>
  let packed: UnsafePointer<Float>
  let bias: UnsafePointer<Float>?
  let g: CorrelationShape
  let plan: WinogradPlan
  let rows: Range<Int>
  let accumulate: Bool
  let scratch: LanePointer
  let output: LanePointer

  func run() {
    DilationPhase.forEach(g, run)
  }

  private func run(_ phase: DilationPhase) {
    let tilesAcross = (phase.width + Columns.outputs - 1) / Columns.outputs
    let groups = (tilesAcross + plan.tilesTogether - 1) / plan.tilesTogether
    let elements = scratch + plan.lineLanes(tiles: plan.tilesTogether)
    let products = elements + Columns.points * elementStep(g.channels * plan.tilesTogether)
    let sums = products + Columns.points * elementStep(plan.outputsTogether * plan.tilesTogether)
    let tops = phase.rows(of: rows)
    for top in stride(from: tops.lowerBound, to: tops.upperBound, by: plan.rows.outputs) {
      for group in 0..<groups {
        let tiles = group * tilesAcross / groups..<(group + 1) * tilesAcross / groups
        for point in 0..<plan.rows.points {
          transformInputs(phase, point, top, tiles, into: elements)
          let rows = OutputRows(
            plan.rows.matrices, point, height: phase.height - top, accumulate: accumulate && !plan.restsInScratch)
          for first in stride(from: 0, to: g.outChannels, by: plan.outputsTogether) {
            let channels = first..<min(first + plan.outputsTogether, g.outChannels)
            multiply(point, channels, tiles: tiles.count, elements, into: products)
            transformOutputs(phase, rows, top, tiles, channels, products, sums)
          }
        }
        if plan.restsInScratch { store(phase, sums, top, tiles) }
      }
    }
  }

  private func transformInputs(
    _ phase: DilationPhase, _ point: Int, _ top: Int, _ tiles: Range<Int>, into elements: LanePointer
  ) {
    let left = tiles.lowerBound * Columns.outputs
    let rows = RowCombination(
      g, phase, top: top, left: left, lanes: plan.lineLanes(tiles: tiles.count), terms: plan.rows.matrices.inputs[point]
    )
    let step = elementStep(g.channels * tiles.count)
    for channel in 0..<g.channels {
      rows.combine(input + channel * g.plane, into: scratch)
      for tile in 0..<tiles.count {
        let v = elements + (channel &* tiles.count &+ tile)
        for part in 0..<registersPerLanes {
          let line = (scratch + tile &* Columns.outputs).registers + part
          Columns.transformInput(
            { line[$0 &* registersPerLanes] }, into: v.registers + part, elementStep: step &* registersPerLanes)
        }
      }
    }
  }

  private func multiply(
    _ point: Int, _ channels: Range<Int>, tiles: Int, _ elements: LanePointer, into products: LanePointer
  ) {
    let groups = (tiles + widestTile - 1) / widestTile
    forEachRunOfChannelTiles(g.outChannels, in: channels) { first, height, count in
      var tile = 0
      for group in 0..<groups {
        let width = (tiles - tile) / (groups - group)
        ElementProducts(
          elements: Columns.points, channelTiles: count, channels: g.channels,
          weights: packed + (first * plan.elements + point * Columns.points * height) * g.channels,
          weightStep: plan.elements * g.channels, v: elements + tile, vStep: elementStep(g.channels * tiles),
          pitch: tiles,
          target: products + ((first - channels.lowerBound) * tiles + tile),
          targetStep: elementStep(channels.count * tiles)
        ).run(height, width)
        tile += width
      }
    }
  }

  private func transformOutputs(
    _ phase: DilationPhase, _ rows: OutputRows, _ top: Int, _ tiles: Range<Int>, _ channels: Range<Int>,
    _ products: LanePointer, _ sums: LanePointer
  ) {
    let step = elementStep(channels.count * tiles.count) * registersPerLanes
    let left = tiles.lowerBound * Columns.outputs
    let lanes = min(tiles.count * Columns.outputs, phase.width - left)
    for channel in channels {
      let m = products + (channel - channels.lowerBound) * tiles.count
      for tile in 0..<tiles.count {
        for part in 0..<registersPerLanes {
          let line = (scratch + tile &* Columns.outputs).registers + part
          Columns.transformOutput((m + tile).registers + part, elementStep: step) { index, y in
            line[index &* registersPerLanes] = y
          }
        }
      }
      let start = bias.map { $0[channel] } ?? 0
      if plan.restsInScratch {
        rows.add(
          scratch, lanes: lanes, start: start, pitch: plan.restPitch, step: 1, to: sums + channel * plan.restStep)
      } else {
        rows.add(
          scratch, lanes: lanes, start: start, pitch: phase.rowStep * g.outWidth, step: phase.columnStep,
          to: output + offset(phase, channel, top, left))
      }
    }
  }

  /// Moves complete sums to the output.
  private func store(_ phase: DilationPhase, _ sums: LanePointer, _ top: Int, _ tiles: Range<Int>) {
    let left = tiles.lowerBound * Columns.outputs
    let lanes = min(tiles.count * Columns.outputs, phase.width - left)
    for channel in 0..<g.outChannels {
      for row in 0..<min(plan.rows.outputs, phase.height - top) {
        let from = sums + (channel * plan.restStep + row * plan.restPitch)
        let to = output + offset(phase, channel, top + row, left)
        for x in 0..<lanes {
          to[x &* phase.columnStep] = accumulate ? to[x &* phase.columnStep] + from[x] : from[x]
        }
      }
    }
  }

  /// Where an output of a phase lies.
  private func offset(_ phase: DilationPhase, _ channel: Int, _ row: Int, _ column: Int) -> Int {
    (channel * g.outHeight + phase.row + row * phase.rowStep) * g.outWidth + phase.column + column * phase.columnStep
  }
}

/// Register tiles of some elements' matrix products: output channels by some tiles, one below the other.
private struct ElementProducts: TileLoop {
  let elements: Int
  let channelTiles: Int
  let channels: Int
  let weights: UnsafePointer<Float>
  /// Floats from one output channel's weights to the next one's.
  let weightStep: Int
  let v: UnsafePointer<Lanes>
  /// Lanes from one element of the transform to the next.
  let vStep: Int
  /// Tiles of one channel, in `v` and in the products.
  let pitch: Int
  let target: LanePointer
  let targetStep: Int

  @inline(__always)
  func compute<let count: Int>(_ size: Tile<count>.Type, _ height: Int, _ tiles: Int) {
    for element in 0..<elements {
      let inputs = v + element &* vStep
      for channelTile in 0..<channelTiles {
        let first = channelTile &* height
        var column = weights + (first &* weightStep &+ element &* height &* channels)
        var pixels = inputs
        var sums = InlineArray<count, Lanes> { _ in .zero }
        for _ in 0..<channels {
          for p in 0..<tiles {
            let x = pixels[p]
            for m in 0..<height {
              sums[m &* tiles &+ p] = lanes_multiply_add(Lanes(repeating: column[m]), x, sums[m &* tiles &+ p])
            }
          }
          column += height
          pixels += pitch
        }
        let products = target + (element &* targetStep &+ first &* pitch)
        for m in 0..<height {
          for p in 0..<tiles { products[m &* pitch &+ p] = sums[m &* tiles &+ p] }
        }
      }
    }
  }
}
