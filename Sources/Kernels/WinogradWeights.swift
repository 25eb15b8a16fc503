// The weights of a convolution in the form in which Winograd's products read them.

/// U = G g Gᵀ of each kernel, packed for each tile of output channels: place by place, input channel by input channel, the
/// tile's channels side by side.
func packWinogradWeights(
  _ source: UnsafePointer<Float>, channelStep: Int, tapSource: UnsafePointer<Int>, plan: WinogradPlan,
  into packed: UnsafeMutablePointer<Float>
) {
  let (channels, places) = (plan.channels, plan.places)
  let (height, width) = (plan.rows.taps, plan.columns.taps)
  withUnsafeTemporaryAllocation(of: Float.self, capacity: height * plan.columns.points) { lines in
    forEachChannelTile(plan.outChannels) { first, tileHeight in
      for m in 0..<tileHeight {
        let kernels = source + (first + m) * channelStep
        for channel in 0..<channels {
          let taps = tapSource + channel * height * width
          // Each row of the kernel becomes a number a point; then the same down the columns.
          for a in 0..<height {
            for (point, terms) in plan.columns.kernel.enumerated() {
              var sum: Float = 0
              for term in terms { sum += term.factor * kernels[taps[a * width + term.index]] }
              lines[a * plan.columns.points + point] = sum
            }
          }
          var target = packed + (first * places * channels + channel * tileHeight + m)
          for terms in plan.rows.kernel {
            for point in 0..<plan.columns.points {
              var sum: Float = 0
              for term in terms { sum += term.factor * lines[term.index * plan.columns.points + point] }
              target.pointee = sum
              target += channels * tileHeight
            }
          }
        }
      }
    }
  }
}
