// The shape of a correlation, and which of its taps meet data.

/// The shape of a correlation, fixed when the operation is recorded.
///
/// A *tap* is one (input channel, kernel row, kernel column), in this order; `offsets[t]` is where tap t lies, counted
/// in lanes from the window's top-left corner in the padded input.
///
/// A class, since every pass hands it from function to function: of a structure with so many arrays each copy counts
/// references, which threads that do the same operation would fight over.
public final class CorrelationGeometry: Sendable {
  public let shape: CorrelationShape
  public let offsets: [Int]
  /// 0, 1, 2 …: the taps' numbers, to be read where others read a choice of them.
  let numbers: [Int]
  /// How it is done by Winograd's transforms; nil when it is not.
  let winograd: WinogradPlan?
  /// The smaller kernels that it is the sum of; none when it is done as a whole.
  let parts: [KernelPart]
  /// Where the windows of some rows of outputs begin, one after the other: as many rows as a weight's gradient adds up in one go.
  let pixels: [Int]
  /// The register tiles that cover a row of outputs, and the input channels over which one strip passes in one go.
  let strips: [TileStrip]
  let channelsTogether: Int

  /// - Parameters:
  ///   - channels: how many planes of the padded input each window covers.
  ///   - pitch, plane: lanes from a padded row to the next, and from a padded plane to the next.
  ///   - isBorderless: only where `worksWithoutBorder`.
  public init(
    channels: Int, outChannels: Int, outHeight: Int, outWidth: Int, pitch: Int, plane: Int, rows: TapAxis,
    columns: TapAxis, isBorderless: Bool = false
  ) {
    shape = CorrelationShape(
      channels: channels, outChannels: outChannels, outHeight: outHeight, outWidth: outWidth, pitch: pitch,
      plane: plane, rows: rows, columns: columns, isBorderless: isBorderless)
    let winograd = WinogradPlan(
      rows: rows, columns: columns, channels: channels, outChannels: outChannels, outHeight: outHeight,
      outWidth: outWidth)
    self.winograd = winograd
    parts =
      winograd != nil
      ? []
      : KernelPart.all(rows, columns, pitch: isBorderless ? nil : pitch) { rows, columns in
        CorrelationGeometry(
          channels: channels, outChannels: outChannels, outHeight: outHeight, outWidth: outWidth, pitch: pitch,
          plane: plane, rows: rows, columns: columns, isBorderless: isBorderless)
      }
    offsets = (0..<channels).flatMap { c in
      (0..<rows.kernel).flatMap { a in
        (0..<columns.kernel).map { b in c * plane + a * rows.dilation * pitch + b * columns.dilation }
      }
    }
    numbers = Array(offsets.indices)
    pixels = (0..<CorrelationGeometry.rowsTogether(outHeight, outWidth, columns)).flatMap { row in
      (0..<outWidth).map { row * rows.stride * pitch + $0 * columns.stride }
    }
    channelsTogether = min(
      channels,
      CorrelationGeometry.channelsInCache(rows, columns, width: min(CorrelationGeometry.widest(outChannels), outWidth)))
    strips = TileStrip.row(
      columns, width: outWidth, widest: CorrelationGeometry.widest(outChannels),
      tilesTogether: CorrelationGeometry.tilesTogether(rows, columns, channels, outChannels, outWidth))
  }

  public var channels: Int { shape.channels }
  public var outChannels: Int { shape.outChannels }
  public var outHeight: Int { shape.outHeight }
  public var outWidth: Int { shape.outWidth }
  var pitch: Int { shape.pitch }
  var plane: Int { shape.plane }
  var rows: TapAxis { shape.rows }
  var columns: TapAxis { shape.columns }
  var rowStep: Int { shape.rowStep }
  var columnStep: Int { shape.columnStep }
  var isBorderless: Bool { shape.isBorderless }
  var tapsPerChannel: Int { shape.tapsPerChannel }

  /// Whether no pass reads a border: Winograd's transforms know where it is.
  public var worksWithoutBorder: Bool {
    parts.isEmpty ? winograd != nil && gradientPlan != nil : parts.allSatisfy(\.geometry.worksWithoutBorder)
  }
  /// The same for `correlate` alone.
  public var correlatesWithoutBorder: Bool { winograd != nil || !parts.isEmpty }

  /// The places of its outputs in a plane of their own.
  public var wholePlane: PlaneGrid {
    PlaneGrid(rows: outHeight, columns: outWidth, firstRow: 0, firstColumn: 0, rowStep: 1, columnStep: 1)
  }

  /// Floats that the packed weights take.
  public var packedCount: Int {
    parts.isEmpty
      ? winograd?.packedCount ?? outChannels * channels * tapsPerChannel
      : parts.reduce(0) { $0 + $1.geometry.packedCount }
  }

  /// The rows of outputs that a portion computes: whole tiles of them.
  public func rows(of portion: Portion) -> Range<Int> {
    let tile = parts.isEmpty ? winograd?.rows.outputs ?? 1 : KernelPart.tallestTile
    return portion.range(of: outHeight, unit: tile * (winograd == nil && parts.isEmpty ? 1 : rows.dilation))
  }

  /// Lanes of scratch space that `correlate` needs.
  public var correlationLanes: Int { parts.map(\.geometry.correlationLanes).max() ?? winograd?.scratchLanes ?? 0 }

  /// The widest tile of outputs.
  static func widest(_ outChannels: Int) -> Int { isTallTile(outChannels) ? 4 : widestTile }

  /// How many tiles side by side see a window of all channels that stays in the first-level cache; one if none does.
  private static func tilesTogether(
    _ rows: TapAxis, _ columns: TapAxis, _ channels: Int, _ outChannels: Int, _ outWidth: Int
  ) -> Int {
    let widest = widest(outChannels)
    var tiles = 1
    while tiles * widest < outWidth, channelsInCache(rows, columns, width: (tiles + 1) * widest) >= channels {
      tiles += 1
    }
    return tiles
  }

  /// How many channels of a window of `width` outputs stay in the first-level cache, with room for what streams by.
  private static func channelsInCache(_ rows: TapAxis, _ columns: TapAxis, width: Int) -> Int {
    let lanes = rows.kernel * ((width - 1) * columns.stride + (columns.kernel - 1) * columns.dilation + 1)
    return max(1, 256 / lanes)
  }
}

/// Register tiles side by side, equally wide and reached by the same kernel columns.
struct TileStrip: Sendable {
  /// The first output.
  let start: Int
  let width: Int
  private(set) var tiles: Int
  /// The kernel columns that reach data.
  let taps: Range<Int>

  /// Tiles of nearly equal width, 26 columns as 6 5 5 5 5, not as 6 6 6 6 2; as many in a strip as share the cache.
  static func row(_ columns: TapAxis, width rowWidth: Int, widest: Int, tilesTogether: Int) -> [TileStrip] {
    let tilesAcross = (rowWidth + widest - 1) / widest
    var strips: [TileStrip] = []
    for tile in 0..<tilesAcross {
      let (narrow, wider) = rowWidth.quotientAndRemainder(dividingBy: tilesAcross)
      let start = tile * narrow + min(tile, wider)
      let width = narrow + (tile < wider ? 1 : 0)
      let taps = columns.taps(start..<start + width)
      if let last = strips.last, last.width == width, last.taps == taps, last.tiles < tilesTogether {
        strips[strips.count - 1].tiles += 1
      } else {
        strips.append(TileStrip(start: start, width: width, tiles: 1, taps: taps))
      }
    }
    return strips
  }
}

/// Some of the taps, in their order: `run` of them in each of some channels, or in one go.
struct TapWalk {
  /// Where each tap of a run lies, and its number, both counted from the run's first channel.
  let offsets: UnsafePointer<Int>
  let numbers: UnsafePointer<Int>
  let run: Int
  /// How many runs there are, and how far it is from one to the next.
  let runs: Int
  let offsetStep: Int
  let numberStep: Int

  /// The taps of some channels, kernel rows and kernel columns; of whole kernels all in one run, since each run takes a while to
  /// begin.
  ///
  /// - Parameters:
  ///   - offsets, numbers: of all taps.
  ///   - room: twice a channel's taps.
  init(
    _ g: CorrelationGeometry, _ channels: Int, _ rows: Range<Int>, _ columns: Range<Int>, offsets: UnsafePointer<Int>,
    numbers: UnsafePointer<Int>, room: UnsafeMutablePointer<Int>
  ) {
    let (width, all) = (g.columns.kernel, g.tapsPerChannel)
    (offsetStep, numberStep) = (g.plane, all)
    let isWhole = columns.count == width && rows.count == g.rows.kernel
    (run, runs) = isWhole ? (channels * all, 1) : (rows.count * columns.count, channels)
    if columns.count == width {
      let first = rows.lowerBound * width
      (self.offsets, self.numbers) = (offsets + first, numbers + first)
      return
    }
    var next = room
    for row in rows {
      for column in columns {
        next[0] = offsets[row &* width &+ column]
        next[all] = row &* width &+ column
        next += 1
      }
    }
    (self.offsets, self.numbers) = (UnsafePointer(room), UnsafePointer(room + all))
  }
}

/// Gives the numbers of two tables by their addresses: a table's subscript would be checked and counted in each loop.
@inline(always)
func withPointers(_ a: [Int], _ b: [Int], _ body: (_ a: UnsafePointer<Int>, _ b: UnsafePointer<Int>) -> Void) {
  a.withUnsafeBufferPointer { a in
    b.withUnsafeBufferPointer { b in
      guard let a = a.baseAddress, let b = b.baseAddress else { return }
      body(a, b)
    }
  }
}
