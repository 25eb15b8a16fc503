// Losses of one prediction and one target at a time.

/// What an element of prediction x and target t costs.
public enum ElementLossKind: Sendable, Hashable {
  /// (x − t)²
  case squared
  /// max(x, 0) − x · t + log(1 + e^−|x|)
  case binaryCrossEntropy
  /// d²/2 up to |d| = δ, a line beyond
  case huber(Float)
  /// |d|
  case absolute
  /// d²/(2β) up to |d| = β, a line beyond
  case smoothAbsolute(Float)
}

/// loss = the mean over `count` elements.
public func elementLoss(
  _ kind: ElementLossKind, _ x: UnsafePointer<Lanes>, _ target: UnsafePointer<Lanes>, count: Int, into loss: LanePointer
) {
  var sum = Lanes.zero
  for i in 0..<count {
    let d = x[i] - target[i]
    switch kind {
    case .squared: sum = multiplyAdd(d, d, sum)
    case .binaryCrossEntropy:
      let positive = x[i].replacing(with: 0, where: x[i] .< 0)
      sum += positive - x[i] * target[i] + logarithmOnePlus(exponential(-magnitude(x[i])))
    case .huber(let delta):
      let size = magnitude(d)
      sum += (d * d * 0.5).replacing(with: (size - delta * 0.5) * delta, where: size .> Lanes(repeating: delta))
    case .absolute: sum += magnitude(d)
    case .smoothAbsolute(let beta):
      let size = magnitude(d)
      sum += (d * d * 0.5 / beta).replacing(with: size - beta * 0.5, where: size .>= Lanes(repeating: beta))
    }
  }
  loss.pointee = sum / Float(count)
}

/// dx = [previous +] dloss / count · ∂/∂x, or ∂/∂t.
public func elementLossGradient(
  _ kind: ElementLossKind, _ x: UnsafePointer<Lanes>, _ target: UnsafePointer<Lanes>, _ dloss: UnsafePointer<Lanes>,
  ofTarget: Bool, count: Int, accumulate: Bool, into dx: LanePointer
) {
  let share = dloss.pointee / Float(count)
  for i in 0..<count {
    let d = x[i] - target[i]
    let slope: Lanes
    switch kind {
    case .squared: slope = ofTarget ? d * -2 : d * 2
    case .binaryCrossEntropy: slope = ofTarget ? -x[i] : sigmoid(x[i]) - target[i]
    case .huber(let delta):
      let held = bounded(d, from: Lanes(repeating: -delta), to: Lanes(repeating: delta))
      slope = ofTarget ? -held : held
    case .absolute:
      let sign = Lanes.zero.replacing(with: 1, where: d .> 0).replacing(with: -1, where: d .< 0)
      slope = ofTarget ? -sign : sign
    case .smoothAbsolute(let beta):
      let held = bounded(d / beta, from: Lanes(repeating: -1), to: Lanes(repeating: 1))
      slope = ofTarget ? -held : held
    }
    dx[i] = accumulate ? multiplyAdd(share, slope, dx[i]) : share * slope
  }
}

/// picked = −weight(label) · values[label]
public func pickLabel(
  _ values: UnsafePointer<Lanes>, labels: UnsafePointer<Lanes>, classes: Int, weights: [Float]?,
  into picked: LanePointer
) {
  var chosen = Lanes.zero
  for k in 0..<classes {
    let weight = weights.map { $0[k] } ?? 1
    chosen.replace(with: -weight * values[k], where: labels.pointee .== Lanes(repeating: Float(k)))
  }
  picked.pointee = chosen
}

/// dvalues[k] = [previous −] weight(k) · dpicked where k is the label, otherwise 0.
public func pickLabelGradient(
  _ dpicked: UnsafePointer<Lanes>, labels: UnsafePointer<Lanes>, classes: Int, weights: [Float]?, accumulate: Bool,
  into dvalues: LanePointer
) {
  for k in 0..<classes {
    let gradient = dpicked.pointee * -(weights.map { $0[k] } ?? 1)
    let share = Lanes.zero.replacing(with: gradient, where: labels.pointee .== Lanes(repeating: Float(k)))
    dvalues[k] = accumulate ? dvalues[k] + share : share
  }
}

/// target[k] = 1 where k is the label, otherwise 0.
public func fillOneHot(_ labels: UnsafePointer<Lanes>, classes: Int, into target: LanePointer) {
  for k in 0..<classes {
    target[k] = Lanes.zero.replacing(with: 1, where: labels.pointee .== Lanes(repeating: Float(k)))
  }
}
