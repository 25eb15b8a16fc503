// Depthwise convolution: each plane has a kernel of its own, and nothing is summed over channels.

import CVector

/// As `correlate` with one input and one output channel, for many planes, each with its own weights.
///
///     output(c, place of (y, x)) = start + Σ over a, b of
///       weight(c, a, b) · input[c · inputStep + y · rowStep + x · columnStep + offset(a, b)]
///
/// where start is `bias(c)`, plus the previous output when it accumulates. So little is computed with a number that it has to
/// come from the first-level cache each time; the tile is a run of neighbours in a row, and the tiles of a plane follow each other
/// without a call between them. Kernel rows that see nothing but padding are left out.
///
/// - Parameters:
///   - input: padded planes; every window lies inside.
///   - inputStep: lanes from one plane to the next.
///   - weights: from `packWeights`, `weightStep` floats from one plane's to the next one's.
///   - grid: where the outputs lie in planes of `height` by `width`.
public func correlatePlanes(
  _ input: UnsafePointer<Lanes>, inputStep: Int, weights: UnsafePointer<Float>, weightStep: Int,
  bias: UnsafePointer<Float>?, planes: Range<Int>, geometry g: CorrelationGeometry, accumulate: Bool,
  into output: LanePointer,
  grid: PlaneGrid, height: Int, width: Int
) {
  let corner = output + (grid.firstRow * width + grid.firstColumn)
  let tilesAcross = (g.outWidth + widestTile - 1) / widestTile
  g.offsets.withUnsafeBufferPointer { offsets in
    guard let offsets = offsets.baseAddress else { return }
    for plane in planes {
      for tile in 0..<tilesAcross {
        let first = tile * g.outWidth / tilesAcross
        PlaneStrip(
          input: input + (plane * inputStep + first * g.columnStep), inputPitch: g.rowStep, inputStep: g.columnStep,
          weights: weights + plane * weightStep, kernelWidth: g.columns.kernel, offsets: offsets,
          start: bias.map { $0[plane] } ?? 0, accumulate: accumulate,
          output: corner + (plane * height * width + first * grid.columnStep), outputPitch: grid.rowStep * width,
          outputStep: grid.columnStep, rows: g.outHeight, taps: g.rows
        ).runAtStep((tile + 1) * g.outWidth / tilesAcross - first)
      }
    }
  }
}

/// Register tiles below each other, one a row of outputs.
private struct PlaneStrip: TileLoop {
  let input: UnsafePointer<Lanes>
  /// Lanes from one row of windows to the next, and from one window to its neighbour.
  let inputPitch: Int
  var inputStep: Int
  let weights: UnsafePointer<Float>
  let kernelWidth: Int
  let offsets: UnsafePointer<Int>
  let start: Float
  let accumulate: Bool
  let output: LanePointer
  let outputPitch: Int
  var outputStep: Int
  let rows: Int
  let taps: TapAxis

  /// Neighbouring windows get loops of their own, in which the steps are constants.
  @inline(__always)
  func runAtStep(_ columns: Int) {
    if inputStep == 1, outputStep == 1 { runNeighbors(columns) } else { runApart(columns) }
  }

  @inline(never)
  private func runNeighbors(_ columns: Int) {
    var strip = self
    (strip.inputStep, strip.outputStep) = (1, 1)
    strip.run(1, columns)
  }

  @inline(never)
  private func runApart(_ columns: Int) { run(1, columns) }

  @inline(__always)
  func compute<let count: Int>(_ size: Tile<count>.Type, _ height: Int, _ columns: Int) {
    for row in 0..<rows {
      let x = input + row &* inputPitch
      let y = output + row &* outputPitch
      var sums = InlineArray<count, Lanes> { _ in .zero }
      for p in 0..<columns { sums[p] = Lanes(repeating: start) + (accumulate ? y[p &* outputStep] : .zero) }
      let kernelRows = taps.taps(row..<row &+ 1)
      for tap in kernelRows.lowerBound &* kernelWidth..<kernelRows.upperBound &* kernelWidth {
        let weight = Lanes(repeating: weights[tap])
        let window = x + offsets[tap]
        for p in 0..<columns { sums[p] = lanes_multiply_add(weight, window[p &* inputStep], sums[p]) }
      }
      for p in 0..<columns { y[p &* outputStep] = sums[p] }
    }
  }
}
