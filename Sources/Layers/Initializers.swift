// First values of weights.

import Tensors

/// Uniform in ±1/√fanIn: what PyTorch's `Conv2d` and `Linear` start their weights and biases with.
///
/// PyTorch writes it as Kaiming's uniform with a = √5: bound = √(6 / ((1 + a²) · fanIn)) = 1/√fanIn.
public func uniformByFanIn(_ shape: Shape, fanIn: Int, stream: RandomStream) -> Tensor {
  let bound = 1 / Float(fanIn).squareRoot()
  return Tensor(shape, (0..<shape.count).map { stream.uniform($0, in: -bound..<bound) })
}
