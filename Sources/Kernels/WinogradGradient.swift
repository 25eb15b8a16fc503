// The weight gradient of a convolution with kernels of three, five and seven taps an axis, by Winograd's transforms.

import CVector

/// gradient(o, c, a, b) += Σ over pixels and images of outputGradient(o, y, x) · input(c, y + a, x + b)
///
/// The derivative of the forward formula Y = Aᵀ [(G g Gᵀ) ⊙ (Bᵀ d B)] A for the kernel g is
///
///     dg = Gᵀ [ Σ over tiles (A dY Aᵀ) ⊙ (Bᵀ d B) ] G
///
/// so for each element (α, β) of the transforms the sum over tiles and images is one matrix product, (output channels) × (input channels).
/// For it, sixteen input channels become the lanes and each image's number of an output channel a broadcast scalar:
///
///     for some tiles side by side, from the top down
///       turn the rows that the tile above has not seen: the channels become the lanes
///       for each α
///         V(β, c, k, image) = (Bᵀ d B)(α, β); W(β, o, k, image) = (A dY Aᵀ)(α, β)
///         for each β, each M output channels and P vectors of input channels
///           S(α, β, o, c) += Σ over tiles k and images of W · V                      (M × P in registers)
///     dg = Gᵀ S G
///
/// Source: Lavin and Gray, "Fast algorithms for convolutional neural networks" (2016).
///
/// - Parameters:
///   - channels: the output channels whose kernels' gradients to compute.
///   - scratch: `plan.gradientLanes`.
///   - gradient: (outChannels, channels, taps), added to.
func winogradKernelGradient(
  _ outputGradient: UnsafePointer<Lanes>, _ input: UnsafePointer<Lanes>, geometry: CorrelationGeometry,
  plan: WinogradPlan, channels: Range<Int>, scratch: LanePointer, into gradient: UnsafeMutablePointer<Float>
) {
  func run<Columns: ShortCorrelation>(_ columns: Columns.Type) {
    WinogradGradient<Columns>(
      outputGradient: outputGradient, input: input, g: geometry.shape, plan: plan, outChannels: channels,
      scratch: scratch
    ).run(into: gradient)
  }
  switch plan.columns {
  case .three: run(ThreeTaps.self)
  case .five: run(FiveTaps.self)
  case .seven: run(SevenTaps.self)
  }
}

extension WinogradPlan {
  /// Whether the sums are long enough for the transforms of the kernels not to weigh, and the lanes well filled.
  func suitsGradient(outHeight: Int, outWidth: Int, phases: Int) -> Bool {
    outHeight * outWidth >= 36 * phases && fillLanes(channels)
  }

  /// Vectors of input channels.
  fileprivate var vectors: Int { vectorCount(channels) }

  /// The most tiles whose transforms are kept at once: with the turned rows below them they stay in the second-level cache, but for
  /// very many channels. By the shapes alone, as it decides the order of the sum.
  fileprivate var gradientTiles: Int {
    let few = vectors <= 4
    return columns.taps == 3 ? (few ? 12 : 6) : (few ? 6 : 3)
  }

  /// Rows of inputs that a row of tiles sees.
  fileprivate var windowRows: Int { rows.outputs + rows.taps - 1 }

  /// Lanes of one of them, its channels turned into lanes.
  fileprivate var turnedRow: Int { vectors * lanesPerShard * lineLanes(tiles: gradientTiles) }

  /// Lanes of scratch space: a line, a window's rows, the transforms of one α, and all sums.
  var gradientLanes: Int {
    lineLanes(tiles: gradientTiles) + windowRows * turnedRow + columns.points
      * (elementStep(vectors * gradientTiles * lanesPerShard) + elementStep(outChannels * gradientTiles))
      + (elements + rows.taps * columns.points + rows.taps * columns.taps) * outChannels * vectors
  }
}

/// One `winogradKernelGradient`.
private struct WinogradGradient<Columns: ShortCorrelation> {
  let outputGradient: UnsafePointer<Lanes>
  let input: UnsafePointer<Lanes>
  let g: CorrelationShape
  let plan: WinogradPlan
  let outChannels: Range<Int>
  let scratch: LanePointer

  // Where things lie in the scratch space: rows of the input with channels as lanes, in a ring, behind a line.
  let rows: LanePointer
  let inputs: LanePointer
  let gradients: LanePointer
  let sums: LanePointer

  init(
    outputGradient: UnsafePointer<Lanes>, input: UnsafePointer<Lanes>, g: CorrelationShape, plan: WinogradPlan,
    outChannels: Range<Int>, scratch: LanePointer
  ) {
    (self.outputGradient, self.input, self.g, self.plan) = (outputGradient, input, g, plan)
    (self.outChannels, self.scratch) = (outChannels, scratch)
    rows = scratch + plan.lineLanes(tiles: plan.gradientTiles)
    inputs = rows + plan.windowRows * plan.turnedRow
    gradients = inputs + Columns.points * elementStep(plan.vectors * plan.gradientTiles * lanesPerShard)
    sums = gradients + Columns.points * elementStep(outChannels.count * plan.gradientTiles)
  }

  func run(into gradient: UnsafeMutablePointer<Float>) {
    clearLanes(sums, count: plan.elements * outChannels.count * plan.vectors)
    DilationPhase.forEach(g, addProducts)
    addKernels(to: gradient)
  }

  private func addProducts(_ phase: DilationPhase) {
    let tilesAcross = (phase.width + Columns.outputs - 1) / Columns.outputs
    let groups = (tilesAcross + plan.gradientTiles - 1) / plan.gradientTiles
    for group in 0..<groups {
      let tiles = group * tilesAcross / groups..<(group + 1) * tilesAcross / groups
      for top in stride(from: 0, to: phase.height, by: plan.rows.outputs) {
        // The last rows of a window are the next one's first.
        for row in top + (top == 0 ? 0 : plan.rows.taps - 1)..<top + plan.windowRows { turn(phase, row, tiles) }
        for point in 0..<plan.rows.points {
          transformInputs(point, top, tiles.count)
          transformGradients(phase, point, top, tiles)
          multiply(point, tiles: tiles.count)
        }
      }
    }
  }

  /// One row of the inputs that some tiles see, of all channels: sixteen of them become the lanes.
  private func turn(_ phase: DilationPhase, _ row: Int, _ tiles: Range<Int>) {
    let lanes = plan.lineLanes(tiles: tiles.count)
    let line = WindowRow(g, phase, row: row, left: tiles.lowerBound * Columns.outputs, lanes: lanes)
    let turned = rows + row % plan.windowRows * plan.turnedRow
    for vector in 0..<plan.vectors {
      let first = vector * lanesPerShard
      line.turn(
        input + first * g.plane, planeStep: g.plane, planes: min(lanesPerShard, g.channels - first),
        into: turned + vector * lanes * lanesPerShard)
    }
  }

  private func transformInputs(_ point: Int, _ top: Int, _ tiles: Int) {
    let lanes = plan.lineLanes(tiles: tiles)
    let step = elementStep(plan.vectors * tiles * lanesPerShard) * registersPerLanes
    let lines = TurnedRows(plan.rows.matrices.signedInputs[point]) {
      rows + (top + $0) % plan.windowRows * plan.turnedRow
    }
    @inline(__always)
    func transform(_ sum: (_ index: Int) -> Register) {
      for vector in 0..<plan.vectors {
        for tile in 0..<tiles {
          let start = (vector &* lanes &+ tile &* Columns.outputs) &* lanesPerShard &* registersPerLanes
          let v = (inputs + (vector &* tiles &+ tile) &* lanesPerShard).registers
          for part in 0..<lanesPerShard &* registersPerLanes {
            Columns.transformInput(
              { sum(start &+ part &+ $0 &* lanesPerShard &* registersPerLanes) }, into: v + part, elementStep: step)
          }
        }
      }
    }
    let (a, b, c, d) = (lines.rows[0], lines.rows[1], lines.rows[2], lines.rows[3])
    switch lines.kind {
    case .one: transform { a[$0] }
    case .sum: transform { a[$0] + b[$0] }
    case .difference: transform { a[$0] - b[$0] }
    case .differenceOfSums: transform { (a[$0] + b[$0]) - (c[$0] + d[$0]) }
    }
  }

  private func transformGradients(_ phase: DilationPhase, _ point: Int, _ top: Int, _ tiles: Range<Int>) {
    let step = elementStep(outChannels.count * tiles.count) * registersPerLanes
    let rows = RowCombination(
      outputsOf: g, phase, top: top, left: tiles.lowerBound * Columns.outputs, lanes: tiles.count * Columns.outputs,
      terms: plan.rows.matrices.results[point])
    for (channel, plane) in outChannels.enumerated() {
      rows.combine(outputGradient + plane * g.outHeight * g.outWidth, into: scratch)
      for tile in 0..<tiles.count {
        let w = (gradients + (channel &* tiles.count &+ tile)).registers
        for part in 0..<registersPerLanes {
          let line = (scratch + tile &* Columns.outputs).registers + part
          Columns.transformGradient({ line[$0 &* registersPerLanes] }, into: w + part, elementStep: step)
        }
      }
    }
  }

  private func multiply(_ point: Int, tiles: Int) {
    let images = tiles * lanesPerShard
    for column in 0..<Columns.points {
      let v = inputs + column * elementStep(plan.vectors * images)
      let w = gradients + column * elementStep(outChannels.count * tiles)
      addChannelProducts(
        channels: outChannels.count, vectors: plan.vectors, images: images, w: w.scalars, wStep: images, v: v,
        into: sums + (point * Columns.points + column) * outChannels.count * plan.vectors)
    }
  }

  /// gradient(o, c) += Gᵀ S(o, c) G, for all c at once.
  private func addKernels(to gradient: UnsafeMutablePointer<Float>) {
    let row = outChannels.count * plan.vectors
    let lines = sums + plan.elements * row
    let kernels = lines + plan.rows.taps * Columns.points * row
    clearLanes(lines, count: plan.rows.taps * (Columns.points + Columns.taps) * row)
    for (point, terms) in plan.rows.matrices.kernel.enumerated() {
      let from = sums + point * Columns.points * row
      for index in terms.indices {
        let term = terms[index]
        let to = lines + term.index * Columns.points * row
        let factor = Lanes(repeating: term.factor)
        for i in 0..<Columns.points * row { to[i] = lanes_multiply_add(from[i], factor, to[i]) }
      }
    }
    for a in 0..<plan.rows.taps {
      for (point, terms) in plan.columns.matrices.kernel.enumerated() {
        let from = lines + (a * Columns.points + point) * row
        for index in terms.indices {
          let term = terms[index]
          let to = kernels + (a * Columns.taps + term.index) * row
          let factor = Lanes(repeating: term.factor)
          for i in 0..<row { to[i] = lanes_multiply_add(from[i], factor, to[i]) }
        }
      }
    }
    let taps = plan.rows.taps * Columns.taps
    for tap in 0..<taps {
      for (channel, kernel) in outChannels.enumerated() {
        let from = (kernels + (tap * row + channel * plan.vectors)).scalars
        let to = gradient + (kernel * g.channels * taps + tap)
        for c in 0..<g.channels { to[c &* taps] += from[c] }
      }
    }
  }
}
