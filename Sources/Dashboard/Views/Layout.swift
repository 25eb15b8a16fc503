// Where everything goes: a pure function of the screen's size and of what the panes ask for.

/// The parts of the screen for one size.
public struct Layout: Hashable, Sendable {
  /// The smallest screen that shows everything.
  public static let minimum = Size(80, 24)

  public let header: Rect
  /// The runs side by side; no row when there is one.
  public let lanes: Rect
  /// Room for a failure; no rows when there is none.
  public let banner: Rect
  public let panes: [Pane: Rect]
  /// Between panes, what the mouse can drag.
  public let borders: [Border]
  /// What explains the pane that has the focus.
  public let foot: Rect
  public let keys: Rect

  /// A line between two parts.
  public struct Border: Hashable, Sendable {
    /// Names it in its view.
    public let name: String
    public let rect: Rect
    /// Whether it moves up and down.
    public let isHorizontal: Bool
  }

  /// - Returns: nil when the screen is below the minimum.
  public init?(_ size: Size, _ model: DashboardModel) {
    guard size.columns >= Layout.minimum.columns, size.rows >= Layout.minimum.rows else { return nil }
    let bannerRows = Dashboard.bannerLines(model, width: size.columns).count
    header = Rect(column: 0, row: 0, columns: size.columns, rows: 2)
    lanes = Rect(column: 0, row: 2, columns: size.columns, rows: model.hasRivals ? 1 : 0)
    let top = 2 + lanes.rows
    banner = Rect(column: 0, row: top, columns: size.columns, rows: bannerRows)
    foot = Rect(column: 0, row: size.rows - 2, columns: size.columns, rows: 1)
    keys = Rect(column: 0, row: size.rows - 1, columns: size.columns, rows: 1)
    let content = Rect(
      column: 0, row: top + bannerRows, columns: size.columns, rows: size.rows - 2 - top - bannerRows)
    if model.state.place.isZoomed {
      (panes, borders) = ([model.state.focus: content], [])
      return
    }
    let placed = model.arrangements.map { Divider(model: model).place($0, in: content, name: "\(model.state.view)") }
    // The last one has to do where none fits.
    let chosen = placed.first(where: \.fits) ?? placed.last
    (panes, borders) = (chosen?.panes ?? [:], chosen?.borders ?? [])
  }
}

/// Divides rooms among the parts of arrangements.
private struct Divider {
  let model: DashboardModel

  /// Panes with their places, and whether they fit: nobody had to give way, and each has at least its smallest size.
  struct Placed {
    var panes: [Pane: Rect] = [:]
    var borders: [Layout.Border] = []
    var fits: Bool

    init(panes: [Pane: Rect] = [:], fits: Bool) { (self.panes, self.fits) = (panes, fits) }

    init(_ other: Placed, unless isTooSmall: Bool) {
      self = other
      fits = fits && !isTooSmall
    }
  }

  func place(_ arrangement: Arrangement, in room: Rect, name: String) -> Placed {
    switch arrangement {
    case .pane(let pane): Placed(panes: [pane: room], fits: pane.smallest.fits(in: room.size))
    case .atLeast(let columns, let content):
      Placed(place(content, in: room, name: name), unless: room.columns < columns)
    case .rows(let parts): place(parts, in: room, .rows, gap: 0, name: name)
    case .columns(let parts): place(parts, in: room, .columns, gap: 1, name: name)
    }
  }

  private func place(_ parts: [Arrangement.Part], in room: Rect, _ axis: Direction, gap: Int, name: String) -> Placed {
    let (lengths, gaveWay) = divide(room.size, among: parts, axis, gap: gap, name: name)
    var whole = Placed(fits: !gaveWay)
    var at = 0
    for (index, (part, length)) in zip(parts, lengths).enumerated() {
      let rect =
        axis == .rows
        ? Rect(column: room.column, row: room.row + at, columns: room.columns, rows: length)
        : Rect(column: room.column + at, row: room.row, columns: length, rows: room.rows)
      if index > 0 {
        // Rows meet at the title of the lower one, columns at the gap before the right one.
        let border =
          axis == .rows
          ? Rect(column: rect.column, row: rect.row, columns: rect.columns, rows: 1)
          : Rect(column: rect.column - 1, row: rect.row, columns: 1, rows: rect.rows)
        whole.borders.append(Layout.Border(name: "\(name)/\(index)", rect: border, isHorizontal: axis == .rows))
      }
      let inside = place(part.content, in: rect, name: "\(name)/\(index)")
      whole.panes.merge(inside.panes) { first, _ in first }
      whole.borders += inside.borders
      whole.fits = whole.fits && inside.fits
      at += length + gap
    }
    return whole
  }

  /// How long each part is along an axis, and whether some are shorter than they wish.
  private func divide(
    _ room: Size, among parts: [Arrangement.Part], _ axis: Direction, gap: Int, name: String
  ) -> (lengths: [Int], gaveWay: Bool) {
    let total = room[axis] - gap * (parts.count - 1)
    let wishes = parts.map { $0.content.wish(room, axis, model) }
    let least = parts.map { $0.content.smallest(axis) }
    var lengths = parts.indices.map { index -> Int? in
      switch parts[index].share {
      case .wish: max(least[index], wishes[index] ?? 0)
      case .percent(let percent): max(least[index], total * percent / 100)
      case .rest: nil
      }
    }
    let rests = lengths.indices.filter { lengths[$0] == nil }
    let leastRest = rests.reduce(0) { $0 + least[$1] }
    // The others give way, from the last on, so that what is left is of use.
    var excess = lengths.reduce(0) { $0 + ($1 ?? 0) } + leastRest - total
    let gaveWay = excess > 0
    for index in lengths.indices.reversed() where excess > 0 {
      guard let length = lengths[index] else { continue }
      let shorter = max(min(least[index], length), length - excess)
      excess -= length - shorter
      lengths[index] = shorter
    }
    var left = max(0, total - lengths.reduce(0) { $0 + ($1 ?? 0) })
    for (number, index) in rests.enumerated() {
      let count = rests.count - number
      lengths[index] = (left + count - 1) / count
      left -= lengths[index] ?? 0
    }
    var result = lengths.map { $0 ?? 0 }
    // Where somebody has moved a border, as far as both sides stay of use.
    for index in result.indices.dropFirst() {
      let wanted = model.state.borders["\(name)/\(index)"] ?? 0
      let moved = max(-max(0, result[index - 1] - least[index - 1]), min(max(0, result[index] - least[index]), wanted))
      result[index - 1] += moved
      result[index] -= moved
    }
    return (result, gaveWay)
  }
}

extension Arrangement {
  /// The smallest length along an axis at which all its panes are of use.
  func smallest(_ axis: Direction) -> Int {
    switch self {
    case .pane(let pane): pane.smallest[axis]
    case .atLeast(_, let content): content.smallest(axis)
    case .rows(let parts): combine(parts.map { $0.content.smallest(axis) }, along: axis == .rows, gap: 0)
    case .columns(let parts): combine(parts.map { $0.content.smallest(axis) }, along: axis == .columns, gap: 1)
    }
  }

  /// The length along an axis that its panes wish for; nil when none of them minds.
  func wish(_ room: Size, _ axis: Direction, _ model: DashboardModel) -> Int? {
    func joined(_ parts: [Part], along: Bool, gap: Int) -> Int? {
      let wishes = parts.map { $0.content.wish(room, axis, model) }
      guard wishes.contains(where: { $0 != nil }) else { return nil }
      let lengths = zip(wishes, parts).map { $0 ?? (along ? $1.content.smallest(axis) : 0) }
      return combine(lengths, along: along, gap: gap)
    }
    switch self {
    case .pane(let pane): return pane.wish(room, model)[axis]
    case .atLeast(_, let content): return content.wish(room, axis, model)
    case .rows(let parts): return joined(parts, along: axis == .rows, gap: 0)
    case .columns(let parts): return joined(parts, along: axis == .columns, gap: 1)
    }
  }

  private func combine(_ lengths: [Int], along: Bool, gap: Int) -> Int {
    along ? lengths.reduce(0, +) + gap * (lengths.count - 1) : lengths.max() ?? 0
  }
}

/// Along rows, from top to bottom, or along columns.
enum Direction {
  case rows, columns
}

extension Size {
  subscript(_ axis: Direction) -> Int { axis == .rows ? rows : columns }

  /// Whether there is room for it in another.
  func fits(in room: Size) -> Bool { columns <= room.columns && rows <= room.rows }
}

extension Wish {
  fileprivate subscript(_ axis: Direction) -> Int? { axis == .rows ? rows : columns }
}
