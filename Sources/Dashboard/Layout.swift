// Where everything goes: a pure function of the screen's size.

/// The parts of the screen for one size.
public struct Layout: Hashable, Sendable {
  /// The smallest screen that shows everything.
  public static let minimum = Size(80, 24)

  public let header: Rect
  /// Room for a notice; no rows when there is none.
  public let notice: Rect
  public let panes: [Pane: Rect]
  public let keys: Rect

  /// - Parameters:
  ///   - noticeRows: how many rows the notice takes.
  ///   - classes: how many bars the prediction has.
  ///   - trains: whether there are curves and a prediction.
  ///   - maximized: the pane that has the screen to itself.
  /// - Returns: nil when the screen is below the minimum.
  public init?(_ size: Size, noticeRows: Int = 0, classes: Int = 10, trains: Bool = true, maximized: Pane? = nil) {
    guard size.columns >= Layout.minimum.columns, size.rows >= Layout.minimum.rows else { return nil }
    header = Rect(column: 0, row: 0, columns: size.columns, rows: 2)
    notice = Rect(column: 0, row: 2, columns: size.columns, rows: noticeRows)
    keys = Rect(column: 0, row: size.rows - 1, columns: size.columns, rows: 1)
    let content = Rect(column: 0, row: 2 + noticeRows, columns: size.columns, rows: size.rows - 3 - noticeRows)
    if let maximized {
      panes = [maximized: content]
      return
    }
    panes = trains ? Layout.arrange(content, classes: classes) : Layout.arrangePictures(content)
  }

  /// Curves side by side on top; below them the layers, and beside those the pictures.
  private static func arrange(_ content: Rect, classes: Int) -> [Pane: Rect] {
    let charts = max(7, min(16, content.rows * 3 / 10 + 1))
    let half = content.columns / 2
    var panes: [Pane: Rect] = [
      .loss: Rect(column: 0, row: content.row, columns: half, rows: charts),
      .accuracy: Rect(column: half + 1, row: content.row, columns: content.columns - half - 1, rows: charts),
    ]
    let lower = content.dropping(rows: charts)
    let left = layersWidth(lower)
    let right = lower.dropping(columns: left + 1)
    // A tall screen has the prediction below the layers, a low one beside the feature maps.
    if lower.rows >= classes + 12 {
      let layers = lower.rows - (classes + 1)
      let filters = 7 + (lower.rows - 22) / 6
      panes[.layers] = Rect(column: 0, row: lower.row, columns: left, rows: layers)
      panes[.prediction] = Rect(column: 0, row: lower.row + layers, columns: left, rows: classes + 1)
      panes[.filters] = Rect(column: right.column, row: lower.row, columns: right.columns, rows: filters)
      panes[.maps] = right.dropping(rows: filters)
    } else {
      let filters = max(5, lower.rows - 11)
      let prediction = 21
      panes[.layers] = Rect(column: 0, row: lower.row, columns: left, rows: lower.rows)
      panes[.filters] = Rect(column: right.column, row: lower.row, columns: right.columns, rows: filters)
      let bottom = right.dropping(rows: filters)
      panes[.maps] = Rect(
        column: bottom.column, row: bottom.row, columns: bottom.columns - prediction - 1, rows: bottom.rows)
      panes[.prediction] = Rect(
        column: bottom.column + bottom.columns - prediction, row: bottom.row, columns: prediction, rows: bottom.rows)
    }
    return panes
  }
  private static func layersWidth(_ content: Rect) -> Int {
    content.columns < 100 ? 27 : content.columns < 160 ? 31 : 36
  }

  /// Only pictures: the layers, and beside them the filters above what leaves the layer.
  private static func arrangePictures(_ content: Rect) -> [Pane: Rect] {
    let left = layersWidth(content)
    let right = content.dropping(columns: left + 1)
    let filters = max(6, content.rows * 3 / 10)
    return [
      .layers: Rect(column: 0, row: content.row, columns: left, rows: content.rows),
      .filters: Rect(column: right.column, row: content.row, columns: right.columns, rows: filters),
      .maps: right.dropping(rows: filters),
    ]
  }
}
