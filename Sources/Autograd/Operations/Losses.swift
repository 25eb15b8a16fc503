// Losses other than cross-entropy: each gives one number an image, the mean over that image's elements.

import Kernels
import Tensors

/// −logProbabilities[label], times the label's weight where there are weights.
///
/// # Shapes
/// - logProbabilities: (classes) an image, such as from `logSoftmax`
/// - labels: () an image: the class index, as a float
/// - result: () an image
///
/// - Parameter weights: one number a class. PyTorch's mean over the batch divides by the labels' weights, not by the images:
///   that is the executor's part.
/// - Throws: `ShapeError` when there is not one axis of classes and one label an image, or not one weight a class.
public func negativeLogLikelihood(
  _ logProbabilities: Variable, labels: Variable, weights: [Float]? = nil
) throws -> Variable {
  try checkLabels("nll_loss", logProbabilities, labels, weights)
  let operation = PickOperation(classes: logProbabilities.shape[0], weights: weights)
  return logProbabilities.tape.record(operation, inputs: [logProbabilities, labels], output: [])
}

/// 1 for the label's class, 0 for the others: the target of losses that compare element by element.
///
/// # Shapes
/// - labels: () an image: the class index, as a float
/// - result: (classes) an image; it has no gradient
public func oneHot(_ labels: Variable, classes: Int) -> Variable {
  labels.tape.record(OneHotOperation(classes: classes), inputs: [labels], output: [classes])
}

/// The mean of (x − target)².
///
/// # Shapes
/// - x, target: any, the same; result: () an image
///
/// - Throws: `ShapeError` when the shapes differ.
public func meanSquaredError(_ x: Variable, target: Variable) throws -> Variable {
  try elementLoss("mse_loss", .squared, x, target)
}

/// The mean of −target · log σ(x) − (1 − target) · log(1 − σ(x)), as max(x, 0) − x · target + log(1 + e^−|x|), which
/// cannot overflow.
///
/// # Shapes
/// - x: logits; target: numbers from 0 to 1; the same; result: () an image
///
/// - Throws: `ShapeError` when the shapes differ.
public func binaryCrossEntropy(logits x: Variable, target: Variable) throws -> Variable {
  try elementLoss("bce_with_logits_loss", .binaryCrossEntropy, x, target)
}

/// The mean of d²/2 where |d| ≤ δ and δ · (|d| − δ/2) elsewhere, for d = x − target; Huber (1964).
///
/// # Shapes
/// - x, target: any, the same; result: () an image
///
/// - Throws: `ShapeError` when the shapes differ, or δ is not positive.
public func huberLoss(_ x: Variable, target: Variable, delta: Float = 1) throws -> Variable {
  guard delta > 0 else {
    throw ShapeError("huber_loss", [x.shape], rule: "delta must be positive, not \(delta)", option: "delta")
  }
  return try elementLoss("huber_loss", .huber(delta), x, target)
}

/// The mean of |x − target|; the subgradient at zero is zero, as in PyTorch.
///
/// # Shapes
/// - x, target: any, the same; result: () an image
///
/// - Throws: `ShapeError` when the shapes differ.
public func l1Loss(_ x: Variable, target: Variable) throws -> Variable {
  try elementLoss("l1_loss", .absolute, x, target)
}

/// The mean of d²/(2β) where |d| < β and |d| − β/2 elsewhere, for d = x − target; Girshick (2015).
///
/// # Shapes
/// - x, target: any, the same; result: () an image
///
/// - Throws: `ShapeError` when the shapes differ, or β is not positive.
public func smoothL1Loss(_ x: Variable, target: Variable, beta: Float = 1) throws -> Variable {
  guard beta > 0 else {
    throw ShapeError("smooth_l1_loss", [x.shape], rule: "beta must be positive, not \(beta)", option: "beta")
  }
  return try elementLoss("smooth_l1_loss", .smoothAbsolute(beta), x, target)
}

private func elementLoss(
  _ name: String, _ kind: ElementLossKind, _ x: Variable, _ target: Variable
) throws -> Variable {
  guard x.shape == target.shape else {
    throw ShapeError(name, [x.shape, target.shape], rule: "prediction and target must have one shape")
  }
  let operation = ElementLossOperation(name: name, kind: kind, count: x.shape.count)
  return x.tape.record(operation, inputs: [x, target], output: [])
}
