// Cross-entropy on logits, the softmax it needs, and the top-1 hit.

/// probabilities = softmax(logits) over the classes, and loss = −log probabilities[label], for each image.
///
/// The largest logit is subtracted first, so nothing overflows: loss = log Σ e^(zᵢ − max) − (z_label − max).
///
/// With label smoothing ε the loss is (1 − ε) times that plus ε times the mean over all classes; with class weights each of
/// these terms is multiplied by its class's.
///
/// - Parameters:
///   - logits: lanes of shape (classes).
///   - labels: one lanes value: the class index of each image, as a float.
///   - weights: one number a class, or nil for one.
///   - probabilities: lanes of shape (classes), written.
///   - loss: one lanes value, written.
public func crossEntropy(
  _ logits: UnsafePointer<Lanes>, labels: UnsafePointer<Lanes>, classes: Int, smoothing: Float, weights: [Float]?,
  probabilities: LanePointer, loss: LanePointer
) {
  var largest = logits[0]
  for k in 1..<max(1, classes) { largest = largest.maximum(logits[k]) }
  var (total, chosen, chosenWeight) = (Lanes.zero, Lanes.zero, Lanes(repeating: 1))
  var (sum, sumOfWeights) = (Lanes.zero, Float.zero)
  for k in 0..<classes {
    let shifted = logits[k] - largest
    let isLabel = labels.pointee .== Lanes(repeating: Float(k))
    chosen.replace(with: shifted, where: isLabel)
    let e = exponential(shifted)
    probabilities[k] = e
    total += e
    let weight = weights?[k] ?? 1
    chosenWeight.replace(with: weight, where: isLabel)
    sum = multiplyAdd(shifted, Lanes(repeating: weight), sum)
    sumOfWeights += weight
  }
  let scale = 1 / total
  for k in 0..<classes { probabilities[k] *= scale }
  let logTotal = logarithm(total)
  let plain = (logTotal - chosen) * chosenWeight
  let mean = (logTotal * sumOfWeights - sum) / Float(classes)
  loss.pointee = smoothing == 0 ? plain : plain * (1 - smoothing) + mean * smoothing
}

/// dlogits = [previous +] dloss · ((1 − ε) · weight(label) · (p − [k = label]) + ε / classes · (Σ weights · p − weight(k)))
public func crossEntropyGradient(
  _ probabilities: UnsafePointer<Lanes>, labels: UnsafePointer<Lanes>, dloss: UnsafePointer<Lanes>, classes: Int,
  smoothing: Float, weights: [Float]?, accumulate: Bool, into dlogits: LanePointer
) {
  let even = smoothing / Float(classes)
  var (chosenWeight, sumOfWeights) = (Lanes(repeating: 1), Float.zero)
  for k in 0..<classes {
    let weight = weights?[k] ?? 1
    chosenWeight.replace(with: weight, where: labels.pointee .== Lanes(repeating: Float(k)))
    sumOfWeights += weight
  }
  let share = chosenWeight * (1 - smoothing)
  let whole = share + even * sumOfWeights
  for k in 0..<classes {
    let target = Lanes(repeating: even * (weights?[k] ?? 1))
    let hit = target.replacing(with: target + share, where: labels.pointee .== Lanes(repeating: Float(k)))
    let gradient = dloss.pointee * multiplyAdd(probabilities[k], whole, -hit)
    dlogits[k] = accumulate ? dlogits[k] + gradient : gradient
  }
}

/// hit = 1 where the label's logit is the largest (the first of equals), otherwise 0, and 0 where a logit is not a number.
public func topOne(
  _ logits: UnsafePointer<Lanes>, labels: UnsafePointer<Lanes>, classes: Int, into hit: LanePointer
) {
  var best = logits[0]
  var (winner, areNumbers) = (Lanes.zero, best .== best)
  for k in 1..<max(1, classes) {
    let larger = logits[k] .> best
    best.replace(with: logits[k], where: larger)
    winner.replace(with: Lanes(repeating: Float(k)), where: larger)
    areNumbers .&= logits[k] .== logits[k]
  }
  hit.pointee = Lanes.zero.replacing(with: Lanes(repeating: 1), where: (winner .== labels.pointee) .& areNumbers)
}
