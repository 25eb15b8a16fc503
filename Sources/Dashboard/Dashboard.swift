// The whole screen: state, snapshot, size and capabilities in; a grid of cells and the next request out.

import Training

/// The dashboard as pure functions; it knows no terminal and no clock.
public enum Dashboard {
  /// The screen for a model at a size.
  ///
  /// - Parameter fill: what lies below everything that is drawn.
  public static func render(_ model: DashboardModel, size: Size, fill: Cell = .blank) -> Grid {
    guard let layout = layout(model, size: size) else { return tooSmall(model, size) }
    var canvas = Canvas(size, model, fill: fill)
    canvas.drawHeader(layout.header)
    canvas.drawNotice(layout.notice)
    for (pane, rect) in layout.panes {
      let outer = canvas.grid.confine(to: rect)
      canvas.draw(pane, rect)
      canvas.grid.release(to: outer)
    }
    canvas.drawKeys(layout.keys)
    if model.state.isHelpVisible { canvas.drawHelp() }
    return canvas.grid
  }

  /// What to ask of the trainer for the next frame at this size; nil when the screen shows no pictures.
  public static func request(_ model: DashboardModel, size: Size) -> PictureRequest? {
    guard let layout = layout(model, size: size), let layer = model.selectedLayer else { return nil }
    let filters = layer.filters.flatMap { geometry in
      layout.panes[.filters].flatMap { filterArrangement(geometry, $0) }
        .map { $0.page(holding: model.state.filter, of: geometry.count) }
    }
    let maps = layout.panes[.maps].flatMap { rect in
      mapArrangement(layer.maps, probeSize(model), rect)?.page(holding: model.state.filter, of: layer.maps.count)
    }
    let chart = layout.panes[.loss] ?? layout.panes[.accuracy]
    return PictureRequest(
      layer: model.state.layer, filters: filters ?? 0..<0, maps: maps ?? 0..<0, probe: model.state.probe,
      curvePoints: 2 * (chart?.columns ?? 0),
      wantsNetworkRange: model.state.scale == .network)
  }

  /// Red, green and blue of a palette index from 16 on.
  public static func cubeRGB(_ index: UInt8) -> (Int, Int, Int) { cubeColor(index) }

  private static func layout(_ model: DashboardModel, size: Size) -> Layout? {
    Layout(
      size, noticeRows: noticeLines(model, width: size.columns).count, classes: model.classes.count,
      trains: model.trains,
      maximized: model.state.isMaximized ? model.state.focus : nil)
  }

  /// A failure or a notice, at most three lines of it.
  static func noticeLines(_ model: DashboardModel, width: Int) -> [String] {
    guard let text = model.status.failure ?? model.notice else { return [] }
    return Array(wrap(text, width: max(1, width - 2)).prefix(3))
  }

  /// The probe's rows and columns, as the first layer's input has them; square when nothing is known yet.
  static func probeSize(_ model: DashboardModel) -> TileGeometry {
    let image = model.snapshot?.probe.image
    return TileGeometry(count: 1, tiles: 1, height: image?.height ?? 28, width: image?.width ?? 28)
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

extension Canvas {
  mutating func draw(_ pane: Pane, _ rect: Rect) {
    switch pane {
    case .loss: drawLoss(rect)
    case .accuracy: drawAccuracy(rect)
    case .layers: drawLayers(rect)
    case .filters: drawFilters(rect)
    case .maps: drawMaps(rect)
    case .prediction: drawPrediction(rect)
    }
  }
}
