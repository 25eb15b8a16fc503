// Matrix products of linear layers: one row of weights meets sixteen images at once.

import CVector

/// output(o) = start + Σᵢ weight(o, i) · input(i), where start is bias(o) or zero.
///
/// - Parameters:
///   - input: lanes of shape (inFeatures).
///   - weight: (outFeatures, inFeatures), row-major.
///   - output: lanes of shape (outFeatures), written.
public func linearForward(
  _ input: UnsafePointer<Lanes>, weight: UnsafePointer<Float>, bias: UnsafePointer<Float>?, inFeatures: Int,
  outFeatures: Int, into output: LanePointer
) {
  combine(
    input, weight: weight, bias: bias, terms: inFeatures, termStep: 1, results: outFeatures, resultStep: inFeatures,
    accumulate: false, into: output)
}

/// inputGradient(i) = [previous +] Σₒ weight(o, i) · outputGradient(o)
public func linearInputGradient(
  _ outputGradient: UnsafePointer<Lanes>, weight: UnsafePointer<Float>, inFeatures: Int, outFeatures: Int,
  accumulate: Bool, into inputGradient: LanePointer
) {
  combine(
    outputGradient, weight: weight, bias: nil, terms: outFeatures, termStep: inFeatures, results: inFeatures,
    resultStep: 1, accumulate: accumulate, into: inputGradient)
}

/// results(r) = start + Σₜ weight[r · resultStep + t · termStep] · terms(t), several results at a time: enough
/// independent sums to hide the multiply-add's latency, and no more than the registers hold.
@inline(__always)
private func combine(
  _ source: UnsafePointer<Lanes>, weight: UnsafePointer<Float>, bias: UnsafePointer<Float>?, terms: Int, termStep: Int,
  results: Int, resultStep: Int, accumulate: Bool, into target: LanePointer
) {
  var first = 0
  while first < results {
    let rows = weight + first &* resultStep
    let left = results &- first
    let height = hasWideRegisters && left >= 8 ? 8 : left >= 6 ? 6 : left >= 2 ? 2 : 1
    let start = bias.map { $0 + first }
    switch height {
    case 8:
      combineRows(
        Tile<8>.self, source, rows, start, terms, termStep, resultStep, accumulate,
        target + first)
    case 6:
      combineRows(
        Tile<6>.self, source, rows, start, terms, termStep, resultStep, accumulate,
        target + first)
    case 2:
      combineRows(
        Tile<2>.self, source, rows, start, terms, termStep, resultStep, accumulate,
        target + first)
    default:
      combineRows(
        Tile<1>.self, source, rows, start, terms, termStep, resultStep, accumulate,
        target + first)
    }
    first += height
  }
}

@inline(__always)
private func combineRows<let count: Int>(
  _ size: Tile<count>.Type, _ source: UnsafePointer<Lanes>, _ weight: UnsafePointer<Float>,
  _ bias: UnsafePointer<Float>?, _ terms: Int, _ termStep: Int, _ resultStep: Int, _ accumulate: Bool,
  _ target: LanePointer
) {
  var sums = InlineArray<count, Lanes> { _ in .zero }
  for term in 0..<terms {
    let x = source[term]
    let column = weight + term &* termStep
    for m in 0..<count {
      sums[m] = lanes_multiply_add(Lanes(repeating: column[m &* resultStep]), x, sums[m])
    }
  }
  for m in 0..<count {
    var start = Lanes(repeating: bias.map { $0[m] } ?? 0)
    if accumulate { start += target[m] }
    target[m] = start + sums[m]
  }
}

/// Turns lanes of shape (features) into sixteen rows of floats, one an image, `pitch` floats apart.
///
/// - Parameter pitch: at least `features`, a multiple of sixteen; what lies beyond the features is set to zero.
public func transposeLanes(
  _ input: UnsafePointer<Lanes>, features: Int, pitch: Int, into rows: UnsafeMutablePointer<Float>
) {
  let scalars = UnsafeRawPointer(input).assumingMemoryBound(to: Float.self)
  for image in 0..<lanesPerShard {
    let row = rows + image &* pitch
    for feature in 0..<features { row[feature] = scalars[feature &* lanesPerShard &+ image] }
    for feature in features..<pitch { row[feature] = 0 }
  }
}

/// One shard's share of a linear layer's weight gradient.
public struct LinearGradientTerm {
  /// Sixteen rows of inputs, from `transposeLanes`.
  public let rows: UnsafePointer<Float>
  /// Lanes of shape (outFeatures).
  public let outputGradient: UnsafePointer<Lanes>

  public init(rows: UnsafePointer<Float>, outputGradient: UnsafePointer<Lanes>) {
    self.rows = rows
    self.outputGradient = outputGradient
  }
}

/// gradient(o, i) = [previous +] Σ over shards in order, over images in order, of outputGradient(o) · input(i)
///
/// for the input features `columns`. The whole batch meets in the registers of a tile, so no shard needs a gradient
/// buffer of its own, and each weight's sum has one fixed order however the columns are shared out among threads.
///
/// - Parameter columns: begins at a multiple of sixteen.
public func linearWeightGradient(
  _ terms: UnsafeBufferPointer<LinearGradientTerm>, columns: Range<Int>, outFeatures: Int, inFeatures: Int, pitch: Int,
  accumulate: Bool, into gradient: UnsafeMutablePointer<Float>
) {
  let tallest = hasWideRegisters ? 4 : 2
  let widest = hasWideRegisters ? 4 : 3
  // What a tile reads of all images stays in the first-level cache while the outputs pass over them.
  var first = columns.lowerBound
  while first < columns.upperBound {
    let vectors = columns.upperBound - first > (widest - 1) * lanesPerShard ? widest : 1
    var output = 0
    while output < outFeatures {
      let height = output + tallest <= outFeatures ? tallest : 1
      let place = GradientPlace(
        output: output, first: first, pitch: pitch, inFeatures: inFeatures, accumulate: accumulate,
        target: gradient + output &* inFeatures + first)
      switch (height, vectors) {
      case (4, 4): gradientTile(Tile<16>.self, 4, 4, terms, place)
      case (4, 1): gradientTile(Tile<4>.self, 4, 1, terms, place)
      case (2, 3): gradientTile(Tile<6>.self, 2, 3, terms, place)
      case (2, 1): gradientTile(Tile<2>.self, 2, 1, terms, place)
      case (1, 4): gradientTile(Tile<4>.self, 1, 4, terms, place)
      case (1, 3): gradientTile(Tile<3>.self, 1, 3, terms, place)
      default: gradientTile(Tile<1>.self, 1, 1, terms, place)
      }
      output += height
    }
    first += vectors &* lanesPerShard
  }
}

/// Where a tile of the weight gradient lies.
private struct GradientPlace {
  let output: Int
  let first: Int
  let pitch: Int
  let inFeatures: Int
  let accumulate: Bool
  let target: UnsafeMutablePointer<Float>
}

@inline(__always)
private func gradientTile<let count: Int>(
  _ size: Tile<count>.Type, _ height: Int, _ vectors: Int, _ terms: UnsafeBufferPointer<LinearGradientTerm>,
  _ at: GradientPlace
) {
  var sums = InlineArray<count, Lanes> { _ in .zero }
  for term in terms {
    let weights = UnsafeRawPointer(term.outputGradient + at.output).assumingMemoryBound(to: Float.self)
    for image in 0..<lanesPerShard {
      let row = UnsafeRawPointer(term.rows + (image &* at.pitch &+ at.first))
      for v in 0..<vectors {
        let x = row.load(fromByteOffset: v &* 64, as: Lanes.self)
        for m in 0..<height {
          let dy = Lanes(repeating: weights[m &* lanesPerShard &+ image])
          sums[m &* vectors &+ v] = lanes_multiply_add(dy, x, sums[m &* vectors &+ v])
        }
      }
    }
  }
  for m in 0..<height {
    for v in 0..<vectors {
      let place = at.target + m &* at.inFeatures + v &* lanesPerShard
      let room = at.inFeatures - at.first - v &* lanesPerShard
      let sum = sums[m &* vectors &+ v]
      if room >= lanesPerShard {
        let raw = UnsafeMutableRawPointer(place)
        let start = at.accumulate ? raw.loadUnaligned(as: Lanes.self) : .zero
        raw.storeBytes(of: start + sum, as: Lanes.self)
      } else {
        for lane in 0..<max(0, room) { place[lane] = (at.accumulate ? place[lane] : 0) + sum[lane] }
      }
    }
  }
}
