// Panes with a chart.

import Telemetry

extension Pane {
  /// A pane with the curves of one quantity.
  static func chart(
    _ name: String, of quantity: String, keys: [KeyBinding] = [],
    _ content: @escaping @Sendable (_ curves: [Curve], _ steps: Int, DashboardState) -> (title: String, ChartContent)
  ) -> Pane {
    Pane(
      name: name, smallest: Size(16, 7),
      // Three tenths of a screen, and not much more than a curve is worth.
      wish: { room, _ in Wish(rows: max(7, min(16, room.rows * 3 / 10 + 1))) },
      need: { request, _, rect in
        request.quantities.insert(quantity)
        // Two dots of braille a cell.
        request.curvePoints = max(request.curvePoints, 2 * rect.columns)
      },
      draw: { canvas, rect in
        let curves = canvas.model.snapshot?.curves(of: quantity) ?? []
        let (title, content) = content(curves, canvas.chartSteps, canvas.model.state)
        let at = canvas.title(title, in: rect)
        canvas.drawChart(content, after: at, in: rect)
      },
      keys: keys)
  }
}
