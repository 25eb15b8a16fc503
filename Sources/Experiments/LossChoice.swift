// The losses that a configuration may name.

import Fields

/// What is made small; every loss but the first two compares the logits with one-hot targets.
public enum LossChoice: Hashable, Sendable {
  /// Weights: one number a class, or none.
  case crossEntropy(smoothing: Float, weights: [Float])
  /// On log-probabilities: the model ends with `log_softmax`.
  case negativeLogLikelihood(weights: [Float])
  case meanSquaredError
  case binaryCrossEntropy
  case huber(delta: Float)
  case absolute
  case smoothAbsolute(beta: Float)

  /// One number a class by which its images' losses are multiplied; nil where every class counts 1.
  public var classWeights: [Float]? {
    switch self {
    case .crossEntropy(_, let weights), .negativeLogLikelihood(let weights): weights.isEmpty ? nil : weights
    default: nil
    }
  }
}

/// Every loss with its defaults.
package let lossTypes = Variants<LossChoice>(
  "loss",
  [
    { .crossEntropy(smoothing: 0, weights: []) }, { .negativeLogLikelihood(weights: []) }, { .meanSquaredError },
    { .binaryCrossEntropy }, { .huber(delta: 1) }, { .absolute }, { .smoothAbsolute(beta: 1) },
  ], type: { $0.type }, visit: { try $0.visitFields($1) })

extension LossChoice {
  fileprivate var type: String {
    switch self {
    case .crossEntropy: "cross_entropy"
    case .negativeLogLikelihood: "nll_loss"
    case .meanSquaredError: "mse_loss"
    case .binaryCrossEntropy: "bce_with_logits_loss"
    case .huber: "huber_loss"
    case .absolute: "l1_loss"
    case .smoothAbsolute: "smooth_l1_loss"
    }
  }

  fileprivate mutating func visitFields(_ fields: any FieldVisitor) throws {
    func weights(_ weights: [Float]) throws -> [Float] {
      var weights = weights
      try fields.floats("weight", &weights, .notNegative, isRequired: false, "one number a class")
      return weights
    }
    switch self {
    case .crossEntropy(var smoothing, let before):
      try fields.float("label_smoothing", &smoothing, .share, "how much of the target is spread over all classes")
      self = .crossEntropy(smoothing: smoothing, weights: try weights(before))
    case .negativeLogLikelihood(let before): self = .negativeLogLikelihood(weights: try weights(before))
    case .huber(var delta):
      try fields.float("delta", &delta, .positive, "the difference at which the parabola becomes a line")
      self = .huber(delta: delta)
    case .smoothAbsolute(var beta):
      try fields.float("beta", &beta, .positive, "the difference at which the parabola becomes a line")
      self = .smoothAbsolute(beta: beta)
    case .meanSquaredError, .binaryCrossEntropy, .absolute: break
    }
  }
}
