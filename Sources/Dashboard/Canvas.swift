// The grid together with what every pane needs to draw on it.

/// A grid being drawn, with the theme, glyphs and model that the panes draw from.
struct Canvas {
  var grid: Grid
  let model: DashboardModel
  let theme: Theme
  let glyphs: Glyphs
  let painter: TilePainter
  /// The pane that is being drawn.
  private var pane: Pane?

  init(_ size: Size, _ model: DashboardModel, fill: Cell = .blank) {
    grid = Grid(size, fill: fill)
    self.model = model
    theme = Theme(model.capabilities)
    glyphs = Glyphs(model.capabilities)
    painter = TilePainter(capabilities: model.capabilities)
  }

  /// Draws a pane, and nothing outside its place.
  mutating func draw(_ pane: Pane, in rect: Rect) {
    let outer = grid.confine(to: rect)
    self.pane = pane
    pane.draw(&self, rect)
    self.pane = nil
    grid.release(to: outer)
  }

  /// Writes text in a role, adapted to ASCII where needed; returns the column after it.
  @discardableResult
  mutating func write(_ text: String, _ role: Role, column: Int, row: Int, limit: Int = .max) -> Int {
    grid.write(glyphs.adapt(text), column: column, row: row, style: theme[role], limit: limit)
  }

  /// Text that ends before a column.
  mutating func writeRight(_ text: String, _ role: Role, end: Int, row: Int) {
    let adapted = glyphs.adapt(text)
    grid.write(adapted, column: end - adapted.unicodeScalars.count, row: row, style: theme[role])
  }

  /// The title of the pane that is being drawn, as a rule with words in it; returns the column after the words.
  mutating func title(_ text: String, in rect: Rect) -> Int {
    let isFocused = model.state.focus == pane
    for column in rect.column..<rect.column + rect.columns {
      grid.write(glyphs.rule, column: column, row: rect.row, style: theme[.rule])
    }
    let marker = isFocused ? "\(glyphs.marker) " : " "
    return write(
      "\(marker)\(text) ", isFocused ? .focusedTitle : .title, column: rect.column + 1, row: rect.row,
      limit: rect.columns - 1)
  }

  /// More words on a title's rule, if there is room for them before `end`; returns the column after them.
  mutating func addToTitle(_ text: String, _ role: Role, column: Int, end: Int, row: Int) -> Int {
    let adapted = glyphs.adapt(text)
    guard column + adapted.unicodeScalars.count + 1 <= end else { return column }
    return grid.write("\(adapted) ", column: column, row: row, style: theme[role])
  }
}

/// Breaks a text into lines of at most `width` characters, at spaces where possible.
func wrap(_ text: String, width: Int) -> [String] {
  guard width > 0 else { return [] }
  var lines: [String] = []
  var line = ""
  for word in text.split(separator: " ") {
    var rest = Substring(word)
    if !line.isEmpty && line.count + 1 + rest.count > width {
      lines.append(line)
      line = ""
    }
    while rest.count > width {
      lines.append(String(rest.prefix(width)))
      rest = rest.dropFirst(width)
    }
    line += (line.isEmpty ? "" : " ") + rest
  }
  if !line.isEmpty { lines.append(line) }
  return lines
}
