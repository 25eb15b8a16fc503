// Copies between a plane and the middle of a larger, zero-bordered one.

/// Where a (channels, height, width) block lies inside a padded one.
public struct PaddedGeometry: Sendable, Hashable {
  public let channels: Int
  public let height: Int
  public let width: Int
  public let top: Int
  public let left: Int
  public let paddedHeight: Int
  public let paddedWidth: Int

  public init(channels: Int, height: Int, width: Int, top: Int, bottom: Int, left: Int, right: Int) {
    self.channels = channels
    self.height = height
    self.width = width
    self.top = top
    self.left = left
    self.paddedHeight = height + top + bottom
    self.paddedWidth = width + left + right
  }

  public var paddedCount: Int { channels * paddedHeight * paddedWidth }
  public var isIdentity: Bool { paddedHeight == height && paddedWidth == width }
}

/// Copies a block of lanes into the middle of a padded one and sets the border to zero.
///
/// - Parameters:
///   - rowStride, columnStride: how far apart neighbouring elements land; a stride s leaves s − 1 zeros between them.
public func padLanes(
  _ source: UnsafePointer<Lanes>, geometry g: PaddedGeometry, rowStride: Int = 1, columnStride: Int = 1,
  into target: LanePointer
) {
  guard rowStride == 1 && columnStride == 1 else {
    return spreadLanes(source, geometry: g, rowStride: rowStride, columnStride: columnStride, into: target)
  }
  let right = g.paddedWidth - g.left - g.width
  for channel in 0..<g.channels {
    var to = target + channel &* g.paddedHeight &* g.paddedWidth
    var from = source + channel &* g.height &* g.width
    // What lies between two rows is one run of zeros.
    clearLanes(to, count: g.top &* g.paddedWidth + g.left)
    to += g.top &* g.paddedWidth + g.left
    for row in 0..<g.height {
      to.update(from: from, count: g.width)
      to += g.width
      from += g.width
      let zeros = row == g.height - 1 ? right + (g.paddedHeight - g.top - g.height) * g.paddedWidth : right + g.left
      clearLanes(to, count: zeros)
      to += zeros
    }
  }
}

/// The same for elements that land apart.
private func spreadLanes(
  _ source: UnsafePointer<Lanes>, geometry g: PaddedGeometry, rowStride: Int, columnStride: Int,
  into target: LanePointer
) {
  clearLanes(target, count: g.paddedCount)
  for channel in 0..<g.channels {
    for row in 0..<g.height {
      let from = source + (channel &* g.height &+ row) &* g.width
      let to = target + (channel &* g.paddedHeight &+ g.top &+ row &* rowStride) &* g.paddedWidth + g.left
      for column in 0..<g.width { to[column &* columnStride] = from[column] }
    }
  }
}
