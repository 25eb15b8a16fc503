// The loss curves.

import Telemetry

extension Pane {
  /// The loss, on a linear or a logarithmic axis.
  public static let loss = chart("loss", of: "loss", keys: [toggleLogLoss]) { curves, steps, state in
    let content = ChartContent(
      curves: curves, steps: steps, isLog: state.isLogLoss, limits: state.isLogLoss ? nil : 0...Double.infinity,
      format: { fixed($0, $0 < 0.1 ? 4 : 3) })
    return (state.isLogLoss ? "Loss (log)" : "Loss", content)
  }

  private static let toggleLogLoss = KeyBinding.choice(
    [.character("l")], "l", line: ("l", "log"), "the loss on a log or linear axis", .axes, needsTraining: true
  ) { state, _ in state.isLogLoss.toggle() }
}
