// Asking a terminal for its background colour.

import CNcurses
import Glibc

/// Whether a terminal's background is light, by its own answer.
enum TerminalBackground {
  /// Longer than this nobody waits for an answer, in all.
  private static let timeLimit = Duration.milliseconds(300)

  /// Asks for the background (OSC 11) and then for the kind of terminal (DA 1), which every terminal answers: an answer to
  /// the second without one to the first is a no, and nothing is waited for.
  ///
  /// What was typed meanwhile is lost; what is answered later, `Screen` leaves out. Must come before ncurses reads.
  ///
  /// - Returns: nil when the terminal does not say.
  static func ask(_ type: String) -> Bool? {
    // Others would show the question, or do not know colours.
    let knows = [
      "xterm", "screen", "tmux", "rxvt", "konsole", "vte", "alacritty", "kitty", "foot", "wezterm", "iterm", "st-",
    ]
    guard knows.contains(where: { type.hasPrefix($0) }), isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else {
      return nil
    }
    var before = termios()
    guard tcgetattr(STDIN_FILENO, &before) == 0 else { return nil }
    var raw = before
    raw.c_lflag &= ~tcflag_t(ICANON | ECHO)
    guard tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0 else { return nil }
    defer { tcsetattr(STDIN_FILENO, TCSANOW, &before) }
    let question = "\u{1b}]11;?\u{1b}\\\u{1b}[c"
    guard write(STDOUT_FILENO, question, question.utf8.count) == question.utf8.count else { return nil }
    var answer: [UInt8] = []
    let end = ContinuousClock.now + timeLimit
    while answer.count < 256, !isComplete(answer) {
      let left = end - ContinuousClock.now
      guard left > .zero else { break }
      var descriptor = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
      let ready = poll(&descriptor, 1, Int32(left.components.attoseconds / 1_000_000_000_000_000) + 1)
      if ready < 0 && errno == EINTR { continue }
      guard ready > 0 else { break }
      var bytes = [UInt8](repeating: 0, count: 64)
      let count = read(STDIN_FILENO, &bytes, bytes.count)
      guard count > 0 else { break }
      answer += bytes.prefix(count)
    }
    return isLight(answer)
  }

  /// Whether the answer to the second question is there: `ESC [ ?`, numbers, `c`.
  static func isComplete(_ answer: [UInt8]) -> Bool {
    let text = String(decoding: answer, as: UTF8.self)
    guard let start = text.firstRange(of: "\u{1b}[?") else { return false }
    return text[start.upperBound...].first { !$0.isNumber && $0 != ";" } == "c"
  }

  /// Reads `ESC ] 11 ; rgb:RRRR/GGGG/BBBB`, each of one to four hexadecimal digits; nil for anything else.
  static func isLight(_ answer: [UInt8]) -> Bool? {
    let text = String(decoding: answer, as: UTF8.self)
    guard let start = text.firstRange(of: "]11;rgb:") else { return nil }
    let channels = text[start.upperBound...].prefix { $0.isHexDigit || $0 == "/" }.split(separator: "/")
    guard channels.count == 3 else { return nil }
    let levels = channels.compactMap { channel -> Double? in
      guard (1...4).contains(channel.count), let value = Int(channel, radix: 16) else { return nil }
      return Double(value) / Double(1 << (4 * channel.count) - 1)
    }
    guard levels.count == 3 else { return nil }
    return 0.2126 * levels[0] + 0.7152 * levels[1] + 0.0722 * levels[2] > 0.5
  }
}
