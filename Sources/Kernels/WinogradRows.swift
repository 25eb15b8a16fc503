// The transforms along a column: rows of a plane, added up for one point or shared out from it.

import CVector

/// The rows of outputs that one point's products are added to.
struct OutputRows {
  private var count = 0
  private var indices = InlineArray<4, Int>(repeating: 0)
  private var signs = InlineArray<4, Float>(repeating: 0)
  /// Whether no earlier point has reached the row, so that it lacks its bias.
  private var isFirst = InlineArray<4, Bool>(repeating: false)
  private let accumulate: Bool

  init(_ matrices: ShortMatrices, _ point: Int, height: Int, accumulate: Bool) {
    self.accumulate = accumulate
    for term in matrices.results[point] where term.index < height {
      indices[count] = term.index
      signs[count] = term.factor
      isFirst[count] = !matrices.results[..<point].contains { $0.contains { $0.index == term.index } }
      count += 1
    }
  }

  /// Adds a line to each of the rows, with its sign.
  @inline(__always)
  func add(_ line: UnsafePointer<Lanes>, lanes: Int, start: Float, pitch: Int, to corner: LanePointer) {
    for row in 0..<count {
      let target = corner + indices[row] &* pitch
      let sign = Lanes(repeating: signs[row])
      let start = Lanes(repeating: start)
      if !isFirst[row] {
        for x in 0..<lanes { target[x] = lanes_multiply_add(line[x], sign, target[x]) }
      } else if accumulate {
        for x in 0..<lanes { target[x] = lanes_multiply_add(line[x], sign, target[x] + start) }
      } else {
        for x in 0..<lanes { target[x] = lanes_multiply_add(line[x], sign, start) }
      }
    }
  }
}

/// The rows of a plane that one point adds up, as far as some tiles side by side see them.
struct RowCombination {
  private let lanes: Int
  /// Lanes of a line that lie in the input; what tiles see beyond counts as zero.
  private let inside: Int
  /// Up to four rows: how far down each begins, and what it is multiplied by.
  private var count = 0
  private var rows = InlineArray<4, Int>(repeating: 0)
  private var factors = InlineArray<4, Float>(repeating: 0)

  /// - Parameters:
  ///   - height, width: what there is of the plane below and beside the first lane, which lies at `offset`.
  init(pitch: Int, height: Int, width: Int, offset: Int, lanes: Int, terms: [ShortMatrices.Term]) {
    self.lanes = lanes
    inside = min(lanes, width)
    for term in terms where term.index < height {
      rows[count] = offset + term.index * pitch
      factors[count] = term.factor
      count += 1
    }
    // Where there is no such row, another one counts nothing.
    for index in max(1, count)..<4 { rows[index] = rows[0] }
  }

  /// The input of a correlation, as far as its windows reach.
  init(geometry g: CorrelationGeometry, top: Int, left: Int, lanes: Int, terms: [ShortMatrices.Term]) {
    self.init(
      pitch: g.pitch, height: g.outHeight + g.rows.kernel - 1 - top, width: g.outWidth + g.columns.kernel - 1 - left,
      offset: top * g.pitch + left, lanes: lanes, terms: terms)
  }

  /// line = Σ over the point's terms of factor · row.
  func combine(_ plane: UnsafePointer<Lanes>, into line: LanePointer) {
    guard count > 0 else { return clearLanes(line, count: lanes) }
    let (a, b, c, d) = (plane + rows[0], plane + rows[1], plane + rows[2], plane + rows[3])
    let (p, q) = (Lanes(repeating: factors[0]), Lanes(repeating: factors[1]))
    if count > 2 {
      let (r, s) = (Lanes(repeating: factors[2]), Lanes(repeating: factors[3]))
      for x in 0..<inside {
        let outer = lanes_multiply_add(d[x], s, c[x] * r)
        line[x] = lanes_multiply_add(b[x], q, lanes_multiply_add(a[x], p, outer))
      }
    } else {
      for x in 0..<inside { line[x] = lanes_multiply_add(b[x], q, a[x] * p) }
    }
    clearLanes(line + inside, count: lanes - inside)
  }
}
