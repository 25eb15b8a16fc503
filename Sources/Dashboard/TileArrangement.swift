// How many tiles fit into a pane, and how large: known before a number is.

import Telemetry

/// Strips of tiles laid out in a rectangle: a strip is one filter's channels, or one feature map.
struct TileArrangement: Hashable {
  let scale: TileScale
  /// One tile, in cells.
  let tile: Size
  /// Tiles side by side in a strip, and rows of them.
  let tilesAcross: Int
  let tileRows: Int
  /// Strips side by side, and rows of them.
  private(set) var stripsAcross: Int
  private(set) var stripRows: Int
  /// Whether a row of captions stands above each strip.
  let hasCaptions: Bool

  /// A strip with its caption, in cells.
  private var strip: Size { Size(tilesAcross * (tile.columns + 1) - 1, tileRows * tile.rows + captionRows) }
  private var captionRows: Int { hasCaptions ? 1 : 0 }
  /// Columns from one strip to the next.
  private var gap: Int { tilesAcross > 1 ? 2 : 1 }

  /// Strips on a page.
  var capacity: Int { stripsAcross * stripRows }
  /// Tiles of each strip that are shown.
  var tilesShown: Int { tilesAcross * tileRows }

  /// The largest zoom at which all strips and tiles fit; of a few large pictures, else means of 2 × 2 numbers if all fit so; else the
  /// smallest one, if `atLeast` strips fit then; else means of 2 × 2 numbers, if `atLeast` fit so; else whatever shows at least one
  /// tile.
  init?(
    _ geometry: TileGeometry, in size: Size, atLeast wanted: Int, largest: Int = 40, captions: Bool = true,
    on capabilities: Capabilities
  ) {
    func candidates(_ scales: [TileScale]) -> [TileArrangement] {
      scales.compactMap { TileArrangement(geometry, in: size, scale: $0, captions: captions) }
    }
    let enlarged = candidates(TileScale.zooms(largest, height: geometry.height, on: capabilities))
    let smallest = candidates([.zoom(1)])
    let halved = candidates([.mean(2)])
    let enough = min(wanted, geometry.count)
    let best =
      enlarged.first { $0.capacity >= geometry.count && $0.tilesShown >= geometry.tiles }
      ?? (geometry.count <= 16 && geometry.height >= 14
        ? halved.first { $0.capacity >= geometry.count && $0.tilesShown >= geometry.tiles } : nil)
      ?? enlarged.last { $0.capacity >= enough } ?? smallest.first { $0.capacity >= enough }
      ?? halved.first { $0.capacity >= enough } ?? enlarged.last { $0.capacity >= min(2, enough) }
      ?? smallest.first { $0.capacity >= min(2, enough) } ?? halved.first
      ?? (candidates([3, 4, 6, 8, 12, 16].map(TileScale.mean)) + smallest).first
    guard let best else { return nil }
    self = best
  }

  /// The same, at one scale; nil when not even one tile fits.
  init?(_ geometry: TileGeometry, in size: Size, scale: TileScale, captions: Bool = true) {
    self.scale = scale
    tile = scale.cells(height: geometry.height, width: geometry.width)
    guard tile.columns <= size.columns, tile.rows <= size.rows else { return nil }
    hasCaptions = captions && tile.rows + 1 <= size.rows
    let room = size.rows - (hasCaptions ? 1 : 0)
    tilesAcross = min(geometry.tiles, (size.columns + 1) / (tile.columns + 1))
    // Rows of tiles in a strip stand close; strips are a caption apart.
    tileRows = min((geometry.tiles + tilesAcross - 1) / tilesAcross, max(1, room / tile.rows))
    (stripsAcross, stripRows) = (1, 1)
    stripsAcross = max(1, (size.columns + gap) / (strip.columns + gap))
    stripRows = max(1, size.rows / strip.rows)
  }

  /// The page of strips that holds a selected one.
  func page(holding selected: Int, of total: Int) -> Range<Int> {
    let first = max(0, min(selected, total - 1)) / capacity * capacity
    return first..<min(total, first + capacity)
  }

  /// The strip at a point, counted from 0 on the page; nil between strips.
  func strip(at point: Point, in rect: Rect) -> Int? {
    guard rect.contains(point) else { return nil }
    return (0..<capacity).first { index in
      let origin = origin(index)
      return Rect(
        column: rect.column + origin.column, row: rect.row + origin.row - captionRows, columns: strip.columns,
        rows: strip.rows
      ).contains(point)
    }
  }

  /// Where a strip's first tile is, relative to the rectangle; strips are counted from 0 on the page.
  func origin(_ index: Int) -> (column: Int, row: Int) {
    (index % stripsAcross * (strip.columns + gap), index / stripsAcross * strip.rows + captionRows)
  }
}
