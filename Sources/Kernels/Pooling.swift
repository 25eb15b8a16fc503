// Pooling over windows: the largest, with the winner remembered for the gradient, and the average.

import CVector

/// The elements of a window along one axis: `count` of them, `step` apart, the first at `start`.
public struct PoolWindow: Sendable, Hashable {
  public let start: Int
  public let count: Int
  public let step: Int

  public init(start: Int, count: Int, step: Int = 1) {
    (self.start, self.count, self.step) = (start, count, step)
  }

  /// What of a window from `start` on, which may begin in the padding, lies among `size` elements.
  public init(start: Int, kernel: Int, dilation: Int, clippedTo size: Int) {
    let skipped = start < 0 ? min(kernel, (dilation - 1 - start) / dilation) : 0
    let first = start + skipped * dilation
    self.init(
      start: first, count: max(0, min(kernel - skipped, (size - first + dilation - 1) / dilation)), step: dilation)
  }
}

/// The windows of a pooling operation, row by row and column by column, clipped to the input.
public struct PoolGeometry: Sendable {
  public let channels: Int
  public let height: Int
  public let width: Int
  let rows: [PoolWindow]
  let columns: [PoolWindow]
  /// Whether every window is two by two elements side by side, two from the next: the loops are then unrolled.
  fileprivate let isPlainTwo: Bool
  /// Whether each element is in exactly one window.
  fileprivate let coversEachElementOnce: Bool

  public init(channels: Int, height: Int, width: Int, rows: [PoolWindow], columns: [PoolWindow]) {
    (self.channels, self.height, self.width) = (channels, height, width)
    (self.rows, self.columns) = (rows, columns)
    func isPlainTwo(_ windows: [PoolWindow]) -> Bool {
      windows.enumerated().allSatisfy { $1 == PoolWindow(start: 2 * $0, count: 2) }
    }
    self.isPlainTwo = isPlainTwo(rows) && isPlainTwo(columns)
    func covers(_ windows: [PoolWindow], _ size: Int) -> Bool {
      var next = 0
      for window in windows {
        guard window.start == next && window.step == 1 else { return false }
        next += window.count
      }
      return next == size
    }
    coversEachElementOnce = covers(rows, height) && covers(columns, width)
  }

  /// Whether every window holds an element.
  public var isFilled: Bool { !(rows + columns).contains { $0.count == 0 } }
  /// How many elements each row and each column of windows has.
  public var windowLengths: (rows: [Int], columns: [Int]) { (rows.map(\.count), columns.map(\.count)) }
  public var outCount: Int { channels * rows.count * columns.count }

  /// Into how many portions a pass may be cut.
  public var portions: Int { Portion.most(lanes: channels * height * width) }

  fileprivate func clear(_ inputs: LanePointer, _ channels: Range<Int>) {
    clearLanes(inputs + channels.lowerBound * height * width, count: channels.count * height * width)
  }

  /// Calls `body` for each output of some channels: its index, where its plane of the input and that of the outputs begin, and its window.
  @inline(__always)
  fileprivate func forEachWindow(
    _ channels: Range<Int>,
    _ body: (_ index: Int, _ plane: Int, _ firstIndex: Int, _ rows: PoolWindow, _ columns: PoolWindow) -> Void
  ) {
    rows.withUnsafeBufferPointer { rows in
      columns.withUnsafeBufferPointer { columns in
        var index = channels.lowerBound &* rows.count &* columns.count
        for channel in channels {
          let (plane, first) = (channel &* height &* width, index)
          for row in rows {
            for column in columns {
              body(index, plane, first, row, column)
              index &+= 1
            }
          }
        }
      }
    }
  }

  /// Calls `body` for each output of some channels, whose windows are plain twos: its index, its channel's plane, and its first element.
  @inline(__always)
  fileprivate func forEachPlainTwo(
    _ channels: Range<Int>, _ body: (_ index: Int, _ plane: Int, _ place: Int) -> Void
  ) {
    var index = channels.lowerBound &* rows.count &* columns.count
    for channel in channels {
      let plane = channel &* height &* width
      for row in 0..<rows.count {
        for column in 0..<columns.count {
          body(index, plane, (2 &* row &* width) &+ 2 &* column)
          index &+= 1
        }
      }
    }
  }
}

/// output = the largest input of each window; the first of equals wins; a NaN wins over everything, as in PyTorch.
///
/// - Parameter winners: for each output, the index within its input plane of the element that won, as floats (exact
///   up to 2²⁴, which `checkWinners` sees to).
public func maxPool(
  _ input: UnsafePointer<Lanes>, geometry g: PoolGeometry, channels: Range<Int>, into output: LanePointer,
  winners: LanePointer
) {
  @inline(__always)
  func contend(_ plane: Int, _ place: Int, _ best: inout Lanes, _ winner: inout Lanes) {
    let value = input[plane &+ place]
    let wins = (value .> best) .| (value .!= value)
    best.replace(with: value, where: wins)
    winner.replace(with: Lanes(repeating: Float(place)), where: wins)
  }
  if g.isPlainTwo {
    g.forEachPlainTwo(channels) { index, plane, place in
      var (best, winner) = (input[plane &+ place], Lanes(repeating: Float(place)))
      contend(plane, place &+ 1, &best, &winner)
      contend(plane, place &+ g.width, &best, &winner)
      contend(plane, place &+ g.width &+ 1, &best, &winner)
      (output[index], winners[index]) = (best, winner)
    }
  } else {
    g.forEachWindow(channels) { index, plane, _, rows, columns in
      var best = Lanes(repeating: -.infinity)
      var winner = Lanes(repeating: Float(rows.start &* g.width &+ columns.start))
      for y in 0..<rows.count {
        for x in 0..<columns.count {
          let place = (rows.start &+ y &* rows.step) &* g.width &+ columns.start &+ x &* columns.step
          contend(plane, place, &best, &winner)
        }
      }
      (output[index], winners[index]) = (best, winner)
    }
  }
}

/// inputGradient(place) = [previous +] Σ of outputGradient over the windows that `place` won.
public func maxPoolGradient(
  _ outputGradient: UnsafePointer<Lanes>, winners: UnsafePointer<Lanes>, geometry g: PoolGeometry, channels: Range<Int>,
  accumulate: Bool,
  into inputGradient: LanePointer
) {
  // Windows that cover each element once need no sum, and no zeros to start from.
  let assigns = !accumulate && g.coversEachElementOnce
  if !accumulate && !assigns { g.clear(inputGradient, channels) }
  @inline(__always)
  func share(_ gradient: Lanes, _ winner: Lanes, _ place: Int) -> Lanes {
    gradient.replacing(with: 0, where: winner .!= Lanes(repeating: Float(place)))
  }
  if assigns && g.isPlainTwo {
    g.forEachPlainTwo(channels) { index, plane, place in
      let (gradient, winner) = (outputGradient[index], winners[index])
      let target = inputGradient + plane
      target[place] = share(gradient, winner, place)
      target[place &+ 1] = share(gradient, winner, place &+ 1)
      target[place &+ g.width] = share(gradient, winner, place &+ g.width)
      target[place &+ g.width &+ 1] = share(gradient, winner, place &+ g.width &+ 1)
    }
  } else {
    g.forEachWindow(channels) { index, plane, _, rows, columns in
      let (gradient, winner) = (outputGradient[index], winners[index])
      let target = inputGradient + plane
      for y in 0..<rows.count {
        for x in 0..<columns.count {
          let place = (rows.start &+ y &* rows.step) &* g.width &+ columns.start &+ x &* columns.step
          target[place] = assigns ? share(gradient, winner, place) : target[place] + share(gradient, winner, place)
        }
      }
    }
  }
}

/// output = Σ of each window / its divisor.
///
/// - Parameter divisors: one for each output of a plane.
public func averagePool(
  _ input: UnsafePointer<Lanes>, geometry g: PoolGeometry, channels: Range<Int>, divisors: [Float],
  into output: LanePointer
) {
  divisors.withUnsafeBufferPointer { divisors in
    // Four, whose inverse is exact; clipped windows may divide by more.
    if g.isPlainTwo && divisors.allSatisfy({ $0 == 4 }) {
      let factor: Float = 0.25
      return g.forEachPlainTwo(channels) { index, plane, place in
        let corner = input + (plane &+ place)
        let sum = (corner[0] + corner[1]) + (corner[g.width] + corner[g.width &+ 1])
        output[index] = sum * factor
      }
    }
    g.forEachWindow(channels) { index, plane, first, rows, columns in
      let divisor = divisors[index &- first]
      let corner = input + (plane &+ rows.start &* g.width &+ columns.start)
      if rows.count &* columns.count > 32 && columns.count == g.width {
        output[index] = lanes_from_doubles(longSum(rows.count &* columns.count) { corner[$0] }) / divisor
      } else {
        var sum = Lanes.zero
        for y in 0..<rows.count { for x in 0..<columns.count { sum += corner[y &* g.width &+ x] } }
        output[index] = sum / divisor
      }
    }
  }
}

/// inputGradient(place) = [previous +] Σ over the windows that hold `place` of outputGradient / divisor.
public func averagePoolGradient(
  _ outputGradient: UnsafePointer<Lanes>, geometry g: PoolGeometry, channels: Range<Int>, divisors: [Float],
  accumulate: Bool,
  into inputGradient: LanePointer
) {
  let assigns = !accumulate && g.coversEachElementOnce
  if !accumulate && !assigns { g.clear(inputGradient, channels) }
  divisors.withUnsafeBufferPointer { divisors in
    if assigns && g.isPlainTwo && divisors.allSatisfy({ $0 == 4 }) {
      let factor: Float = 0.25
      return g.forEachPlainTwo(channels) { index, plane, place in
        let share = outputGradient[index] * factor
        let target = inputGradient + (plane &+ place)
        (target[0], target[1], target[g.width], target[g.width &+ 1]) = (share, share, share, share)
      }
    }
    g.forEachWindow(channels) { index, plane, first, rows, columns in
      let share = outputGradient[index] / divisors[index &- first]
      let corner = inputGradient + (plane &+ rows.start &* g.width &+ columns.start)
      for y in 0..<rows.count {
        for x in 0..<columns.count {
          corner[y &* g.width &+ x] = assigns ? share : corner[y &* g.width &+ x] + share
        }
      }
    }
  }
}
