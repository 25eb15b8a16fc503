// Which convolutions are done in fewer multiplications, and the room that it takes.

/// How a correlation is done by short ones along both axes.
///
/// For a tile of outputs Y that sees the inputs d, with the matrices A, B and G of each axis,
///
///     Y = Aᵀ [ (G g Gᵀ) ⊙ (Bᵀ d B) ] A
///
/// and the sum over input channels can be taken before the outer transform. So a tile's element ξ = (α, β), one point of
/// the rows' and one of the columns', is one matrix product of weights with inputs: 16 for the 2×2 outputs of 3×3
/// kernels instead of 36, 121 for the 4×4 outputs of 5×5 kernels instead of 400. The transforms are additions.
///
/// Source: Lavin and Gray, "Fast algorithms for convolutional neural networks" (2016).
struct WinogradPlan: Sendable {
  let rows: ShortAxis
  let columns: ShortAxis
  let channels: Int
  let outChannels: Int
  /// Whether the sums over α rest in scratch space until they are complete: in the output, whose planes lie a power of two
  /// apart, the channels would drive each other out of the cache.
  let restsInScratch: Bool

  /// Whether `WinogradTiles` does it, which goes by none of the sizes below.
  var isSquare: Bool { rows.taps == 3 && columns.taps == 3 }

  var elements: Int { rows.points * columns.points }
  /// Floats that the packed weights take.
  var packedCount: Int { outChannels * channels * elements }
  /// Inputs along a row that so many tiles see.
  func lineLanes(tiles: Int) -> Int { tiles * columns.outputs + columns.taps - 1 }

  /// How many output channels' products are kept at once.
  var outputsTogether: Int { min(outChannels, 16) }

  /// How many tiles side by side share the weights of one α while these are in the cache.
  var tilesTogether: Int { 2 * widestTile }

  /// Lanes of scratch space; where `WinogradTiles` does not do it, a line, the transformed inputs of one α, and their products.
  var scratchLanes: Int {
    isSquare
      ? WinogradTiles.scratchLanes(channels: channels)
      : lineLanes(tiles: tilesTogether) + columns.points
        * (elementStep(channels * tilesTogether) + elementStep(outputsTogether * tilesTogether))
        + (restsInScratch ? outChannels * restStep : 0)
  }

  /// Lanes from the sums of one output channel to the next one's.
  var restStep: Int { elementStep(rows.outputs * restPitch) }
  /// Lanes from one row of them to the next.
  var restPitch: Int { tilesTogether * columns.outputs }

  /// Nil when the transforms are not worth their additions: every input must be used by many outputs, and every output
  /// made of many inputs.
  init?(
    rows rowAxis: TapAxis, columns columnAxis: TapAxis, channels: Int, outChannels: Int, outHeight: Int, outWidth: Int
  ) {
    guard let rows = ShortAxis(rowAxis), let columns = ShortAxis(columnAxis),
      min(channels, outChannels) >= 16, outHeight / rowAxis.dilation >= rows.outputs,
      outWidth / columnAxis.dilation >= columns.outputs
    else { return nil }
    (self.rows, self.columns, self.channels, self.outChannels) = (rows, columns, channels, outChannels)
    restsInScratch = outHeight * outWidth % 32 == 0
  }
}

/// Lanes from one element's numbers to the next one's: an odd count, because elements a power of two apart would share few
/// sets of the first-level cache.
@inline(__always)
func elementStep(_ lanes: Int) -> Int { lanes | 1 }
