// The recorded forms of the losses.

import Kernels
import Tensors

struct PickOperation: Operation {
  let name = "nll_loss"
  let classes: Int
  let weights: [Float]?

  func forward(_ frame: Frame) {
    pickLabel(frame.input(0), labels: frame.input(1), classes: classes, weights: weights, into: frame.output)
  }

  func backward(_ frame: Frame) {
    guard let sink = frame.inputGradient(0) else { return }
    pickLabelGradient(
      frame.outputGradient, labels: frame.input(1), classes: classes, weights: weights, accumulate: sink.accumulate,
      into: sink.lanes)
  }
}

/// A mean over elements of a function of prediction and target, with gradients for both.
struct ElementLossOperation: Operation {
  let name: String
  let kind: ElementLossKind
  let count: Int

  func forward(_ frame: Frame) {
    elementLoss(kind, frame.input(0), frame.input(1), count: count, into: frame.output)
  }

  func backward(_ frame: Frame) {
    for operand in 0...1 {
      guard let sink = frame.inputGradient(operand) else { continue }
      elementLossGradient(
        kind, frame.input(0), frame.input(1), frame.outputGradient, ofTarget: operand == 1, count: count,
        accumulate: sink.accumulate, into: sink.lanes)
    }
  }
}

struct OneHotOperation: Operation {
  let name = "one_hot"
  let classes: Int
  var isDifferentiable: Bool { false }

  func forward(_ frame: Frame) { fillOneHot(frame.input(), classes: classes, into: frame.output) }

  func backward(_ frame: Frame) {}
}
