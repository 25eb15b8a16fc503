// The weights of a convolution in the form in which Winograd's products read them.

/// U = G g Gᵀ of each kernel, packed for each tile of output channels: place by place, input channel by input channel,
/// the tile's channels side by side.
func packWinogradWeights(
  _ source: UnsafePointer<Float>, channelStep: Int, tapSource: UnsafePointer<Int>, plan: WinogradPlan,
  into packed: UnsafeMutablePointer<Float>
) {
  func pack<Rows: ShortCorrelation, Columns: ShortCorrelation>(_ rows: Rows.Type, _ columns: Columns.Type) {
    let kernelTaps = Rows.taps * Columns.taps
    forEachChannelTile(plan.outChannels) { first, height in
      for m in 0..<height {
        let kernels = source + (first + m) * channelStep
        for channel in 0..<plan.channels {
          transformKernel(
            rows, columns, kernels, taps: tapSource + channel * kernelTaps,
            into: packed + (first * plan.places * plan.channels + channel * height + m),
            placeStep: plan.channels * height)
        }
      }
    }
  }
  switch (plan.rows.taps, plan.columns.taps) {
  case (3, 3): pack(ThreeTaps.self, ThreeTaps.self)
  case (3, _): pack(ThreeTaps.self, FiveTaps.self)
  case (_, 3): pack(FiveTaps.self, ThreeTaps.self)
  default: pack(FiveTaps.self, FiveTaps.self)
  }
}

/// U = G g Gᵀ of one kernel, whose taps lie at `kernels[taps[…]]`.
@inline(__always)
private func transformKernel<Rows: ShortCorrelation, Columns: ShortCorrelation>(
  _ rows: Rows.Type, _ columns: Columns.Type, _ kernels: UnsafePointer<Float>, taps: UnsafePointer<Int>,
  into u: UnsafeMutablePointer<Float>, placeStep: Int
) {
  // Each row of the kernel becomes a number a point; then the same down the columns.
  var lines = InlineArray<55, Float> { _ in 0 }
  for a in 0..<Rows.taps {
    let row = taps + a &* Columns.taps
    Columns.transformKernel(
      { kernels[row[$0]] },
      { point, weight in lines[a &* Columns.points &+ point] = weight })
  }
  for column in 0..<Columns.points {
    Rows.transformKernel(
      { lines[$0 &* Columns.points &+ column] },
      { point, weight in u[(point &* Columns.points &+ column) &* placeStep] = weight })
  }
}
