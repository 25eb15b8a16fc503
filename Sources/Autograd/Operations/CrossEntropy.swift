// Cross-entropy on logits, and the top-1 metric beside it.

import Kernels
import Tensors

/// −log softmax(logits)[label], one number an image.
///
/// # Shapes
/// - logits: (classes) an image
/// - labels: () an image: the class index, as a float
/// - result: () an image; the executor takes the mean over the batch
///
/// Computed as log Σ e^(zᵢ − max) − (z_label − max), which cannot overflow; the gradient is softmax − one-hot.
///
/// - Parameters:
///   - smoothing: label smoothing ε: the target is 1 − ε for the label and ε spread evenly over all classes;
///     Szegedy et al. (2016).
///   - weights: one number a class, by which its part of the loss is multiplied. PyTorch's mean over the batch divides by the
///     labels' weights, not by the images: that is the executor's part.
/// - Throws: `ShapeError` when the logits have not one axis, there is not one label an image, ε is not in 0...1, or there is
///   not one weight a class.
public func crossEntropy(
  _ logits: Variable, labels: Variable, smoothing: Float = 0, weights: [Float]? = nil
) throws -> Variable {
  try checkLabels("cross_entropy", logits, labels, weights)
  guard (0...1).contains(smoothing) else {
    throw ShapeError(
      "cross_entropy", [logits.shape], rule: "label_smoothing must be between 0 and 1, not \(smoothing)",
      option: "label_smoothing")
  }
  let operation = CrossEntropyOperation(classes: logits.shape[0], smoothing: smoothing, weights: weights)
  return logits.tape.record(operation, inputs: [logits, labels], output: [])
}

/// 1 where the label's logit is the largest (the first of equals), otherwise 0; its mean is the accuracy.
///
/// # Shapes
/// - logits: (classes) an image
/// - labels, result: () an image
///
/// - Throws: `ShapeError` as `crossEntropy` does.
public func topOne(_ logits: Variable, labels: Variable) throws -> Variable {
  try checkLabels("top_one", logits, labels)
  return logits.tape.record(TopOneOperation(classes: logits.shape[0]), inputs: [logits, labels], output: [])
}

func checkLabels(_ operation: String, _ logits: Variable, _ labels: Variable, _ weights: [Float]? = nil) throws {
  guard logits.shape.rank == 1 else {
    throw ShapeError(operation, [logits.shape], rule: "the logits of one image must have one axis, one number a class")
  }
  guard labels.shape.count == 1 else {
    throw ShapeError(operation, [logits.shape, labels.shape], rule: "there must be one label an image")
  }
  if let weights, weights.count != logits.shape[0] {
    throw ShapeError(
      operation, [logits.shape], rule: "there must be one weight a class, not \(weights.count)", option: "weight")
  }
}

struct CrossEntropyOperation: Operation {
  let name = "cross_entropy"
  let classes: Int
  let smoothing: Float
  let weights: [Float]?
  /// The probabilities.
  var savedLanes: Int { classes }

  func forward(_ frame: Frame) {
    crossEntropy(
      frame.input(0), labels: frame.input(1), classes: classes, smoothing: smoothing, weights: weights,
      probabilities: frame.saved, loss: frame.output)
  }

  func backward(_ frame: Frame) {
    guard let sink = frame.inputGradient(0) else { return }
    crossEntropyGradient(
      frame.saved, labels: frame.input(1), dloss: frame.outputGradient, classes: classes, smoothing: smoothing,
      weights: weights, accumulate: sink.accumulate, into: sink.lanes)
  }
}

struct TopOneOperation: Operation {
  let name = "top_one"
  let classes: Int
  var isDifferentiable: Bool { false }

  func forward(_ frame: Frame) {
    topOne(frame.input(0), labels: frame.input(1), classes: classes, into: frame.output)
  }

  func backward(_ frame: Frame) {}
}
