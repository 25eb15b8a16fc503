// Matrix products of linear layers: one row of weights meets sixteen images at once.

import CVector

/// How many products `linearForward` adds up from zero before the sum is added to what was there.
public let linearTermsTogether = 256

/// output(o) = start + Σᵢ weight(o, i) · input(i), for some o, where start is bias(o) or zero.
///
/// - Parameters:
///   - input: lanes of shape (inFeatures).
///   - weight: (outFeatures, inFeatures), row-major.
///   - output: lanes of shape (outFeatures), written.
public func linearForward(
  _ input: UnsafePointer<Lanes>, weight: UnsafePointer<Float>, bias: UnsafePointer<Float>?, inFeatures: Int,
  outFeatures: Range<Int>, into output: LanePointer
) {
  let first = outFeatures.lowerBound
  combine(
    input, weight: weight + first * inFeatures, bias: bias.map { $0 + first }, terms: inFeatures, termStep: 1,
    results: outFeatures.count, resultStep: inFeatures, accumulate: false, into: output + first)
}

/// inputGradient(i) = [previous +] Σₒ weight(o, i) · outputGradient(o), for some i.
///
/// - Parameter weightStep: from a row of weights to the next one: all input features.
public func linearInputGradient(
  _ outputGradient: UnsafePointer<Lanes>, weight: UnsafePointer<Float>, inFeatures: Range<Int>, weightStep: Int,
  outFeatures: Int, accumulate: Bool, into inputGradient: LanePointer
) {
  let first = inFeatures.lowerBound
  combine(
    outputGradient, weight: weight + first, bias: nil, terms: outFeatures, termStep: weightStep,
    results: inFeatures.count, resultStep: 1, accumulate: accumulate, into: inputGradient + first)
}

/// results(r) = start + Σₜ weight[r · resultStep + t · termStep] · terms(t), several results at a time: enough
/// independent sums to hide the multiply-add's latency, and no more than the registers hold.
///
///     for some results                  (their sums stay in the first-level cache)
///       for some terms                  (so do these, and the pages that their weights lie in)
///         for each M results            (in registers)
@inline(__always)
private func combine(
  _ source: UnsafePointer<Lanes>, weight: UnsafePointer<Float>, bias: UnsafePointer<Float>?, terms: Int, termStep: Int,
  results: Int, resultStep: Int, accumulate: Bool, into target: LanePointer
) {
  let termsTogether = termStep == 1 ? linearTermsTogether : 48
  let resultsTogether = 96
  for chunk in stride(from: 0, to: results, by: resultsTogether) {
    let end = min(chunk + resultsTogether, results)
    for term in stride(from: 0, to: terms, by: termsTogether) {
      var first = chunk
      while first < end {
        let left = end &- first
        let height = hasWideRegisters && left >= 8 ? 8 : left >= 6 ? 6 : left >= 2 ? 2 : 1
        let tile = CombinationTile(
          source: source + term, weight: weight + (first &* resultStep &+ term &* termStep),
          bias: term == 0 ? bias.map { $0 + first } : nil, terms: min(termsTogether, terms &- term),
          termStep: termStep, resultStep: resultStep, accumulate: accumulate || term > 0, target: target + first)
        tile.run(height, 1)
        first += height
      }
    }
  }
}

/// Some results of `combine`.
private struct CombinationTile: TileLoop {
  let source: UnsafePointer<Lanes>
  let weight: UnsafePointer<Float>
  let bias: UnsafePointer<Float>?
  let terms: Int
  let termStep: Int
  let resultStep: Int
  let accumulate: Bool
  let target: LanePointer

  @inline(__always)
  func compute<let count: Int>(_ size: Tile<count>.Type, _ height: Int, _ width: Int) {
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
}

/// Turns lanes of shape (features) into vectors of features: sixteen of them, one an image, for each sixteen features.
///
/// - Parameter vectors: room for the features, rounded up to a multiple of sixteen; what lies beyond is set to zero.
public func transposeLanes(_ input: UnsafePointer<Lanes>, features: Int, into vectors: LanePointer) {
  let whole = features / lanesPerShard * lanesPerShard
  for first in stride(from: 0, to: whole, by: lanesPerShard) {
    lanes_transpose((input + first).scalars, lanesPerShard, (vectors + first).scalars)
  }
  guard whole < features else { return }
  withUnsafeTemporaryAllocation(of: Lanes.self, capacity: lanesPerShard) { rest in
    guard let rest = rest.baseAddress else { return }
    clearLanes(rest, count: lanesPerShard)
    rest.update(from: input + whole, count: features - whole)
    lanes_transpose(rest.scalars, lanesPerShard, (vectors + whole).scalars)
  }
}

/// What a linear layer's weight gradient is made of, for the first shard; the others' follow, `step` lanes apart. Each has
/// `rows` vectors and gradients, which follow each other at steps of their own.
public struct LinearGradientTerms {
  /// The inputs, from `transposeLanes`.
  let vectors: UnsafePointer<Lanes>
  /// Lanes of shape (outFeatures).
  let outputGradient: UnsafePointer<Lanes>
  let shards: Int
  let step: Int
  let rows: Int
  let rowStep: Int
  let gradientRowStep: Int

  public init(
    vectors: UnsafePointer<Lanes>, outputGradient: UnsafePointer<Lanes>, shards: Int, step: Int, rows: Int = 1,
    rowStep: Int = 0, gradientRowStep: Int = 0
  ) {
    (self.vectors, self.outputGradient) = (vectors, outputGradient)
    (self.shards, self.step) = (shards, step)
    (self.rows, self.rowStep, self.gradientRowStep) = (rows, rowStep, gradientRowStep)
  }
}

/// gradient(o, i) = [previous +] Σ over shards, their rows and images, in order, of outputGradient(o) · input(i)
///
/// for some output and input features. The whole batch meets in the registers of a tile, so no shard needs a gradient
/// buffer of its own, and each weight's sum has one fixed order however rows or columns are shared out among threads.
///
/// - Parameter columns: begins at a multiple of sixteen.
public func linearWeightGradient(
  _ terms: LinearGradientTerms, outFeatures: Range<Int>, columns: Range<Int>, inFeatures: Int,
  accumulate: Bool, into gradient: UnsafeMutablePointer<Float>
) {
  let widest = hasWideRegisters ? 4 : 3
  // What a tile reads of all images stays in the first-level cache while the outputs pass over them.
  var first = columns.lowerBound
  while first < columns.upperBound {
    let vectors = columns.upperBound - first > (widest - 1) * lanesPerShard ? widest : 1
    var output = outFeatures.lowerBound
    while output < outFeatures.upperBound {
      let left = outFeatures.upperBound - output
      let height = hasWideRegisters && left >= 6 && left != 8 ? 6 : tileHeight(left)
      let tile = WeightGradientTile(
        terms: terms, output: output, first: first, inFeatures: inFeatures, accumulate: accumulate,
        target: gradient + output &* inFeatures + first)
      tile.run(height, vectors)
      output += height
    }
    first += vectors &* lanesPerShard
  }
}

/// A tile of the weight gradient: some outputs by some vectors of inputs.
private struct WeightGradientTile: TileLoop {
  let terms: LinearGradientTerms
  let output: Int
  let first: Int
  let inFeatures: Int
  let accumulate: Bool
  let target: UnsafeMutablePointer<Float>

  /// Shards' rows that are added up in one chain.
  private static var rowsInChain: Int { 64 }

  @inline(__always)
  func compute<let count: Int>(_ size: Tile<count>.Type, _ height: Int, _ vectors: Int) {
    let rows = terms.shards &* terms.rows
    var row = 0
    while row < rows {
      let end = min(rows, row &+ WeightGradientTile.rowsInChain)
      addRows(size, row..<end, height, vectors, accumulate: accumulate || row > 0)
      row = end
    }
  }

  @inline(__always)
  private func addRows<let count: Int>(
    _ size: Tile<count>.Type, _ rows: Range<Int>, _ height: Int, _ vectors: Int, accumulate: Bool
  ) {
    var sums = InlineArray<count, Lanes> { _ in .zero }
    for row in rows {
      let (shard, rowOfShard) = terms.rows == 1 ? (row, 0) : row.quotientAndRemainder(dividingBy: terms.rows)
      let gradients = shard &* terms.step &+ rowOfShard &* terms.gradientRowStep
      let weights = (terms.outputGradient + (gradients &+ output)).scalars
      let vectorsOfShard = terms.vectors + (shard &* terms.step &+ rowOfShard &* terms.rowStep &+ first)
      for image in 0..<lanesPerShard {
        let row = vectorsOfShard + image
        for v in 0..<vectors {
          let x = row[v &* lanesPerShard]
          for m in 0..<height {
            let dy = Lanes(repeating: weights[m &* lanesPerShard &+ image])
            sums[m &* vectors &+ v] = lanes_multiply_add(dy, x, sums[m &* vectors &+ v])
          }
        }
      }
    }
    for m in 0..<height {
      for v in 0..<vectors {
        let place = target + m &* inFeatures + v &* lanesPerShard
        let room = inFeatures - first - v &* lanesPerShard
        let sum = sums[m &* vectors &+ v]
        if room >= lanesPerShard {
          let raw = UnsafeMutableRawPointer(place)
          let start = accumulate ? raw.loadUnaligned(as: Lanes.self) : .zero
          raw.storeBytes(of: start + sum, as: Lanes.self)
        } else {
          for lane in 0..<max(0, room) { place[lane] = (accumulate ? place[lane] : 0) + sum[lane] }
        }
      }
    }
  }
}
