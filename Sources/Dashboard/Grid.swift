// A rectangle of cells: what the dashboard draws on, and all that a terminal needs to know.

/// A colour as a terminal understands it.
public enum TerminalColor: Hashable, Sendable {
  /// The terminal's own foreground or background.
  case standard
  /// A palette index: 0–7 everywhere, 8–15 with sixteen colours, all with 256.
  case indexed(UInt8)
  case rgb(UInt8, UInt8, UInt8)
}

/// How a cell is written.
public struct Style: Hashable, Sendable {
  public var foreground: TerminalColor
  public var background: TerminalColor
  public var isBold: Bool
  public var isReversed: Bool

  public init(
    foreground: TerminalColor = .standard, background: TerminalColor = .standard, bold: Bool = false,
    reversed: Bool = false
  ) {
    self.foreground = foreground
    self.background = background
    isBold = bold
    isReversed = reversed
  }

  public static let plain = Style()
}

/// One character and its style.
public struct Cell: Hashable, Sendable {
  public var character: Unicode.Scalar
  public var style: Style

  public init(_ character: Unicode.Scalar, _ style: Style = .plain) {
    self.character = character
    self.style = style
  }

  public static let blank = Cell(" ")
}

/// Columns and rows.
public struct Size: Hashable, Sendable, CustomStringConvertible {
  public var columns: Int
  public var rows: Int
  public init(_ columns: Int, _ rows: Int) {
    self.columns = columns
    self.rows = rows
  }
  public var description: String { "\(columns)×\(rows)" }
}

/// A part of the screen.
public struct Rect: Hashable, Sendable {
  public var column: Int
  public var row: Int
  public var columns: Int
  public var rows: Int

  public init(column: Int, row: Int, columns: Int, rows: Int) {
    self.column = column
    self.row = row
    self.columns = columns
    self.rows = rows
  }

  public var size: Size { Size(columns, rows) }

  /// The same without its first rows, or its first columns.
  public func dropping(rows: Int = 0, columns: Int = 0) -> Rect {
    Rect(
      column: column + columns, row: row + rows, columns: max(0, self.columns - columns),
      rows: max(0, self.rows - rows))
  }

  public func contains(_ point: Point) -> Bool {
    contains(Rect(column: point.column, row: point.row, columns: 1, rows: 1))
  }

  public func contains(_ other: Rect) -> Bool {
    other.column >= column && other.row >= row && other.column + other.columns <= column + columns
      && other.row + other.rows <= row + rows
  }

  public func overlaps(_ other: Rect) -> Bool {
    column < other.column + other.columns && other.column < column + columns && row < other.row + other.rows
      && other.row < row + rows
  }
}

/// A cell's place, counted from the top left.
public struct Point: Hashable, Sendable {
  public var column: Int
  public var row: Int

  public init(column: Int, row: Int) { (self.column, self.row) = (column, row) }
}

/// A rectangle of cells; drawing outside it does nothing.
public struct Grid: Hashable, Sendable {
  public let size: Size
  public private(set) var cells: [Cell]
  /// Drawing is confined to this part.
  private var clip: Rect

  public init(_ size: Size, fill: Cell = .blank) {
    self.size = size
    cells = [Cell](repeating: fill, count: max(0, size.columns) * max(0, size.rows))
    clip = Rect(column: 0, row: 0, columns: size.columns, rows: size.rows)
  }

  public subscript(column: Int, row: Int) -> Cell {
    get { cells[row * size.columns + column] }
    set {
      guard column >= clip.column, row >= clip.row, column < clip.column + clip.columns, row < clip.row + clip.rows
      else { return }
      cells[row * size.columns + column] = newValue
    }
  }

  /// Sets a cell by its place in reading order, wherever drawing is confined to.
  public mutating func set(_ index: Int, to cell: Cell) { cells[index] = cell }

  /// A cell; nil outside the grid.
  func cell(_ column: Int, _ row: Int) -> Cell? {
    column >= 0 && row >= 0 && column < size.columns && row < size.rows ? self[column, row] : nil
  }

  /// Confines drawing to a rectangle, within what it is confined to now; returns the former confines.
  mutating func confine(to rect: Rect) -> Rect {
    let outer = clip
    let left = max(outer.column, rect.column)
    let top = max(outer.row, rect.row)
    let right = min(outer.column + outer.columns, rect.column + rect.columns)
    let bottom = min(outer.row + outer.rows, rect.row + rect.rows)
    clip = Rect(column: left, row: top, columns: max(0, right - left), rows: max(0, bottom - top))
    return outer
  }

  /// Sets the confines that `confine` returned.
  mutating func release(to rect: Rect) { clip = rect }

  /// Writes a line of text, one cell a character, cut at `limit` columns; returns the column after it.
  @discardableResult
  public mutating func write(
    _ text: String, column: Int, row: Int, style: Style = .plain, limit: Int = .max
  ) -> Int {
    var at = column
    for scalar in text.unicodeScalars.prefix(max(0, limit)) {
      self[at, row] = Cell(printable(scalar), style)
      at += 1
    }
    return at
  }

  public mutating func fill(_ rect: Rect, _ cell: Cell) {
    for row in rect.row..<rect.row + max(0, rect.rows) {
      for column in rect.column..<rect.column + max(0, rect.columns) { self[column, row] = cell }
    }
  }

  /// The characters, a line a row: what golden screens compare.
  public var text: String {
    (0..<size.rows).map { row in
      String(String.UnicodeScalarView(cells[row * size.columns..<(row + 1) * size.columns].map(\.character)))
    }.joined(separator: "\n")
  }
}

/// Replaces what would not take exactly one cell: control characters, combining marks, wide characters.
private func printable(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
  switch scalar.value {
  case 0x20...0x7e, 0xa1...0xac, 0xae...0x2ff, 0x370...0x482, 0x2010...0x2027, 0x2030...0x205e, 0x2190...0x22ff,
    0x2500...0x25fc, 0x2800...0x28ff, 0x00b7, 0x2713, 0x2717:
    scalar
  default: "?"
  }
}
