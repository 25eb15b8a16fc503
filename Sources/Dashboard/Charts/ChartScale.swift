// From steps and values to dots.

import Telemetry

/// The axes of one chart over its canvas of dots.
struct ChartScale {
  let axis: Axis
  let steps: Int
  let width: Int
  let height: Int
  let factor: Double

  init(_ content: ChartContent, axis: Axis, on canvas: PlotCanvas) {
    self.axis = axis
    steps = content.steps
    (width, height) = (canvas.width, canvas.height)
    factor = content.factor
  }

  func x(_ step: Int) -> Int {
    min(width - 1, max(0, Int((Double(step) / Double(max(1, steps)) * Double(width - 1)).rounded())))
  }

  func y(_ value: Double) -> Int? {
    axis.position(value * factor).map { Int(((1 - min(1, max(0, $0))) * Double(height - 1)).rounded()) }
  }
}

extension Axis {
  /// The axis of values that shows all of a chart's curves.
  init(of content: ChartContent, rows: Int) {
    let finite = content.finite
    let low = (finite.map(\.minimum).min() ?? 0) * content.factor
    let high = (finite.map(\.maximum).max() ?? 1) * content.factor
    let count = max(2, rows / 2)
    if content.isLog {
      let positive = finite.map(\.minimum).filter { $0 > 0 }.min().map { $0 * content.factor } ?? 0.1
      self.init(log: positive...max(positive, high), count: count)
    } else {
      self.init(linear: low...max(low, high), count: count, limits: content.limits)
    }
  }
}
