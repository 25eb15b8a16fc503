// The terminal as a screen of cells: the only code that calls ncurses, from one thread.

import CNcurses
import Dashboard
import Glibc

/// Why a terminal cannot be used, in one sentence.
public struct TerminalError: Error, CustomStringConvertible, Equatable {
  public let description: String
  public init(_ description: String) { self.description = description }
}

/// The terminal, taken over by ncurses from `init` to `close`.
///
/// Every function must be called from the thread that made it.
public final class Screen {
  public let capabilities: Capabilities
  private let handle: OpaquePointer
  private let pipe: WakePipe
  private let hasDefaultColors: Bool
  private var shown: Grid?
  /// What is to be shown, and the cells of it that are still to be written, the most urgent last.
  private var wanted: Grid?
  private var left: [Int] = []
  /// Cells of curves that are still to be written, the next one last, and the column where the next ones begin.
  private var curvesLeft: [Int] = []
  private var curveColumn = 0
  private var isOpen = true
  private let hasMouse: Bool

  /// Signals that a screen turns into bytes of the pipe.
  public static let signals = [SIGWINCH, SIGTSTP, SIGCONT, SIGINT, SIGTERM, SIGHUP, SIGQUIT]

  /// Takes over the terminal.
  ///
  /// - Throws: `TerminalError` when its type is unknown, or it cannot move its cursor.
  public init(_ pipe: WakePipe) throws {
    self.pipe = pipe
    setlocale(LC_CTYPE, "")
    let type = getenv("TERM").map { String(cString: $0) } ?? ""
    rememberTerminalModes()
    // Before newterm: ncurses keeps handlers that are already there.
    pipe.catchSignals(Screen.signals)
    let background = TerminalBackground.ask(type)
    guard let handle = Screen.open(type) else {
      Screen.releaseSignals()
      throw TerminalError(
        type.isEmpty
          ? "TERM is not set, so the terminal's type is unknown; set it, or run: convtop train CONFIG"
          : "TERM is \"\(type)\", which this system does not know; try TERM=xterm-256color, or run: convtop train CONFIG"
      )
    }
    self.handle = handle
    guard convtop_can_move_cursor() != 0 else {
      endwin()
      Screen.releaseSignals()
      throw TerminalError(
        "TERM is \"\(type)\", which cannot move its cursor; without a screen, run: convtop train CONFIG")
    }
    convtop_hide_cursor()
    let colors: ColorLadder
    if convtop_has_colors() != 0 {
      hasDefaultColors = convtop_start_colors() != 0
      colors =
        switch convtop_colors() {
        case (1 << 24)...: .trueColor
        case 256...: .indexed256
        case 16...: .sixteen
        case 8...: .eight
        default: .monochrome
        }
    } else {
      hasDefaultColors = false
      colors = .monochrome
    }
    capabilities = Capabilities(
      colors: colors, unicode: convtop_uses_utf8() != 0, isLight: background ?? Screen.hasLightBackground)
    hasMouse = convtop_string("kmous") != nil
    convtop_expect_reports()
    convtop_expect_more_keys()
    setMouse(true)
    guardTerminal()
  }

  /// Opens the terminal by the entry that speaks of 24-bit colours, where COLORTERM says that it has them and there is
  /// such an entry; else by its own.
  private static func open(_ type: String) -> OpaquePointer? {
    let wants = getenv("COLORTERM").map { ["truecolor", "24bit"].contains(String(cString: $0)) } ?? false
    if wants, !type.hasSuffix("-direct") {
      let stem = type.hasSuffix("-256color") ? String(type.dropLast("-256color".count)) : type
      if let handle = convtop_open("\(stem)-direct") { return handle }
    }
    return convtop_open(type)
  }

  /// Has the terminal report the mouse's buttons and its ways with a button down, as SGR sequences; or no more.
  private func setMouse(_ isOn: Bool) {
    guard hasMouse else { return }
    convtop_write_raw(isOn ? "\u{1b}[?1002h\u{1b}[?1006h" : Screen.mouseOff)
  }

  /// Takes back the above.
  static let mouseOff = "\u{1b}[?1006l\u{1b}[?1002l"

  /// Gives the terminal back as it was; further calls do nothing.
  ///
  /// - Parameter ignored: signals that must not end the program from now on, not even in between.
  public func close(ignoring ignored: Set<Int32> = []) {
    guard isOpen else { return }
    isOpen = false
    setMouse(false)
    if convtop_string("rmcup") == nil {
      // Without a second screen, the dashboard would stay under what the shell writes next.
      convtop_erase()
      convtop_flush()
    }
    endwin()
    delscreen(handle)
    releaseTerminal()
    Screen.releaseSignals(ignoring: ignored)
  }

  private static func releaseSignals(ignoring ignored: Set<Int32> = []) {
    for number in signals { signal(number, ignored.contains(number) ? SIG_IGN : SIG_DFL) }
  }

  /// What rxvt and others say in COLORFGBG: `foreground;background`, where 7 and 15 are light.
  private static var hasLightBackground: Bool {
    guard let value = getenv("COLORFGBG"), let last = String(cString: value).split(separator: ";").last else {
      return false
    }
    return last == "7" || last == "15"
  }

  public var size: Size { Size(Int(convtop_columns()), Int(convtop_rows())) }

  /// Adapts to the terminal's present size.
  public func resize() {
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return }
    convtop_resize(Int32(size.ws_row), Int32(size.ws_col))
    convtop_erase()
    // Terminals rearrange what they show when they change size: nothing of it can be relied on.
    repaint()
  }

  /// Has the next drawing repaint everything.
  public func repaint() {
    shown = nil
    (left, curvesLeft) = ([], [])
    convtop_repaint()
  }

  /// Gives the terminal to the shell, stops, and takes it back when continued.
  public func suspend() {
    setMouse(false)
    endwin()
    stopProcess(pipe)
    resume()
  }

  /// Takes the terminal back after somebody else had it.
  public func resume() {
    reset_prog_mode()
    setMouse(true)
    resize()
    convtop_hide_cursor()
    repaint()
  }

  /// Shows a grid at once; what is already on the screen is not written again.
  public func show(_ grid: Grid) {
    (left, curvesLeft) = ([], [])
    guard grid != shown else { return }
    let old = shown.flatMap { $0.size == grid.size ? $0 : nil }
    for index in grid.cells.indices where old?.cells[index] != grid.cells[index] { put(grid, index) }
    shown = grid
    convtop_flush()
  }

  /// Shows a grid's text, and of its curves and pictures about as much as takes so many bytes; `goOn` shows more.
  /// What differs by a shade stays as it is until a grid is shown at once.
  public func show(_ grid: Grid, bytes: Int) {
    guard let old = shown, old.size == grid.size else { return show(grid) }
    let update = GridUpdate(from: old, to: grid, tolerance: GridUpdate.oneShade, curvesFrom: curveColumn)
    var (room, last) = (bytes, -1)
    for index in update.text {
      write(grid, index)
      room -= cost(of: index, after: last, grid)
      last = index
    }
    wanted = grid
    (curvesLeft, left) = (update.curves.reversed(), update.shades.reversed())
    // Even where much text changes all the time, the rest goes on.
    goOn(bytes: max(bytes / 8, room))
  }

  /// Whether curves or pictures are shown in part only.
  public var isBehind: Bool { !left.isEmpty || !curvesLeft.isEmpty }

  /// Shows about so many bytes more of them: curves first, but even where these change all the time, pictures go on.
  public func goOn(bytes: Int) {
    guard let wanted else { return }
    let room = bytes - write(wanted, &curvesLeft, bytes: left.isEmpty ? bytes : bytes / 8 * 7)
    curveColumn = curvesLeft.last.map { $0 % wanted.size.columns } ?? 0
    _ = write(wanted, &left, bytes: room)
    convtop_flush()
  }

  /// Has some cells be as in a grid, the last of them first, about so many bytes of them; says how many these were.
  private func write(_ grid: Grid, _ cells: inout [Int], bytes: Int) -> Int {
    var (written, last) = (0, -1)
    while written < bytes, let index = cells.popLast() {
      write(grid, index)
      written += cost(of: index, after: last, grid)
      last = index
    }
    return written
  }

  /// Has a cell be as in a grid, and remembers it.
  private func write(_ grid: Grid, _ index: Int) {
    put(grid, index)
    shown?.set(index, to: grid.cells[index])
  }

  private func put(_ grid: Grid, _ index: Int) {
    let (row, column) = index.quotientAndRemainder(dividingBy: grid.size.columns)
    let size = self.size
    guard row < size.rows, column < size.columns else { return }
    let cell = grid.cells[index]
    convtop_put(
      Int32(row), Int32(column), wchar_t(bitPattern: cell.character.value), cell.style.isBold ? 1 : 0,
      cell.style.isReversed ? 1 : 0, pair(cell.style))
  }

  /// About how many bytes a colour takes, and the way to another place.
  private var colorBytes: Int {
    switch capabilities.colors {
    case .trueColor: 20
    case .indexed256: 11
    default: 5
    }
  }
  private static let moveBytes = 8

  /// About how many bytes a cell takes that is written after another one, none for -1: the way to it, its colours, the character.
  private func cost(of index: Int, after last: Int, _ grid: Grid) -> Int {
    let cell = grid.cells[index]
    var bytes = cell.character.utf8.count + (index == last + 1 ? 0 : Screen.moveBytes)
    if last < 0 || cell.style != grid.cells[last].style {
      for color in [cell.style.foreground, cell.style.background] where color != .standard { bytes += colorBytes }
    }
    return bytes
  }

  private func pair(_ style: Style) -> Int32 {
    // alloc_pair must not be called on a terminal without colours.
    guard capabilities.colors > .monochrome, style.foreground != .standard || style.background != .standard else {
      return 0
    }
    return max(0, alloc_pair(number(style.foreground, standard: 7), number(style.background, standard: 0)))
  }

  private func number(_ color: TerminalColor, standard: Int32) -> Int32 {
    switch color {
    case .standard: hasDefaultColors ? -1 : standard
    case .indexed(let index):
      capabilities.colors == .trueColor && index >= 16 ? packed(RGB(palette: index)) : Int32(index)
    case .rgb(let red, let green, let blue): packed(RGB(red, green, blue))
    }
  }

  /// A colour as entries for 24 bits take it. They take 0 to 7 for the palette's colours, whatever those are: the nearest
  /// colours that are not meant so differ by one step of green.
  private func packed(_ color: RGB) -> Int32 {
    let number = Int32(color.red) << 16 | Int32(color.green) << 8 | Int32(color.blue)
    return number < 8 ? number | 0x100 : number
  }

  private var keys = KeyReader()

  /// The next key that has been pressed, or what the mouse did; nil when there is nothing yet.
  public func nextKey() -> Key? {
    while true {
      if let key = keys.next() { return key }
      let code = convtop_key()
      if code == -1 { return keys.nextAtEnd() }
      keys.take(code)
    }
  }
}
