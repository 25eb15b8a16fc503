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
    let channelTaps = part == nil ? kernelTaps : wholeTaps
    func packTile(_ first: Int, _ height: Int, _ kernels: LanePointer) {
      // For each element the tile's weights are one run, of which sixteen at a time are lanes.
      let run = plan.channels * height
      let tile = packed + first * plan.elements * plan.channels
      var (channel, m) = (0, 0)
      for start in stride(from: 0, to: run, by: lanesPerShard) {
        let count = min(lanesPerShard, run - start)
        for lane in 0..<count {
          let weights = source + (first &+ m) &* channelStep
          let taps = tapSource + channel &* channelTaps
          let lane = kernels.scalars + lane
          if let part {
            for (tap, whole) in part.taps.enumerated() {
              lane[tap &* lanesPerShard] = whole < 0 ? 0 : weights[taps[whole]]
            }
          } else {
            for tap in 0..<kernelTaps { lane[tap &* lanesPerShard] = weights[taps[tap]] }
          }
          m += 1
          if m == height { (channel, m) = (channel + 1, 0) }
        }
        transformKernels(rows, columns, kernels, lines: kernels + kernelTaps) { element, weights in
          let to = tile + (element &* run &+ start)
          if count == lanesPerShard {
            UnsafeMutableRawPointer(to).storeBytes(of: weights, as: Lanes.self)
          } else {
            for lane in 0..<count { to[lane] = weights[lane] }
          }
        }
      }
    }
    let lanes = kernelTaps + Rows.taps * Columns.points
    withUnsafeTemporaryAllocation(of: Lanes.self, capacity: lanes) { kernels in
      guard let kernels = kernels.baseAddress else { return }
      kernels.initialize(repeating: .zero, count: lanes)
      if plan.isSquare {
        WinogradTiles.forEachChannelTile(plan.outChannels) { packTile($0, $1, kernels) }
      } else {
        forEachChannelTile(plan.outChannels) { packTile($0, $1, kernels) }
      }
    }
  }
  func pack<Rows: ShortCorrelation>(_ rows: Rows.Type) {
    switch plan.columns {
    case .three: pack(rows, ThreeTaps.self)
    case .five: pack(rows, FiveTaps.self)
    case .seven: pack(rows, SevenTaps.self)
    }
  }
  switch plan.rows {
  case .three: pack(ThreeTaps.self)
  case .five: pack(FiveTaps.self)
  case .seven: pack(SevenTaps.self)
  }
}

/// U = G g Gᵀ of sixteen kernels, which are the lanes of their taps; `lines` is scratch space for a number a row of taps and point.
@inline(__always)
private func transformKernels<Rows: ShortCorrelation, Columns: ShortCorrelation>(
  _ rows: Rows.Type, _ columns: Columns.Type, _ kernels: UnsafePointer<Lanes>,
  lines: LanePointer, _ body: (_ element: Int, _ u: Lanes) -> Void
) {
  // Each row of the kernel becomes a number a point; then the same down the columns.
  for a in 0..<Rows.taps {
    Columns.transformKernel(
      { kernels[a &* Columns.taps &+ $0] },
      { point, weights in lines[a &* Columns.points &+ point] = weights })
  }
  for column in 0..<Columns.points {
    Rows.transformKernel(
      { lines[$0 &* Columns.points &+ column] },
      { point, weights in body(point &* Columns.points &+ column, weights) })
  }
}
