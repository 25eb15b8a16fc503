// What of a screen has to be written anew: text in any case, dots bit by bit, and of pictures what differs most first.

/// How what a terminal shows differs from what it should show.
///
/// A picture changes a little in thousands of cells after each step, and in 24-bit colour a cell takes fifty bytes: more than a slow
/// line takes. So text comes first, and pictures go on in portions, the largest differences before the small ones. A curve moves
/// as a whole when its axis grows: dots (of curves, and of the network's lines) go on in portions too, from the left to the right.
public struct GridUpdate {
  /// Cells of text, in reading order.
  public private(set) var text: [Int] = []
  /// Cells of dots, and of nothing where dots were: one stretch of columns after the other.
  public private(set) var curves: [Int] = []
  /// Cells of pictures, those that differ most first.
  public private(set) var shades: [Int] = []

  /// By so much greys beside each other differ; shades of any scale that are three apart differ by more.
  public static let oneShade = 24

  /// Columns of a stretch: narrow, so that a part of a curve is whole, but of some neighbours, which are cheaper than single cells.
  private static let stretch = 16

  /// The most that two colours can differ: the sum over red, green and blue.
  private static let most = 3 * 255

  /// - Parameters:
  ///   - shown: what the terminal shows, of the same size.
  ///   - tolerance: pictures' cells that differ by no more are left as they are.
  ///   - column: where curves begin; they go on to the right, and then from the left, so that those which change all the time come
  ///     to their end too.
  public init(from shown: Grid, to wanted: Grid, tolerance: Int, curvesFrom column: Int = 0) {
    precondition(shown.size == wanted.size)
    var places = [[Int]](repeating: [], count: GridUpdate.most + 1)
    let columns = max(1, wanted.size.columns)
    var stretches = [[Int]](repeating: [], count: columns / GridUpdate.stretch + 1)
    for index in wanted.cells.indices where shown.cells[index] != wanted.cells[index] {
      guard let difference = GridUpdate.difference(shown.cells[index], wanted.cells[index]) else {
        if shown.cells[index].isOfCurve, wanted.cells[index].isOfCurve {
          stretches[index % columns / GridUpdate.stretch].append(index)
        } else {
          text.append(index)
        }
        continue
      }
      if difference > tolerance { places[difference].append(index) }
    }
    let first = min(max(0, column), columns - 1) / GridUpdate.stretch
    for cells in stretches[first...] + stretches[..<first] { curves += cells }
    for cells in places.reversed() { shades += cells }
  }

  /// By how much two cells of a picture differ where they do most; nil where one of them is text.
  private static func difference(_ a: Cell, _ b: Cell) -> Int? {
    guard let ours = a.quarters, let theirs = b.quarters else { return nil }
    // Thousands of cells a frame: no array for each.
    return (0..<4).reduce(0) { max($0, difference(ours[$1], theirs[$1])) }
  }

  private static func difference(_ a: TerminalColor, _ b: TerminalColor) -> Int {
    guard a != b else { return 0 }
    // What the terminal's own look like is not known.
    guard let a = a.known, let b = b.known else { return most }
    return abs(Int(a.red) - Int(b.red)) + abs(Int(a.green) - Int(b.green)) + abs(Int(a.blue) - Int(b.blue))
  }
}

extension Cell {
  /// Whether it shows dots of a curve, or nothing, as beside one.
  fileprivate var isOfCurve: Bool {
    !style.isReversed && (character == " " || (0x2800...0x28ff).contains(character.value))
  }

  /// The colours of its quarters, from the upper left to the lower right; nil where it shows text.
  fileprivate var quarters: InlineArray<4, TerminalColor>? {
    guard !style.isReversed, let mask = TilePainter.quarters(of: character) else { return nil }
    return InlineArray { mask >> $0 & 1 == 1 ? style.foreground : style.background }
  }
}

extension TerminalColor {
  /// What is known of how it looks.
  fileprivate var known: RGB? {
    switch self {
    case .rgb(let red, let green, let blue): RGB(red, green, blue)
    case .indexed(let index): index >= 16 ? RGB(palette: index) : nil
    case .standard: nil
    }
  }
}
