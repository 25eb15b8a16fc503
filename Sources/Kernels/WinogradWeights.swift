// The weights of a convolution in the form in which Winograd's products read them.

/// U = G g Gᵀ of each kernel, packed for each tile of output channels: element by element, input channel by input channel,
/// the tile's channels side by side.
///
/// - Parameters:
///   - part: which taps of a larger kernel it is; nil for a whole one.
///   - wholeTaps: how many taps of a channel the larger kernel has.
func packWinogradWeights(
  _ source: UnsafePointer<Float>, channelStep: Int, tapSource: UnsafePointer<Int>, plan: WinogradPlan,
  part: KernelPart? = nil, of wholeTaps: Int = 0, into packed: UnsafeMutablePointer<Float>
) {
  func pack<Rows: ShortCorrelation, Columns: ShortCorrelation>(_ rows: Rows.Type, _ columns: Columns.Type) {
    let kernelTaps = Rows.taps * Columns.taps
    func packTile(_ first: Int, _ height: Int) {
      for m in 0..<height {
        let kernels = source + (first + m) * channelStep
        for channel in 0..<plan.channels {
          let taps = tapSource + channel * (part == nil ? kernelTaps : wholeTaps)
          transformKernel(
            rows, columns,
            { index in
              guard let part else { return kernels[taps[index]] }
              return part.taps[index] < 0 ? 0 : kernels[taps[part.taps[index]]]
            },
            into: packed + (first * plan.elements * plan.channels + channel * height + m),
            elementStep: plan.channels * height)
        }
      }
    }
    if plan.isSquare {
      WinogradTiles.forEachChannelTile(plan.outChannels, packTile)
    } else {
      forEachChannelTile(plan.outChannels, packTile)
    }
  }
  switch (plan.rows.taps, plan.columns.taps) {
  case (3, 3): pack(ThreeTaps.self, ThreeTaps.self)
  case (3, _): pack(ThreeTaps.self, FiveTaps.self)
  case (_, 3): pack(FiveTaps.self, ThreeTaps.self)
  default: pack(FiveTaps.self, FiveTaps.self)
  }
}

/// U = G g Gᵀ of one kernel, whose taps `kernel` gives by their number.
@inline(__always)
private func transformKernel<Rows: ShortCorrelation, Columns: ShortCorrelation>(
  _ rows: Rows.Type, _ columns: Columns.Type, _ kernel: (_ tap: Int) -> Float,
  into u: UnsafeMutablePointer<Float>, elementStep: Int
) {
  // Each row of the kernel becomes a number a point; then the same down the columns.
  var lines = InlineArray<55, Float> { _ in 0 }
  for a in 0..<Rows.taps {
    Columns.transformKernel(
      { kernel(a &* Columns.taps &+ $0) },
      { point, weight in lines[a &* Columns.points &+ point] = weight })
  }
  for column in 0..<Columns.points {
    Rows.transformKernel(
      { lines[$0 &* Columns.points &+ column] },
      { point, weight in u[(point &* Columns.points &+ column) &* elementStep] = weight })
  }
}
