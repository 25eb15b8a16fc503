// Where everything goes: a pure function of the screen's size and of what the panes ask for.

/// The parts of the screen for one size.
public struct Layout: Hashable, Sendable {
  /// The smallest screen that shows everything.
  public static let minimum = Size(80, 24)

  public let header: Rect
  /// Room for a notice; no rows when there is none.
  public let notice: Rect
  public let panes: [Pane: Rect]
  public let keys: Rect

  /// - Returns: nil when the screen is below the minimum.
  public init?(_ size: Size, _ model: DashboardModel) {
    guard size.columns >= Layout.minimum.columns, size.rows >= Layout.minimum.rows else { return nil }
    let noticeRows = Dashboard.noticeLines(model, width: size.columns).count
    header = Rect(column: 0, row: 0, columns: size.columns, rows: 2)
    notice = Rect(column: 0, row: 2, columns: size.columns, rows: noticeRows)
    keys = Rect(column: 0, row: size.rows - 1, columns: size.columns, rows: 1)
    let content = Rect(column: 0, row: 2 + noticeRows, columns: size.columns, rows: size.rows - 3 - noticeRows)
    if model.state.isMaximized {
      panes = [model.state.focus: content]
      return
    }
    let placed = View.of(trains: model.trains).arrangements.map { Layout.place($0, in: content, model) }
    // The last one has to do where none fits.
    panes = (placed.first(where: \.fits) ?? placed.last)?.panes ?? [:]
  }

  /// Panes with their places, and whether they fit: nobody had to give way, and each has at least its smallest size.
  private typealias Placed = (panes: [Pane: Rect], fits: Bool)

  private static func place(_ arrangement: Arrangement, in room: Rect, _ model: DashboardModel) -> Placed {
    switch arrangement {
    case .pane(let pane): return ([pane: room], pane.smallest.fits(in: room.size))
    case .rows(let parts): return place(parts, in: room, .rows, gap: 0, model)
    case .columns(let parts): return place(parts, in: room, .columns, gap: 1, model)
    }
  }

  private static func place(
    _ parts: [Arrangement.Part], in room: Rect, _ axis: Direction, gap: Int, _ model: DashboardModel
  ) -> Placed {
    let (lengths, gaveWay) = divide(room.size, among: parts, axis, gap: gap, model)
    var whole: Placed = ([:], !gaveWay)
    var at = 0
    for (part, length) in zip(parts, lengths) {
      let rect =
        axis == .rows
        ? Rect(column: room.column, row: room.row + at, columns: room.columns, rows: length)
        : Rect(column: room.column + at, row: room.row, columns: length, rows: room.rows)
      let inside = place(part.content, in: rect, model)
      whole.panes.merge(inside.panes) { first, _ in first }
      whole.fits = whole.fits && inside.fits
      at += length + gap
    }
    return whole
  }

  /// How long each part is along an axis, and whether some are shorter than they wish.
  private static func divide(
    _ room: Size, among parts: [Arrangement.Part], _ axis: Direction, gap: Int, _ model: DashboardModel
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
    return (lengths.map { $0 ?? 0 }, gaveWay)
  }
}

extension Arrangement {
  /// The smallest length along an axis at which all its panes are of use.
  func smallest(_ axis: Direction) -> Int {
    switch self {
    case .pane(let pane): pane.smallest[axis]
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
