// As much of a terminal as ncurses uses: text, cursor movements, erasing, scrolling regions.

/// Turns a program's output into the screen that a person would see; colours are ignored.
struct TerminalEmulator {
  private(set) var columns: Int
  private(set) var rows: Int
  private var cells: [[Character]]
  private var row = 0
  private var column = 0
  private var top = 0
  private var bottom: Int
  private var pending: [UInt8] = []
  private var lastCharacter: Character = " "

  init(columns: Int, rows: Int) {
    (self.columns, self.rows) = (columns, rows)
    bottom = rows - 1
    cells = TerminalEmulator.blank(columns, rows)
  }

  private static func blank(_ columns: Int, _ rows: Int) -> [[Character]] {
    [[Character]](repeating: [Character](repeating: " ", count: columns), count: rows)
  }

  var text: String { cells.map { String($0) }.joined(separator: "\n") }

  /// An empty screen of another size; what has come of a sequence so far still waits for its rest.
  mutating func resize(columns: Int, rows: Int) {
    let begun = pending
    self = TerminalEmulator(columns: columns, rows: rows)
    pending = begun
  }

  mutating func feed(_ bytes: [UInt8]) {
    pending += bytes
    var index = 0
    while index < pending.count, let next = consume(at: index) { index = next }
    pending.removeFirst(index)
  }

  /// Acts on what begins at `index` and returns where the next thing begins; nil when it is not complete yet.
  private mutating func consume(at index: Int) -> Int? {
    let byte = pending[index]
    switch byte {
    case 0x1b: return escape(at: index + 1)
    case 0x0a: lineFeed()
    case 0x0d: column = 0
    case 0x08: column = max(0, column - 1)
    case 0x09: column = min(columns - 1, (column / 8 + 1) * 8)
    case 0..<0x20: break
    default: return printScalar(at: index)
    }
    return index + 1
  }

  private mutating func printScalar(at index: Int) -> Int? {
    let byte = pending[index]
    let length = byte < 0xc0 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4
    guard index + length <= pending.count else { return nil }
    // Bytes that are no text are shown as terminals show them.
    let text = String(validating: pending[index..<index + length], as: UTF8.self)
    put(text?.first ?? "\u{fffd}")
    return index + (text == nil ? 1 : length)
  }

  private mutating func put(_ character: Character) {
    lastCharacter = character
    if column >= columns {
      column = 0
      lineFeed()
    }
    if row < rows && column < columns { cells[row][column] = character }
    column += 1
  }

  private mutating func lineFeed() {
    if row == bottom { scrollUp(top, 1) } else { row = min(rows - 1, row + 1) }
  }

  private mutating func scrollUp(_ first: Int, _ count: Int) {
    for _ in 0..<min(count, bottom - first + 1) {
      cells.remove(at: first)
      cells.insert([Character](repeating: " ", count: columns), at: bottom)
    }
  }

  private mutating func scrollDown(_ first: Int, _ count: Int) {
    for _ in 0..<min(count, bottom - first + 1) {
      cells.remove(at: bottom)
      cells.insert([Character](repeating: " ", count: columns), at: first)
    }
  }

  private mutating func escape(at index: Int) -> Int? {
    guard index < pending.count else { return nil }
    switch pending[index] {
    case UInt8(ascii: "["): return controlSequence(at: index + 1)
    case UInt8(ascii: "("), UInt8(ascii: ")"): return index + 2 <= pending.count ? index + 2 : nil
    case UInt8(ascii: "M"):
      if row == top { scrollDown(top, 1) } else { row = max(0, row - 1) }
      return index + 1
    default: return index + 1
    }
  }

  private mutating func controlSequence(at start: Int) -> Int? {
    guard let end = pending[start...].firstIndex(where: { (0x40...0x7e).contains($0) }) else { return nil }
    let body = String(decoding: pending[start..<end], as: UTF8.self)
    if body.first?.isNumber != false {
      let numbers = body.split(separator: ";", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
      act(pending[end], numbers)
    }
    return end + 1
  }

  private mutating func act(_ final: UInt8, _ numbers: [Int]) {
    let first = numbers.first ?? 0
    let count = max(1, first)
    switch Character(Unicode.Scalar(final)) {
    case "A": row = max(0, row - count)
    case "B": row = min(rows - 1, row + count)
    case "C": column = min(columns - 1, column + count)
    case "D": column = max(0, column - count)
    case "G": column = min(columns, count) - 1
    case "d": row = min(rows, count) - 1
    case "H", "f":
      row = min(rows, count) - 1
      column = min(columns, max(1, numbers.count > 1 ? numbers[1] : 1)) - 1
    case "J": erase(from: first == 0 ? (row, column) : (0, 0), to: first == 1 ? (row, column) : (rows - 1, columns - 1))
    case "K": erase(from: (row, first == 0 ? column : 0), to: (row, first == 1 ? column : columns - 1))
    case "X": erase(from: (row, column), to: (row, min(columns - 1, column + count - 1)))
    case "P":
      cells[row].removeSubrange(column..<min(columns, column + count))
      cells[row] += [Character](repeating: " ", count: columns - cells[row].count)
    case "@":
      cells[row].insert(contentsOf: [Character](repeating: " ", count: count), at: column)
      cells[row].removeLast(cells[row].count - columns)
    case "L": scrollDown(row, count)
    case "M": scrollUp(row, count)
    case "S": scrollUp(top, count)
    case "T": scrollDown(top, count)
    case "b": for _ in 0..<count { put(lastCharacter) }
    case "r":
      top = max(1, first) - 1
      bottom = min(rows, numbers.count > 1 && numbers[1] > 0 ? numbers[1] : rows) - 1
      (row, column) = (0, 0)
    default: break
    }
  }

  private mutating func erase(from start: (Int, Int), to end: (Int, Int)) {
    guard start.0 <= end.0 else { return }
    for row in start.0...end.0 {
      let first = row == start.0 ? start.1 : 0
      let last = min(columns - 1, row == end.0 ? end.1 : columns - 1)
      if first <= last { for column in first...last { cells[row][column] = " " } }
    }
  }
}
