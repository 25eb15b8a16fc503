// Where the columns of the whole net stand.

import Telemetry

/// Which layers have a column, how large each one's maps are, and how many of them it shows.
struct NetworkPlan {
  struct Column {
    /// The layer that is chosen by it, and the one whose output it shows: the activation behind it, if there is one.
    let layer: Int
    let pictured: Int
    let scale: TileScale
    let tile: Size
    /// Rows from one map to the next.
    let pitch: Int
    let maps: Int
    /// Where its maps are.
    let rect: Rect
  }

  private(set) var columns: [Column] = []
  let image: (scale: TileScale, rect: Rect)
  let classes: Rect
  /// All layers that have a column or would have one, were there room.
  private(set) var reachable: [Int] = []
  /// Layers that there was no room for.
  private(set) var left = 0
  private(set) var right = 0

  /// The layers that change the picture: an activation is shown with the layer before it, and what only passes numbers on is
  /// left out.
  private static func layers(_ run: RunDescription) -> [Int] {
    run.layers.indices.filter { index in
      let isMerged = index > 0 && run.layers[index - 1].activation == index
      return !isMerged && !["flatten", "dropout", "dropout2d"].contains(run.layers[index].kind)
    }
  }

  /// Of those, the ones with weights, for a narrow room.
  private static func reduced(_ run: RunDescription) -> [Int] {
    layers(run).filter { run.layers[$0].filters != nil || run.layers[$0].kind == "residual" }
  }

  /// The column that a layer belongs to: its own, or the one before it.
  func column(of layer: Int) -> Column? { columns.last { $0.layer <= layer } ?? columns.first }

  init(_ model: DashboardModel, _ pane: Rect) {
    let run = model.run
    let inside = pane.dropping(rows: 1)
    let classWidth = model.trains ? min(26, max(15, pane.columns / 7)) : 0
    let image = TileArrangement(
      TileGeometry(count: 1, tiles: 1, height: run.image[1], width: run.image[2]),
      in: Size(max(8, pane.columns / 7), max(4, inside.rows - 2)), atLeast: 1, largest: 3, captions: false,
      on: model.capabilities)
    let imageSize = image?.tile ?? Size(0, 0)
    self.image = (
      image?.scale ?? .mean(2),
      Rect(column: pane.column + 1, row: inside.row + 2, columns: imageSize.columns, rows: imageSize.rows)
    )
    classes = Rect(
      column: pane.column + pane.columns - classWidth, row: inside.row, columns: classWidth, rows: inside.rows)
    let room = pane.columns - imageSize.columns - classWidth - 4
    let rows = inside.rows - 2
    let gapBetween = pane.columns >= 160 ? 7 : NetworkPlan.gap
    let complete = NetworkPlan.layers(run)
    let isWhole = complete.count * (NetworkPlan.narrowest + gapBetween) <= room
    let all = isWhole || NetworkPlan.reduced(run).isEmpty ? complete : NetworkPlan.reduced(run)
    // The widest maps with which all columns fit; where none do, the chosen layer's neighbours at a width to be seen.
    let limits = [40, 28, 21, 16, 14, 12, 10, 8, 7, 6, 5]
    func sizes(_ limit: Int) -> [(scale: TileScale, tile: Size)] {
      all.map { NetworkPlan.size(NetworkPlan.pictured($0, run).maps, width: limit, rows: rows, on: model.capabilities) }
    }
    func total(_ tiles: [(scale: TileScale, tile: Size)]) -> Int {
      tiles.reduce(0) { $0 + max(NetworkPlan.narrowest, $1.tile.columns) + gapBetween }
    }
    let fitting = limits.first { total(sizes($0)) <= room }
    let tiles = sizes(fitting ?? 8)
    var (first, last) = (0, all.count - 1)
    let center = all.lastIndex { $0 <= model.state.layer } ?? 0
    while first < last, total(Array(tiles[first...last])) > room {
      if last - center >= center - first { last -= 1 } else { first += 1 }
    }
    reachable = all
    guard first <= last else { return }
    (left, right) = (first, all.count - 1 - last)
    // What is left over goes between the columns.
    let spare = max(0, room - total(Array(tiles[first...last])))
    let gap = gapBetween + min(8, spare / (last - first + 1))
    var at = pane.column + imageSize.columns + 3
    for index in first...last {
      let maps = NetworkPlan.pictured(all[index], run).maps
      let tile = tiles[index].tile
      let width = max(NetworkPlan.narrowest, tile.columns)
      // A row between maps.
      let pitch = tile.rows + 1
      let shown = max(1, min(maps.count, (rows + 1) / pitch))
      columns.append(
        Column(
          layer: all[index], pictured: NetworkPlan.picturedIndex(all[index], run), scale: tiles[index].scale,
          tile: tile,
          pitch: pitch, maps: shown,
          rect: Rect(column: at, row: inside.row + 2, columns: width, rows: rows)))
      at += width + gap
    }
  }

  /// So narrow that a name is still one, and the least between two columns.
  private static let narrowest = 6
  private static let gap = 3

  private static func picturedIndex(_ layer: Int, _ run: RunDescription) -> Int {
    run.layers[layer].activation == layer + 1 ? layer + 1 : layer
  }

  private static func pictured(_ layer: Int, _ run: RunDescription) -> LayerSummary {
    run.layers[picturedIndex(layer, run)]
  }

  /// The largest scale within a width at which all maps fit below each other; else the largest at which they are small, but
  /// still say something.
  private static func size(
    _ maps: TileGeometry, width: Int, rows: Int, on capabilities: Capabilities
  ) -> (scale: TileScale, tile: Size) {
    let scales =
      TileScale.zooms(8, height: maps.height, on: capabilities) + [.zoom(1)]
      + [2, 4, 6, 8, 12, 16, 32, 64].map(TileScale.mean)
    let sized = scales.map { ($0, $0.cells(height: maps.height, width: maps.width)) }
    let narrow = sized.filter { $0.1.columns <= width && $0.1.rows <= max(2, rows / 2) }
    // A picture of a few cells says nothing: rather fewer pictures.
    let least = max(3, min(7, min(maps.height / 4, rows / 3)))
    let whole = narrow.first {
      ($0.1.rows + 1) * maps.count - 1 <= rows && ($0.1.rows >= min(least, maps.height / 2) || maps.count == 1)
    }
    let found = whole ?? narrow.first { $0.1.rows <= least } ?? narrow.last ?? sized[sized.count - 1]
    return (found.0, found.1)
  }
}
