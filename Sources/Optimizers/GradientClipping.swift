// Clipping: what a gradient may be at most.

import Kernels
import Tensors

/// Keeps gradients from growing without bound, before an optimiser sees them.
public enum GradientClipping: Hashable, Sendable {
  /// Scales all gradients together so that their common Euclidean norm is at most this; Pascanu et al. (2013).
  case norm(Float)
  /// Bounds each number of each gradient.
  case value(Float)

  /// Clips what is not frozen, and returns the norm before, where there is one.
  @discardableResult
  public func apply(_ parameters: [Parameter]) -> Double? {
    switch self {
    case .value(let limit):
      for parameter in parameters where !parameter.isFrozen {
        clampLanes(parameter.gradientStorage.lanes, vectors: parameter.gradientStorage.laneCount, to: limit)
      }
      return nil
    case .norm(let limit):
      let norm = parameters.reduce(0.0) {
        $1.isFrozen ? $0 : $0 + sumOfSquares($1.gradientStorage.lanes, vectors: $1.gradientStorage.laneCount)
      }.squareRoot()
      // PyTorch's formula, its 1e-6 included.
      let factor = Float(min(1, Double(limit) / (norm + 1e-6)))
      if factor < 1 {
        for parameter in parameters where !parameter.isFrozen {
          scaleLanes(parameter.gradientStorage.lanes, vectors: parameter.gradientStorage.laneCount, by: factor)
        }
      }
      return norm
    }
  }
}
