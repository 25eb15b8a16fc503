// Convolution with kernels of three by three taps by Winograd's transforms, all points of a tile at once.

import CVector

/// As `winogradCorrelate`, for three by three taps. So few points fit the caches together with their products, and nothing
/// rests anywhere before it is complete:
///
///     for each row of tiles, for up to three of its tiles
///       V(ξ, c, p) = (Bᵀ d B)(ξ)                  for all channels c and these tiles p; in registers from input to V
///       for each M output channels
///         for each point ξ
///           M(ξ, o, p) = Σ over c of U(ξ, o, c) · V(ξ, c, p)    (in registers)
///         Y = Aᵀ M A                              from the first-level cache to the output
///
/// - Parameters:
///   - packed: from `packWinogradWeights`.
///   - scratch: `plan.scratchLanes`.
struct WinogradTiles {
  let input: UnsafePointer<Lanes>
  let packed: UnsafePointer<Float>
  let bias: UnsafePointer<Float>?
  let g: CorrelationShape
  let rows: Range<Int>
  let accumulate: Bool
  let scratch: LanePointer
  let output: LanePointer

  /// ξ = 4·α + β.
  static var points: Int { 16 }
  /// The most tiles side by side: few, so that their transforms pass by in the second-level cache while many output
  /// channels' products are made of them.
  static var widest: Int { 3 }
  /// The most output channels below each other.
  static var tallest: Int { hasWideRegisters ? 8 : 2 }

  /// Splits output channels into the heights of register tiles, to pack the weights and to read them.
  @inline(__always)
  static func forEachChannelTile(_ channels: Int, _ body: (_ first: Int, _ height: Int) -> Void) {
    var first = 0
    while first < channels {
      let left = channels - first
      let height = hasWideRegisters && left >= 8 ? 8 : tileHeight(left)
      body(first, height)
      first += height
    }
  }

  /// Lanes of scratch space: the transformed inputs and a register tile's products.
  static func scratchLanes(channels: Int) -> Int {
    points * (elementStep(channels * widest) + tallest * widest)
  }

  func run() {
    DilationPhase.forEach(g, run)
  }

  private func run(_ phase: DilationPhase) {
    let tilesAcross = (phase.width + 1) / 2
    let groups = (tilesAcross + WinogradTiles.widest - 1) / WinogradTiles.widest
    let tops = phase.rows(of: rows)
    for top in stride(from: tops.lowerBound, to: tops.upperBound, by: 2) {
      for group in 0..<groups {
        let tiles = group * tilesAcross / groups..<(group + 1) * tilesAcross / groups
        transformInputs(phase, top, tiles)
        WinogradTiles.forEachChannelTile(g.outChannels) { first, height in
          multiply(first, height, tiles.count)
          transformOutputs(phase, top, tiles, first..<first + height)
        }
      }
    }
  }

  /// Where the products of a register tile rest: behind the transformed inputs of so many tiles.
  private func products(_ tiles: Int) -> LanePointer {
    scratch + WinogradTiles.points * elementStep(g.channels * tiles)
  }

  private func transformInputs(_ phase: DilationPhase, _ top: Int, _ tiles: Range<Int>) {
    let step = elementStep(g.channels * tiles.count)
    let window = TileWindow(g, phase, top: top, left: 2 * tiles.lowerBound, columns: 2 * tiles.count + 2)
    for channel in 0..<g.channels {
      let plane = input + channel &* g.plane
      for part in 0..<registersPerLanes {
        window.transform(
          plane.registers + part, tiles: tiles.count, into: (scratch + channel &* tiles.count).registers + part,
          elementStep: step &* registersPerLanes)
      }
    }
  }

  private func multiply(_ first: Int, _ height: Int, _ tiles: Int) {
    PointProducts(
      channels: g.channels, weights: packed + first * WinogradTiles.points * g.channels, v: scratch,
      vStep: elementStep(g.channels * tiles), target: products(tiles)
    ).run(height, tiles)
  }

  private func transformOutputs(_ phase: DilationPhase, _ top: Int, _ tiles: Range<Int>, _ channels: Range<Int>) {
    let step = channels.count * tiles.count * registersPerLanes
    let right = phase.columnStep * registersPerLanes
    let below = phase.rowStep * g.outWidth * registersPerLanes
    let hasSecondRow = top + 1 < phase.height
    for channel in channels {
      let start = Register(repeating: bias.map { $0[channel] } ?? 0)
      let row = (channel * g.outHeight + phase.row + top * phase.rowStep) * g.outWidth
      let corner = output + (row + phase.column + 2 * tiles.lowerBound * phase.columnStep)
      let line = products(tiles.count) + (channel - channels.lowerBound) * tiles.count
      for tile in 0..<tiles.count {
        let hasSecondColumn = 2 * (tiles.lowerBound + tile) + 1 < phase.width
        for part in 0..<registersPerLanes {
          let m = (line + tile).registers + part
          let y = (corner + 2 &* tile &* phase.columnStep).registers + part
          let (a, b) = sums(m, step, 0)
          let (c, d) = sums(m, step, 1)
          let (e, f) = sums(m, step, 2)
          let (h, i) = sums(m, step, 3)
          y[0] = (accumulate ? y[0] + start : start) + a + c + e
          if hasSecondColumn { y[right] = (accumulate ? y[right] + start : start) + b + d + f }
          guard hasSecondRow else { continue }
          y[below] = (accumulate ? y[below] + start : start) + c - e - h
          if hasSecondColumn {
            y[below &+ right] = (accumulate ? y[below &+ right] + start : start) + d - f - i
          }
        }
      }
    }
  }

  /// The two columns of a row of products: M A.
  @inline(__always)
  private func sums(_ m: UnsafePointer<Register>, _ step: Int, _ point: Int) -> (Register, Register) {
    let m = m + 4 &* point &* step
    let (p, q, r, s) = (m[0], m[step], m[2 &* step], m[3 &* step])
    return (p + q + r, q - r - s)
  }
}

/// The four rows of a plane that some tiles side by side see.
private struct TileWindow {
  /// Where the first column of each row lies, in lanes, and whether there is such a row: beyond the data all is zero.
  private var rows = InlineArray<4, Int>(repeating: 0)
  private var isInside = InlineArray<4, Bool>(repeating: false)
  /// The columns that lie in the data.
  private let inside: Range<Int>
  /// Lanes from one column to the next.
  private let step: Int

  init(_ g: CorrelationShape, _ phase: DilationPhase, top: Int, left: Int, columns: Int) {
    let (rowShift, columnShift) = g.inputShift
    let first = phase.column + left * phase.columnStep
    step = phase.columnStep
    inside = RowCombination.positions(of: g.columns.data, from: first, step: step, count: columns)
    for index in 0..<4 {
      let position = phase.row + (top + index) * phase.rowStep
      guard g.rows.data.contains(position) else { continue }
      isInside[index] = true
      rows[index] = (position - rowShift) * g.pitch + first - columnShift
    }
  }

  /// One column of Bᵀ d.
  @inline(__always)
  private func column(
    _ plane: UnsafePointer<Register>, _ index: Int
  ) -> (Register, Register, Register, Register) {
    guard index >= inside.lowerBound, index < inside.upperBound else { return (.zero, .zero, .zero, .zero) }
    let x = index &* step
    let a = isInside[0] ? plane[(rows[0] &+ x) &* registersPerLanes] : .zero
    let b = isInside[1] ? plane[(rows[1] &+ x) &* registersPerLanes] : .zero
    let c = isInside[2] ? plane[(rows[2] &+ x) &* registersPerLanes] : .zero
    let d = isInside[3] ? plane[(rows[3] &+ x) &* registersPerLanes] : .zero
    return (a - c, b + c, c - b, b - d)
  }

  /// V = Bᵀ d B of some tiles of one channel, its points `elementStep` apart. Two columns of a tile are the next one's first.
  @inline(__always)
  func transform(
    _ plane: UnsafePointer<Register>, tiles: Int, into v: UnsafeMutablePointer<Register>, elementStep: Int
  ) {
    var x = column(plane, 0)
    var y = column(plane, 1)
    var v = v
    for tile in 0..<tiles {
      let z = column(plane, 2 &* tile &+ 2)
      let w = column(plane, 2 &* tile &+ 3)
      row(x.0, y.0, z.0, w.0, into: v, elementStep)
      row(x.1, y.1, z.1, w.1, into: v + 4 &* elementStep, elementStep)
      row(x.2, y.2, z.2, w.2, into: v + 8 &* elementStep, elementStep)
      row(x.3, y.3, z.3, w.3, into: v + 12 &* elementStep, elementStep)
      (x, y) = (z, w)
      v += registersPerLanes
    }
  }

  /// One row of (Bᵀ d) B.
  @inline(__always)
  private func row(
    _ x: Register, _ y: Register, _ z: Register, _ w: Register, into v: UnsafeMutablePointer<Register>, _ step: Int
  ) {
    v[0] = x - z
    v[step] = y + z
    v[2 &* step] = z - y
    v[3 &* step] = y - w
  }
}

/// The products of one register tile, some output channels beside some tiles, at every point.
private struct PointProducts: TileLoop {
  let channels: Int
  let weights: UnsafePointer<Float>
  let v: UnsafePointer<Lanes>
  /// Lanes from one point's inputs to the next one's.
  let vStep: Int
  let target: LanePointer

  @inline(__always)
  func compute<let count: Int>(_ size: Tile<count>.Type, _ height: Int, _ tiles: Int) {
    var column = weights
    var products = target
    for point in 0..<WinogradTiles.points {
      var pixels = v + point &* vStep
      var sums = InlineArray<count, Lanes> { _ in .zero }
      for _ in 0..<channels {
        // The fewer operands stay in registers while the others go by: eight beside twenty-four sums would not fit.
        if height > tiles {
          for m in 0..<height {
            let weight = Lanes(repeating: column[m])
            for p in 0..<tiles {
              sums[m &* tiles &+ p] = lanes_multiply_add(weight, pixels[p], sums[m &* tiles &+ p])
            }
          }
        } else {
          for p in 0..<tiles {
            let x = pixels[p]
            for m in 0..<height {
              sums[m &* tiles &+ p] = lanes_multiply_add(Lanes(repeating: column[m]), x, sums[m &* tiles &+ p])
            }
          }
        }
        column += height
        pixels += tiles
      }
      for index in 0..<count { products[index] = sums[index] }
      products += count
    }
  }
}
