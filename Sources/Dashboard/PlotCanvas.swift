// Dots on a grid: two by four a cell in braille, one a cell in ASCII.

/// A canvas of dots for one curve; several of them are laid over each other, cell by cell.
struct PlotCanvas {
  let columns: Int
  let rows: Int
  private let unicode: Bool
  /// Bits of braille dots, or any bit for ASCII.
  private var bits: [UInt8]

  init(columns: Int, rows: Int, unicode: Bool) {
    self.columns = columns
    self.rows = rows
    self.unicode = unicode
    bits = [UInt8](repeating: 0, count: max(0, columns * rows))
  }

  /// Dots across and down.
  var width: Int { unicode ? 2 * columns : columns }
  var height: Int { unicode ? 4 * rows : rows }

  /// Unicode's numbering of braille dots, [row][column] from the top left.
  private static let brailleBits: [[UInt8]] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]]

  /// Sets the dot at (x, y), y counted from the top; outside the canvas nothing happens.
  mutating func set(_ x: Int, _ y: Int) {
    guard x >= 0, y >= 0, x < width, y < height else { return }
    if unicode {
      bits[y / 4 * columns + x / 2] |= PlotCanvas.brailleBits[y % 4][x % 2]
    } else {
      bits[y * columns + x] = 1
    }
  }

  /// All dots of a column from one row to another.
  mutating func vertical(_ x: Int, from top: Int, to bottom: Int) {
    let (first, last) = (max(0, min(top, bottom)), min(height - 1, max(top, bottom)))
    guard first <= last else { return }
    for y in first...last { set(x, y) }
  }

  /// A straight line of dots.
  mutating func line(from a: (x: Int, y: Int), to b: (x: Int, y: Int)) {
    let steps = max(abs(b.x - a.x), abs(b.y - a.y))
    // Both ends may lie far outside, on either side.
    if max(a.x, b.x) < 0 || min(a.x, b.x) >= width { return }
    guard steps < 8 * (width + height) else { return clippedLine(from: a, to: b) }
    guard steps > 0 else { return set(a.x, a.y) }
    for step in 0...steps {
      set(a.x + (b.x - a.x) * step / steps, a.y + (b.y - a.y) * step / steps)
    }
  }

  /// A line whose ends lie far outside: only its columns inside are gone through.
  private mutating func clippedLine(from a: (x: Int, y: Int), to b: (x: Int, y: Int)) {
    let (left, right) = a.x <= b.x ? (a, b) : (b, a)
    guard right.x > left.x else { return vertical(a.x, from: a.y, to: b.y) }
    let slope = Double(right.y - left.y) / Double(right.x - left.x)
    func y(_ x: Int) -> Int { left.y + Int((slope * Double(x - left.x)).rounded()) }
    let (first, last) = (max(0, left.x), min(width - 1, right.x))
    guard first <= last else { return }
    for x in first...last { vertical(x, from: y(x), to: y(min(right.x, x + 1))) }
  }

  func hasDots(_ column: Int, _ row: Int) -> Bool { bits[row * columns + column] != 0 }

  /// How many of a cell's eight dots are set.
  func dots(_ column: Int, _ row: Int) -> Int { bits[row * columns + column].nonzeroBitCount }

  /// The character of a cell with the dots of several canvases; nil when they have none there.
  static func character(_ canvases: [PlotCanvas], _ column: Int, _ row: Int, ascii: Unicode.Scalar) -> Unicode.Scalar? {
    let value = canvases.reduce(UInt8(0)) { $0 | $1.bits[row * $1.columns + column] }
    guard value != 0, let first = canvases.first else { return nil }
    return first.unicode ? Unicode.Scalar(0x2800 + UInt32(value)) : ascii
  }
}
