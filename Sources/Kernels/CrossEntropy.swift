// Cross-entropy on logits, the softmax it needs, and the top-1 hit.

/// probabilities = softmax(logits) over the classes, and loss = −log probabilities[label], for each image.
///
/// The largest logit is subtracted first, so nothing overflows: loss = log Σ e^(zᵢ − max) − (z_label − max).
///
/// With label smoothing ε the loss is (1 − ε) times that plus ε times the mean over all classes.
///
/// - Parameters:
///   - logits: lanes of shape (classes).
///   - labels: one lanes value: the class index of each image, as a float.
///   - probabilities: lanes of shape (classes), written.
///   - loss: one lanes value, written.
public func crossEntropy(
  _ logits: UnsafePointer<Lanes>, labels: UnsafePointer<Lanes>, classes: Int, smoothing: Float,
  probabilities: LanePointer, loss: LanePointer
) {
  var largest = logits[0]
  for k in 1..<max(1, classes) { largest = largest.maximum(logits[k]) }
  var total = Lanes.zero
  var chosen = Lanes.zero
  var sum = Lanes.zero
  for k in 0..<classes {
    let shifted = logits[k] - largest
    chosen = chosen.replacing(with: shifted, where: labels.pointee .== Lanes(repeating: Float(k)))
    let e = exponential(shifted)
    probabilities[k] = e
    sum += shifted
    total += e
  }
  let scale = 1 / total
  for k in 0..<classes { probabilities[k] *= scale }
  let logTotal = logarithm(total)
  let plain = logTotal - chosen
  loss.pointee = smoothing == 0 ? plain : plain * (1 - smoothing) + (logTotal - sum / Float(classes)) * smoothing
}

/// dlogits = [previous +] dloss · (probabilities − (1 − ε) [k = label] − ε / classes)
public func crossEntropyGradient(
  _ probabilities: UnsafePointer<Lanes>, labels: UnsafePointer<Lanes>, dloss: UnsafePointer<Lanes>, classes: Int,
  smoothing: Float, accumulate: Bool, into dlogits: LanePointer
) {
  for k in 0..<classes {
    let even = smoothing / Float(classes)
    let hit = Lanes(repeating: even)
      .replacing(with: Lanes(repeating: 1 - smoothing + even), where: labels.pointee .== Lanes(repeating: Float(k)))
    let gradient = dloss.pointee * (probabilities[k] - hit)
    dlogits[k] = accumulate ? dlogits[k] + gradient : gradient
  }
}

/// hit = 1 where the label's logit is the largest (the first of equals), otherwise 0.
public func topOne(
  _ logits: UnsafePointer<Lanes>, labels: UnsafePointer<Lanes>, classes: Int, into hit: LanePointer
) {
  var best = logits[0]
  var winner = Lanes.zero
  for k in 1..<max(1, classes) {
    let larger = logits[k] .> best
    best.replace(with: logits[k], where: larger)
    winner.replace(with: Lanes(repeating: Float(k)), where: larger)
  }
  hit.pointee = Lanes.zero.replacing(with: Lanes(repeating: 1), where: winner .== labels.pointee)
}

/// hit = 1 where fewer than k logits are larger than the label's, otherwise 0.
public func topK(
  _ logits: UnsafePointer<Lanes>, labels: UnsafePointer<Lanes>, classes: Int, k: Int, into hit: LanePointer
) {
  var chosen = Lanes(repeating: .nan)
  for c in 0..<classes { chosen.replace(with: logits[c], where: labels.pointee .== Lanes(repeating: Float(c))) }
  var larger = Lanes.zero
  for c in 0..<classes { larger += Lanes.zero.replacing(with: 1, where: logits[c] .> chosen) }
  hit.pointee = Lanes.zero.replacing(with: 1, where: (larger .< Lanes(repeating: Float(k))) .& (chosen .== chosen))
}
