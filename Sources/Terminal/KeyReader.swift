// What ncurses reads, as keys: some of what a terminal says takes several characters.

import CNcurses
import Dashboard

/// Puts together what arrives character by character; what breaks off goes on with the next reading.
struct KeyReader {
  /// What the terminal is in the middle of saying.
  private enum Report {
    /// An escape: a key, unless more of it follows at once.
    case escape
    /// What the mouse did: `0;12;7M` so far.
    case mouse(String)
    /// An answer that came too late, up to its end.
    case answer
    /// A key that is not known here: `ESC [`, numbers and semicolons, and a letter or a tilde.
    case unknown
  }
  private var report: Report?
  /// Whether a late answer is that about colours, whose digits may be c.
  private var isInColor = false
  private var ready: [Key] = []

  /// The next of the keys that are complete.
  mutating func next() -> Key? { ready.isEmpty ? nil : ready.removeFirst() }

  /// The same where nothing more has arrived: an escape is a key by itself then.
  mutating func nextAtEnd() -> Key? {
    if case .escape = report {
      report = nil
      ready.append(.escape)
    }
    return next()
  }

  /// Takes the next code of ncurses.
  mutating func take(_ code: Int32) {
    if case .escape = report {
      report = code == 0x5b ? .unknown : nil
      if code == 0x5b { return }
      ready.append(.escape)
    }
    switch Int(code) {
    case convtop_key_mouse: report = .mouse("")
    case convtop_key_answer: report = .answer
    default:
      if report != nil, let scalar = Unicode.Scalar(UInt32(truncatingIfNeeded: code)) {
        if let mouse = goOn(scalar) { ready.append(.mouse(mouse)) }
      } else if code == 27 {
        report = .escape
      } else if let key = KeyReader.key(code) {
        ready.append(key)
      }
    }
  }

  /// Takes one more character of what the terminal says, and gives what the mouse did once that is complete.
  private mutating func goOn(_ scalar: Unicode.Scalar) -> Mouse? {
    switch report {
    case .mouse(var text):
      text.unicodeScalars.append(scalar)
      let isOver = scalar == "M" || scalar == "m"
      // A button and two numbers are short; what is longer, or has other characters, is no report.
      let isSound = text.count < 24 && (isOver || scalar == ";" || ("0"..."9").contains(scalar))
      report = isOver || !isSound ? nil : .mouse(text)
      return isOver ? Mouse(report: text) : nil
    case .answer:
      // `rgb:1e1e/1e1e/1e1e` and a bell or ESC \, or `62;22c`.
      if ["\u{7}", "\\", "c"].contains(scalar) && !(scalar == "c" && isInColor) { report = nil }
      isInColor = report != nil && (scalar == "r" || isInColor)
      return nil
    case .unknown:
      // Parameters and what stands between them and the end are below "@"; another escape breaks it off.
      if scalar.value >= 0x40 { report = nil } else if scalar.value == 27 { report = .escape }
      return nil
    case .escape, nil: return nil
    }
  }

  private static func key(_ code: Int32) -> Key? {
    let functions = convtop_key_function + 1...convtop_key_function + 12
    if functions.contains(Int(code)) { return .function(Int(code) - convtop_key_function) }
    return switch Int(code) {
    case convtop_key_up: .up
    case convtop_key_down: .down
    case convtop_key_left: .left
    case convtop_key_right: .right
    case convtop_key_back_tab: .backTab
    case convtop_key_enter, 10, 13: .enter
    case convtop_key_page_up: .pageUp
    case convtop_key_page_down: .pageDown
    case convtop_key_home: .home
    case convtop_key_end: .end
    case convtop_key_backspace, 127, 8: .backspace
    case convtop_key_delete: .delete
    case 9: .tab
    case 32..<0x110000: Unicode.Scalar(UInt32(code)).map { .character(Character($0)) }
    default: nil
    }
  }
}
