// The whole screen: state, snapshot, size and capabilities in; a grid of cells and the next request out.

import Telemetry

/// The dashboard as pure functions; it knows no terminal and no clock.
public enum Dashboard {
  /// The screen for a model at a size.
  ///
  /// - Parameter fill: what lies below everything that is drawn.
  public static func render(_ model: DashboardModel, size: Size, fill: Cell = .blank) -> Grid {
    guard let layout = Layout(size, model) else { return tooSmall(model, size) }
    var canvas = Canvas(size, model, fill: fill)
    canvas.drawHeader(layout.header)
    canvas.drawNotice(layout.notice)
    for (pane, rect) in layout.panes { canvas.draw(pane, in: rect) }
    canvas.drawKeys(layout.keys)
    if model.state.isHelpVisible { canvas.drawHelp() }
    return canvas.grid
  }

  /// What to ask of the run for the next frame at this size; nil when the screen shows no pictures.
  public static func request(_ model: DashboardModel, size: Size) -> PictureRequest? {
    guard let layout = Layout(size, model), model.selectedLayer != nil else { return nil }
    var request = PictureRequest(layer: model.state.layer, probe: model.state.probe)
    for (pane, rect) in layout.panes { pane.need(&request, model, rect) }
    return request
  }

  /// What lies at a point of the screen; nil outside the panes.
  public static func hit(_ point: Point, _ model: DashboardModel, size: Size) -> Hit? {
    guard let (pane, rect) = Layout(size, model)?.panes.first(where: { $0.value.contains(point) }) else { return nil }
    return Hit(pane: pane, target: pane.target(model, rect, point))
  }

  /// Red, green and blue of a palette index from 16 on.
  public static func cubeRGB(_ index: UInt8) -> (Int, Int, Int) { cubeColor(index) }

  /// A failure or a notice, at most three lines of it.
  static func noticeLines(_ model: DashboardModel, width: Int) -> [String] {
    guard let text = model.status.failure ?? model.notice else { return [] }
    return Array(wrap(text, width: max(1, width - 2)).prefix(3))
  }

  /// A screen below the minimum says what it is and what it should be, as far as there is room.
  private static func tooSmall(_ model: DashboardModel, _ size: Size) -> Grid {
    var canvas = Canvas(size, model)
    let text = "convtop needs \(Layout.minimum); this is \(size)"
    let lines = wrap(canvas.glyphs.adapt(text), width: size.columns)
    let top = max(0, (size.rows - lines.count) / 2)
    for (index, line) in lines.enumerated() {
      canvas.write(line, .warning, column: max(0, (size.columns - line.count) / 2), row: top + index)
    }
    return canvas.grid
  }
}
