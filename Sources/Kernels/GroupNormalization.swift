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
  for parameter in 0..<g.parameters {
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
