// Pooling over windows: the largest, with the winner remembered for the gradient, and the average.

/// The windows of a pooling operation.
public struct PoolGeometry: Sendable {
  public let channels: Int
  public let height: Int
  public let width: Int
  public let outHeight: Int
  public let outWidth: Int
  public let kernelHeight: Int
  public let kernelWidth: Int
  public let strideHeight: Int
  public let strideWidth: Int
  public let paddingTop: Int
  public let paddingLeft: Int

  public init(
    channels: Int, height: Int, width: Int, outHeight: Int, outWidth: Int, kernelHeight: Int, kernelWidth: Int,
    strideHeight: Int, strideWidth: Int, paddingTop: Int, paddingLeft: Int
  ) {
    self.channels = channels
    self.height = height
    self.width = width
    self.outHeight = outHeight
    self.outWidth = outWidth
    self.kernelHeight = kernelHeight
    self.kernelWidth = kernelWidth
    self.strideHeight = strideHeight
    self.strideWidth = strideWidth
    self.paddingTop = paddingTop
    self.paddingLeft = paddingLeft
  }

  public var outCount: Int { channels * outHeight * outWidth }

  var coversEachElementOnce: Bool {
    kernelHeight == strideHeight && kernelWidth == strideWidth && paddingTop == 0 && paddingLeft == 0
      && height == outHeight * kernelHeight && width == outWidth * kernelWidth
  }

  /// Whether every window is two by two and lies inside the input.
  fileprivate var isPlainTwo: Bool {
    kernelHeight == 2 && kernelWidth == 2 && paddingTop == 0 && paddingLeft == 0
      && (outHeight - 1) * strideHeight + 2 <= height && (outWidth - 1) * strideWidth + 2 <= width
  }

  /// The window of output (row, column), clipped to the input: padding counts as −∞ and never wins.
  ///
  /// - Parameter plainTwo: `isPlainTwo`; as a constant, the compiler then unrolls the loops over the window.
  @inline(__always)
  fileprivate func window(_ row: Int, _ column: Int, plainTwo: Bool) -> (rows: Range<Int>, columns: Range<Int>) {
    let top = row &* strideHeight &- paddingTop
    let left = column &* strideWidth &- paddingLeft
    if plainTwo { return (top..<top &+ 2, left..<left &+ 2) }
    return (max(0, top)..<min(height, top &+ kernelHeight), max(0, left)..<min(width, left &+ kernelWidth))
  }
}

/// output = the largest input of each window; the first of equals wins; a NaN wins over everything, as in PyTorch.
///
/// - Parameter winners: for each output, the index within its input plane of the element that won, as floats (exact
///   up to 2²⁴, which `checkWinners` sees to).
public func maxPool(
  _ input: UnsafePointer<Lanes>, geometry g: PoolGeometry, into output: LanePointer, winners: LanePointer
) {
  if g.isPlainTwo {
    maxPool(input, g, plainTwo: true, into: output, winners: winners)
  } else {
    maxPool(input, g, plainTwo: false, into: output, winners: winners)
  }
}

@inline(__always)
private func maxPool(
  _ input: UnsafePointer<Lanes>, _ g: PoolGeometry, plainTwo: Bool, into output: LanePointer, winners: LanePointer
) {
  var index = 0
  for channel in 0..<g.channels {
    let plane = input + channel &* g.height &* g.width
    for row in 0..<g.outHeight {
      for column in 0..<g.outWidth {
        let window = g.window(row, column, plainTwo: plainTwo)
        var best = Lanes(repeating: -.infinity)
        var winner = Lanes(repeating: Float(window.rows.lowerBound &* g.width &+ window.columns.lowerBound))
        for y in window.rows {
          for x in window.columns {
            let place = y &* g.width &+ x
            let value = plane[place]
            let wins = (value .> best) .| (value .!= value)
            best.replace(with: value, where: wins)
            winner.replace(with: Lanes(repeating: Float(place)), where: wins)
          }
        }
        output[index] = best
        winners[index] = winner
        index &+= 1
      }
    }
  }
}

/// inputGradient(place) = [previous +] Σ of outputGradient over the windows that `place` won.
public func maxPoolGradient(
  _ outputGradient: UnsafePointer<Lanes>, winners: UnsafePointer<Lanes>, geometry g: PoolGeometry, accumulate: Bool,
  into inputGradient: LanePointer
) {
  // Windows that cover each element once need no sum, and no zeros to start from.
  let assigns = !accumulate && g.coversEachElementOnce
  if !accumulate && !assigns { clearLanes(inputGradient, count: g.channels * g.height * g.width) }
  if assigns && g.isPlainTwo {
    maxPoolGradient(outputGradient, winners, g, plainTwo: true, assigns: true, into: inputGradient)
  } else {
    maxPoolGradient(outputGradient, winners, g, plainTwo: false, assigns: assigns, into: inputGradient)
  }
}

@inline(__always)
private func maxPoolGradient(
  _ outputGradient: UnsafePointer<Lanes>, _ winners: UnsafePointer<Lanes>, _ g: PoolGeometry, plainTwo: Bool,
  assigns: Bool, into inputGradient: LanePointer
) {
  var index = 0
  for channel in 0..<g.channels {
    let plane = inputGradient + channel &* g.height &* g.width
    for row in 0..<g.outHeight {
      for column in 0..<g.outWidth {
        let window = g.window(row, column, plainTwo: plainTwo)
        let gradient = outputGradient[index]
        let winner = winners[index]
        for y in window.rows {
          for x in window.columns {
            let place = y &* g.width &+ x
            let share = gradient.replacing(with: 0, where: winner .!= Lanes(repeating: Float(place)))
            plane[place] = assigns ? share : plane[place] + share
          }
        }
        index &+= 1
      }
    }
  }
}

/// The windows of an average, row by row and column by column: where each begins and ends, and what it is divided by.
public struct AverageGeometry: Sendable {
  public let channels: Int
  public let height: Int
  public let width: Int
  public let rows: [Range<Int>]
  public let columns: [Range<Int>]
  /// One divisor for each output of a plane.
  public let divisors: [Float]

  public init(
    channels: Int, height: Int, width: Int, rows: [Range<Int>], columns: [Range<Int>], divisors: [Float]
  ) {
    self.channels = channels
    self.height = height
    self.width = width
    self.rows = rows
    self.columns = columns
    self.divisors = divisors
  }
}

/// output = Σ of each window / its divisor.
public func averagePool(_ input: UnsafePointer<Lanes>, geometry g: AverageGeometry, into output: LanePointer) {
  var index = 0
  for channel in 0..<g.channels {
    let plane = input + channel &* g.height &* g.width
    for (row, rows) in g.rows.enumerated() {
      for (column, columns) in g.columns.enumerated() {
        var sum = Lanes.zero
        for y in rows { for x in columns { sum += plane[y &* g.width &+ x] } }
        output[index] = sum / g.divisors[row &* g.columns.count &+ column]
        index &+= 1
      }
    }
  }
}

/// inputGradient(place) = [previous +] Σ over the windows that hold `place` of outputGradient / divisor.
public func averagePoolGradient(
  _ outputGradient: UnsafePointer<Lanes>, geometry g: AverageGeometry, accumulate: Bool, into inputGradient: LanePointer
) {
  if !accumulate { clearLanes(inputGradient, count: g.channels * g.height * g.width) }
  var index = 0
  for channel in 0..<g.channels {
    let plane = inputGradient + channel &* g.height &* g.width
    for (row, rows) in g.rows.enumerated() {
      for (column, columns) in g.columns.enumerated() {
        let share = outputGradient[index] / g.divisors[row &* g.columns.count &+ column]
        for y in rows { for x in columns { plane[y &* g.width &+ x] += share } }
        index &+= 1
      }
    }
  }
}
