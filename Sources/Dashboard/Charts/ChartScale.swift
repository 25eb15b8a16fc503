// From steps and values to dots.

import Telemetry

/// The axes of one chart over its canvas of dots.
struct ChartScale {
  let axis: Axis
  let time: TimeScale
  let width: Int
  let height: Int
  let factor: Double

  init(_ content: ChartContent, axis: Axis, time: TimeScale, on canvas: PlotCanvas) {
    (self.axis, self.time) = (axis, time)
    (width, height) = (canvas.width, canvas.height)
    factor = content.factor
  }

  /// A step's column, which may lie outside.
  func x(_ step: Int) -> Int { Int((time.position(step) * Double(width - 1)).rounded()) }

  /// A value's row from the top, which may lie outside; nil for one that has no place on the axis.
  func y(_ value: Double) -> Int? {
    // A canvas's length away is outside enough.
    axis.position(value * factor).map { Int(((1 - min(2, max(-1, $0))) * Double(height - 1)).rounded()) }
  }
}
