// The transforms along a column: rows of a plane, added up for one point, shared out from it, or turned for weight gradients.

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
    let terms = matrices.results[point]
    for index in terms.indices where terms[index].index < height {
      indices[count] = terms[index].index
      signs[count] = terms[index].factor
      isFirst[count] = matrices.firstPoints[terms[index].index] == point
      count += 1
    }
  }

  /// Adds a line to each of the rows, with its sign; outputs lie `step` apart, rows `pitch`.
  @inline(__always)
  func add(_ line: UnsafePointer<Lanes>, lanes: Int, start: Float, pitch: Int, step: Int, to corner: LanePointer) {
    for row in 0..<count {
      let target = corner + indices[row] &* pitch
      let sign = Lanes(repeating: signs[row])
      let start = Lanes(repeating: start)
      if !isFirst[row] {
        for x in 0..<lanes { target[x &* step] = lanes_multiply_add(line[x], sign, target[x &* step]) }
      } else if accumulate {
        for x in 0..<lanes { target[x &* step] = lanes_multiply_add(line[x], sign, target[x &* step] + start) }
      } else {
        for x in 0..<lanes { target[x &* step] = lanes_multiply_add(line[x], sign, start) }
      }
    }
  }
}

/// The outputs of a dilated correlation that lie as far apart as its taps, from one on: a correlation of neighbours.
struct DilationPhase {
  let row: Int
  let column: Int
  /// How many outputs there are.
  let height: Int
  let width: Int
  /// From one of them to the next.
  let rowStep: Int
  let columnStep: Int

  /// Its outputs among some rows of all, which begin and end between tiles.
  func rows(of rows: Range<Int>) -> Range<Int> {
    func place(_ end: Int) -> Int { min(height, (end + rowStep - 1) / rowStep) }
    return place(rows.lowerBound)..<place(rows.upperBound)
  }

  /// Calls `body` for each phase; without dilation there is one.
  @inline(__always)
  static func forEach(_ g: CorrelationShape, _ body: (DilationPhase) -> Void) {
    let (rowStep, columnStep) = (g.rows.dilation, g.columns.dilation)
    for row in 0..<min(rowStep, g.outHeight) {
      for column in 0..<min(columnStep, g.outWidth) {
        body(
          DilationPhase(
            row: row, column: column, height: (g.outHeight - row + rowStep - 1) / rowStep,
            width: (g.outWidth - column + columnStep - 1) / columnStep, rowStep: rowStep, columnStep: columnStep))
      }
    }
  }
}

/// The rows of a plane that one point adds up, as far as some tiles side by side see them.
struct RowCombination {
  private let lanes: Int
  /// Of a line the lanes that lie in the plane; what tiles see before and beyond counts as zero.
  private let inside: Range<Int>
  private let step: Int
  /// Up to four rows: where each begins, and what it is multiplied by.
  private var count = 0
  private var rows = InlineArray<4, Int>(repeating: 0)
  private var factors = InlineArray<4, Float>(repeating: 0)

  /// - Parameters:
  ///   - inside: the lanes of a line that lie in the plane, `step` from one to the next.
  ///   - row: where the row of a term begins, counted for the line's first lane; nil where there is none.
  private init(
    lanes: Int, inside: Range<Int>, step: Int, terms: ShortMatrices.Terms, row: (_ index: Int) -> Int?
  ) {
    self.lanes = lanes
    self.inside = inside
    self.step = step
    for index in terms.indices {
      guard let start = row(terms[index].index) else { continue }
      rows[count] = start
      factors[count] = terms[index].factor
      count += 1
    }
    // Where there is no such row, another one counts nothing.
    for index in max(1, count)..<4 { rows[index] = rows[0] }
  }

  /// The input of a correlation.
  ///
  /// - Parameters:
  ///   - top, left: the first output of the tiles, among those of the phase.
  init(
    _ g: CorrelationShape, _ phase: DilationPhase, top: Int, left: Int, lanes: Int, terms: ShortMatrices.Terms
  ) {
    let (rowShift, columnShift) = g.inputShift
    let first = phase.column + left * phase.columnStep
    let inside = RowCombination.positions(of: g.columns.data, from: first, step: phase.columnStep, count: lanes)
    self.init(lanes: lanes, inside: inside, step: phase.columnStep, terms: terms) { index in
      let position = phase.row + (top + index) * phase.rowStep
      return g.rows.data.contains(position) ? (position - rowShift) * g.pitch + first - columnShift : nil
    }
  }

  /// The gradient of a correlation's outputs, which are a plane without a border.
  init(
    outputsOf g: CorrelationShape, _ phase: DilationPhase, top: Int, left: Int, lanes: Int,
    terms: ShortMatrices.Terms
  ) {
    self.init(lanes: lanes, inside: 0..<min(lanes, phase.width - left), step: phase.columnStep, terms: terms) { index in
      guard top + index < phase.height else { return nil }
      return (phase.row + (top + index) * phase.rowStep) * g.outWidth + phase.column + left * phase.columnStep
    }
  }

  /// Which of `count` positions, `step` apart from `first` on, lie in a range.
  static func positions(of range: Range<Int>, from first: Int, step: Int, count: Int) -> Range<Int> {
    let before = first < range.lowerBound ? (range.lowerBound - first + step - 1) / step : 0
    let end = first < range.upperBound ? (range.upperBound - first + step - 1) / step : 0
    let lower = min(count, before)
    return lower..<max(lower, min(count, end))
  }

  /// line = Σ over the point's terms of factor · row.
  func combine(_ plane: UnsafePointer<Lanes>, into line: LanePointer) {
    guard count > 0 else { return clearLanes(line, count: lanes) }
    clearLanes(line, count: inside.lowerBound)
    if step == 1 { add(plane, step: 1, into: line) } else { add(plane, step: step, into: line) }
    clearLanes(line + inside.upperBound, count: lanes - inside.upperBound)
  }

  @inline(__always)
  private func add(_ plane: UnsafePointer<Lanes>, step: Int, into line: LanePointer) {
    let (a, b, c, d) = (plane + rows[0], plane + rows[1], plane + rows[2], plane + rows[3])
    let (p, q) = (Lanes(repeating: factors[0]), Lanes(repeating: factors[1]))
    if count == 1 {
      for x in inside { line[x] = a[x &* step] * p }
    } else if count > 2 {
      let (r, s) = (Lanes(repeating: factors[2]), Lanes(repeating: factors[3]))
      for x in inside {
        let position = x &* step
        let outer = lanes_multiply_add(d[position], s, c[position] * r)
        line[x] = lanes_multiply_add(b[position], q, lanes_multiply_add(a[position], p, outer))
      }
    } else {
      for x in inside {
        let position = x &* step
        line[x] = lanes_multiply_add(b[position], q, a[position] * p)
      }
    }
  }
}

/// One row of a plane as some tiles side by side see it.
struct WindowRow {
  private let lanes: Int
  /// Of the lanes those that lie in the data, and where the first of all would lie.
  private let inside: Range<Int>
  private let start: Int
  private let step: Int

  init(_ g: CorrelationShape, _ phase: DilationPhase, row: Int, left: Int, lanes: Int) {
    let (rowShift, columnShift) = g.inputShift
    let first = phase.column + left * phase.columnStep
    let position = phase.row + row * phase.rowStep
    self.lanes = lanes
    step = phase.columnStep
    inside =
      g.rows.data.contains(position)
      ? RowCombination.positions(of: g.columns.data, from: first, step: step, count: lanes) : 0..<0
    start = (position - rowShift) * g.pitch + first - columnShift
  }

  /// turned(x, image)[channel] = the plane's lane x, up to sixteen channels; what there is not counts as zero.
  func turn(_ planes: UnsafePointer<Lanes>, planeStep: Int, planes count: Int, into turned: LanePointer) {
    clearLanes(turned, count: inside.lowerBound * lanesPerShard)
    for x in inside {
      turnChannels(
        planes + start + x * step, planeStep: planeStep, count: count, into: turned + x * lanesPerShard)
    }
    clearLanes(turned + inside.upperBound * lanesPerShard, count: (lanes - inside.upperBound) * lanesPerShard)
  }
}

/// How a point adds up the rows of a window: one alone, two of them, or four of which two count negative.
struct TurnedRows {
  enum Kind { case one, sum, difference, differenceOfSums }

  let kind: Kind
  /// Those that count positive first.
  let rows: InlineArray<4, UnsafePointer<Register>>

  /// - Parameter terms: a point's `signedInputs`.
  init(_ terms: ShortMatrices.Terms, _ row: (_ index: Int) -> LanePointer) {
    kind =
      terms.count == 1 ? .one : terms.count > 2 ? .differenceOfSums : terms[1].factor > 0 ? .sum : .difference
    rows = InlineArray { UnsafePointer(row(terms[min($0, terms.count - 1)].index)).registers }
  }
}
