// Copies between a plane and the middle of a larger, zero-bordered one.

/// Where a (channels, height, width) block lies inside a padded one.
///
/// A lanes value is a cache line, and lines that lie a power of two apart share few sets of a cache: rows and planes of the
/// padded block lie an odd count of them apart.
public struct PaddedGeometry: Sendable, Hashable {
  public let channels: Int
  public let height: Int
  public let width: Int
  public let top: Int
  public let left: Int
  let paddedHeight: Int
  /// Lanes from a padded row to the next, and from a padded plane to the next.
  public let pitch: Int
  public let plane: Int
  /// Whether the block itself will do: it has no border, and its planes lie well enough for how often they are read.
  public let isIdentity: Bool

  /// - Parameter isReadOften: whether so much is computed with each number that a copy which lies better pays.
  public init(
    channels: Int, height: Int, width: Int, top: Int, bottom: Int, left: Int, right: Int, isReadOften: Bool
  ) {
    self.channels = channels
    self.height = height
    self.width = width
    self.top = top
    self.left = left
    paddedHeight = height + top + bottom
    // Up to eight lines of a set stay in a first-level cache; half of them should.
    let isCrowded = isReadOften && channels > 4 && height * width % 32 == 0
    isIdentity = max(top, bottom, left, right) == 0 && !isCrowded
    pitch = isIdentity ? width : (width + left + right) | 1
    plane = isIdentity ? height * width : (paddedHeight * pitch) | 1
  }

  public var paddedCount: Int { channels * plane }
}

/// Copies a block of lanes, or some channels of it, into the middle of a padded one and sets the border to zero.
public func padLanes(
  _ source: UnsafePointer<Lanes>, geometry g: PaddedGeometry, channels: Range<Int>? = nil, into target: LanePointer
) {
  let right = g.pitch - g.left - g.width
  for channel in channels ?? 0..<g.channels {
    var to = target + channel &* g.plane
    var from = source + channel &* g.height &* g.width
    // What lies between two rows is one run of zeros.
    clearLanes(to, count: g.top &* g.pitch + g.left)
    to += g.top &* g.pitch + g.left
    for row in 0..<g.height {
      to.update(from: from, count: g.width)
      to += g.width
      from += g.width
      let zeros = row == g.height - 1 ? g.plane - (g.top + g.height) * g.pitch + right : right + g.left
      clearLanes(to, count: zeros)
      to += zeros
    }
  }
}

/// Where some elements of a plane lie: every `step`-th from `first` on, along each axis.
public struct PlaneGrid: Sendable, Hashable {
  let rows: Int
  let columns: Int
  let firstRow: Int
  let firstColumn: Int
  let rowStep: Int
  let columnStep: Int

  public init(rows: Int, columns: Int, firstRow: Int, firstColumn: Int, rowStep: Int, columnStep: Int) {
    (self.rows, self.columns) = (rows, columns)
    (self.firstRow, self.firstColumn) = (firstRow, firstColumn)
    (self.rowStep, self.columnStep) = (rowStep, columnStep)
  }
}

/// target at the grid's places = [previous +] source, whose (channels, rows, columns) elements lie side by side; in some of its
/// rows.
public func scatterLanes(
  _ source: UnsafePointer<Lanes>, grid: PlaneGrid, rows: Range<Int>, channels: Int, height: Int, width: Int,
  accumulate: Bool, into target: LanePointer
) {
  for channel in 0..<channels {
    var from = source + (channel &* grid.rows &+ rows.lowerBound) &* grid.columns
    for row in rows {
      let to =
        target + (channel &* height &+ grid.firstRow &+ row &* grid.rowStep) &* width + grid.firstColumn
      if accumulate {
        for column in 0..<grid.columns { to[column &* grid.columnStep] += from[column] }
      } else {
        for column in 0..<grid.columns { to[column &* grid.columnStep] = from[column] }
      }
      from += grid.columns
    }
  }
}

/// target at the grid's places = [previous +] `bias` of the plane, zero without one.
public func fillGrid(
  _ grid: PlaneGrid, bias: UnsafePointer<Float>?, planes: Range<Int>, height: Int, width: Int, accumulate: Bool,
  into target: LanePointer
) {
  for plane in planes {
    let value = Lanes(repeating: bias.map { $0[plane] } ?? 0)
    for row in 0..<grid.rows {
      let to = target + (plane &* height &+ grid.firstRow &+ row &* grid.rowStep) &* width + grid.firstColumn
      for column in 0..<grid.columns {
        to[column &* grid.columnStep] = accumulate ? to[column &* grid.columnStep] + value : value
      }
    }
  }
}
