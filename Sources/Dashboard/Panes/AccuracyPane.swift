// The accuracy curves.

import Telemetry

extension Pane {
  /// The share of images whose class was found, in percent.
  public static let accuracy = chart("accuracy", of: "accuracy") { curves, steps, _ in
    let content = ChartContent(
      curves: curves, steps: steps, factor: 100, unit: "%", limits: 0...100, format: { fixed($0 * 100, 1) })
    return ("Accuracy", content)
  }
}
