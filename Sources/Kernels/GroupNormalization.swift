// Normalisation within each image: of all its elements, or of groups of channels.

import CVector

/// A group of elements of one image that are normalised together, and their weights.
public struct GroupGeometry: Sendable, Hashable {
  /// Elements of a group, and how many neighbouring ones share a number of weight and bias.
  let count: Int
  let repeats: Int
  let epsilon: Float

  public init(count: Int, repeats: Int, epsilon: Float) {
    (self.count, self.repeats, self.epsilon) = (count, repeats, epsilon)
  }

  var parameters: Int { count / repeats }
}

/// y = (x − mean) / √(variance + ε) · weight + bias, each image for itself.
///
/// - Parameters:
///   - weight, bias: the group's numbers, or nil for one and zero.
///   - statistics: two lanes values, written: the mean, and 1 / √(variance + ε).
public func normalizeGroup(
  _ x: UnsafePointer<Lanes>, geometry g: GroupGeometry, weight: UnsafePointer<Float>?, bias: UnsafePointer<Float>?,
  into y: LanePointer, statistics: LanePointer
) {
  var moments = LaneMoments()
  moments.add(x, count: g.count)
  let mean = lanes_from_doubles(moments.mean)
  let inverse = 1 / lanes_square_root(lanes_from_doubles(moments.squares / Double(g.count)) + g.epsilon)
  (statistics[0], statistics[1]) = (mean, inverse)
  for parameter in 0..<g.parameters {
    let scale = inverse * (weight.map { $0[parameter] } ?? 1)
    let shift = Lanes(repeating: bias.map { $0[parameter] } ?? 0)
    let (from, to) = (x + parameter &* g.repeats, y + parameter &* g.repeats)
    for i in 0..<g.repeats { to[i] = multiplyAdd(from[i] - mean, scale, shift) }
  }
}

/// Where a group's gradients go.
public struct GroupGradients {
  let weight: UnsafeMutablePointer<Float>?
  let bias: UnsafeMutablePointer<Float>?
  let input: LanePointer?
  let accumulate: Bool

  /// - Parameters:
  ///   - weight, bias: added to; nil when they are not wanted.
  ///   - input: nil when it is not wanted; `accumulate` says whether it is added to.
  public init(
    weight: UnsafeMutablePointer<Float>?, bias: UnsafeMutablePointer<Float>?, input: LanePointer?, accumulate: Bool
  ) {
    (self.weight, self.bias, self.input, self.accumulate) = (weight, bias, input, accumulate)
  }
}

/// weight gradient += Σ dy · x̂;  bias gradient += Σ dy;  dx = [previous +] inverse · (g − mean(g) − x̂ · mean(g · x̂))
///
/// with x̂ = (x − mean) · inverse and g = dy · weight; the sums of the first two, image by image, make the two means.
///
/// - Parameter weight: the group's numbers, or nil for one.
public func normalizeGroupGradient(
  _ x: UnsafePointer<Lanes>, _ dy: UnsafePointer<Lanes>, geometry g: GroupGeometry, weight: UnsafePointer<Float>?,
  statistics: UnsafePointer<Lanes>, into gradients: GroupGradients
) {
  let (mean, inverse) = (statistics[0], statistics[1])
  var (sum, product) = (DoubleLanes.zero, DoubleLanes.zero)
  let together = g.repeats == 1 ? g.parameters / lanesPerShard * lanesPerShard : 0
  for first in stride(from: 0, to: together, by: lanesPerShard) {
    addSquare(x + first, dy + first, mean, inverse, weight.map { $0 + first }, to: &sum, &product)
      .add(toWeight: gradients.weight.map { $0 + first }, bias: gradients.bias.map { $0 + first })
  }
  for parameter in together..<g.parameters {
    let (from, gradient) = (x + parameter &* g.repeats, dy + parameter &* g.repeats)
    let (own, ownProduct) = longSums(g.repeats, { gradient[$0] }, times: { from[$0] - mean })
    gradients.bias?[parameter] += Float(own.treeSum)
    gradients.weight?[parameter] += (lanes_from_doubles(ownProduct) * inverse).treeSum
    let factor = Double(weight.map { $0[parameter] } ?? 1)
    sum += own * factor
    product += ownProduct * factor
  }
  guard let input = gradients.input else { return }
  let count = Float(g.count)
  let push = -inverse * (lanes_from_doubles(sum) / count)
  let pull = -inverse * inverse * inverse * (lanes_from_doubles(product) / count)
  if g.repeats == 1, let weight, !gradients.accumulate {
    for i in 0..<g.parameters {
      input[i] = multiplyAdd(dy[i], inverse * weight[i], multiplyAdd(x[i] - mean, pull, push))
    }
    return
  }
  for parameter in 0..<g.parameters {
    let first = parameter &* g.repeats
    let (from, gradient, target) = (x + first, dy + first, input + first)
    let slope = inverse * (weight.map { $0[parameter] } ?? 1)
    if gradients.accumulate {
      for i in 0..<g.repeats {
        target[i] += multiplyAdd(gradient[i], slope, multiplyAdd(from[i] - mean, pull, push))
      }
    } else {
      for i in 0..<g.repeats {
        target[i] = multiplyAdd(gradient[i], slope, multiplyAdd(from[i] - mean, pull, push))
      }
    }
  }
}

/// What sixteen elements that have a number of weight and bias each add to the sums of a group's gradient, and to these numbers'
/// gradients: the sums over the images. Sixteen elements of sixteen images are turned, so that no vector is added up by itself.
@inline(always)
private func addSquare(
  _ x: UnsafePointer<Lanes>, _ dy: UnsafePointer<Lanes>, _ mean: Lanes, _ inverse: Lanes,
  _ weight: UnsafePointer<Float>?, to sum: inout DoubleLanes, _ product: inout DoubleLanes
) -> ParameterSums {
  var slopes = InlineArray<16, Lanes> { _ in .zero }
  for i in 0..<lanesPerShard {
    let own = lanes_to_doubles(dy[i] + 0)
    let slope = multiplyAdd(dy[i], x[i] - mean, .zero)
    slopes[i] = slope * inverse
    let factor = Double(weight.map { $0[i] } ?? 1)
    sum += own * factor
    product += lanes_to_doubles(slope) * factor
  }
  return ParameterSums(dy: dy, slopes: &slopes)
}

/// Sums over the images of sixteen elements, in the order of `treeSum`.
private struct ParameterSums {
  /// In double precision, as `longSum`'s are.
  let bias: Lanes
  let weight: Lanes

  @inline(always)
  init(dy: UnsafePointer<Lanes>, slopes: inout InlineArray<16, Lanes>) {
    var images = InlineArray<16, Lanes> { _ in .zero }
    (bias, weight) = withUnsafeMutablePointer(to: &images) { images in
      let rows = UnsafeMutableRawPointer(images).assumingMemoryBound(to: Lanes.self)
      lanes_transpose(dy.scalars, lanesPerShard, rows.scalars)
      let bias = doubleTreeSum(rows)
      withUnsafeMutablePointer(to: &slopes) {
        lanes_transpose(UnsafeRawPointer($0).assumingMemoryBound(to: Float.self), lanesPerShard, rows.scalars)
      }
      return (bias, treeSum(rows))
    }
  }

  @inline(always)
  func add(toWeight weights: UnsafeMutablePointer<Float>?, bias biases: UnsafeMutablePointer<Float>?) {
    if let weights { ParameterSums.add(weight, to: weights) }
    if let biases { ParameterSums.add(bias, to: biases) }
  }

  @inline(always)
  private static func add(_ sums: Lanes, to numbers: UnsafeMutablePointer<Float>) {
    let numbers = UnsafeMutableRawPointer(numbers)
    numbers.storeBytes(of: numbers.loadUnaligned(as: Lanes.self) + sums, as: Lanes.self)
  }
}

/// The sum of sixteen rows, as a balanced tree.
@inline(always)
private func treeSum(_ rows: LanePointer) -> Lanes {
  for i in 0..<8 { rows[i] += rows[i &+ 8] }
  for i in 0..<4 { rows[i] += rows[i &+ 4] }
  for i in 0..<2 { rows[i] += rows[i &+ 2] }
  return rows[0] + rows[1]
}

/// The same in double precision.
@inline(always)
private func doubleTreeSum(_ rows: LanePointer) -> Lanes {
  @inline(always) func four(_ i: Int) -> DoubleLanes {
    let two = lanes_to_doubles(rows[i]) + lanes_to_doubles(rows[i &+ 8])
    return two + (lanes_to_doubles(rows[i &+ 4]) + lanes_to_doubles(rows[i &+ 12]))
  }
  return lanes_from_doubles((four(0) + four(2)) + (four(1) + four(3)))
}
