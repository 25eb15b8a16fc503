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
    canvas.drawLaneTabs(layout.lanes)
    canvas.drawBanner(layout.banner)
    for (pane, rect) in layout.panes { canvas.draw(pane, in: rect) }
    canvas.drawFoot(layout.foot)
    canvas.drawKeys(layout.keys)
    switch model.state.overlay {
    case .help(let help): canvas.drawHelp(help)
    case .messages: canvas.drawMessages()
    case .breakpoints(let row): canvas.drawBreakpoints(chosen: row)
    case .fork(let form): canvas.drawForkForm(form)
    case .none, .quitQuestion, .commandLine: break
    }
    return canvas.grid
  }

  /// What to ask of the run for the next frame at this size; nil when the screen shows no pictures.
  public static func request(_ model: DashboardModel, size: Size) -> PictureRequest? {
    guard let layout = Layout(size, model), model.selectedLayer != nil else { return nil }
    let state = model.state
    var request = PictureRequest(layer: state.layer, probe: state.probe)
    (request.search, request.trainingProbe) = (state.search, state.trainingProbe)
    // Over an eighth of the run at most: more would show how it began, not how it goes.
    let steps = Double(max(1, model.newestStep))
    request.smoothing = min(state.charts.smoothing, max(0, 1 - 8 / steps))
    // Runs are compared as they are.
    if let off = state.switchedOff, off.layer == state.layer, state.view != .fork {
      request.switchedOff = off.filter
    }
    for (pane, rect) in layout.panes { pane.need(&request, model, rect) }
    request.wantsNetworkRange = state.look.scale == .network && (request.filters != nil || request.maps != nil)
    return request
  }

  /// What lies at a point of the screen; nil outside the panes.
  public static func hit(_ point: Point, _ model: DashboardModel, size: Size) -> Hit? {
    guard let (pane, rect) = Layout(size, model)?.panes.first(where: { $0.value.contains(point) }) else { return nil }
    return Hit(pane: pane, target: pane.target(model, rect, point))
  }

  /// The view whose tab lies at a point.
  static func tab(at point: Point, _ model: DashboardModel, size: Size) -> ViewName? {
    guard let layout = Layout(size, model) else { return nil }
    return Canvas(size, model).tabs(in: layout.header).first { $0.rect.contains(point) }?.view
  }

  /// What went wrong, in at most three lines.
  static func bannerLines(_ model: DashboardModel, width: Int) -> [String] {
    let storage = model.status.storageFault.map { "\($0); the run goes on, and it is tried again" }
    let status = model.status
    let texts = [status.failure, model.divergence, model.stop, storage, status.replayFault, status.warning]
    guard let text = texts.lazy.compactMap({ $0 }).first else { return [] }
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
