// What comes from the terminal: keys and the mouse.

import Telemetry

/// A key as the terminal delivers it, or something that the mouse did.
public enum Key: Hashable, Sendable {
  case character(Character)
  case up, down, left, right
  case pageUp, pageDown, home, end
  case tab, backTab
  case enter, escape, backspace, delete
  /// F1 is 1.
  case function(Int)
  case mouse(Mouse)
}

/// Something that the mouse did, and where.
public struct Mouse: Hashable, Sendable {
  public enum Action: Hashable, Sendable {
    case press, drag, release, wheelUp, wheelDown
  }
  public let action: Action
  public let point: Point

  public init(_ action: Action, _ point: Point) { (self.action, self.point) = (action, point) }

  /// What a terminal reports behind `ESC [ <`: `0;12;7M`, the button with its modifiers, column and row from 1, and M for a
  /// button that is down; nil for what is no report, or of another button.
  public init?(report: String) {
    guard let last = report.last, last == "M" || last == "m" else { return nil }
    let numbers = report.dropLast().split(separator: ";", omittingEmptySubsequences: false).map { Int($0) }
    guard numbers.count == 3, let button = numbers[0], let column = numbers[1], let row = numbers[2], column > 0,
      row > 0,
      column < 10_000, row < 10_000
    else { return nil }
    // Shift, Alt and Control are bits 2 to 4, motion is bit 5.
    let action: Action
    switch (button & ~0b1_1100, last) {
    case (0, "M"): action = .press
    case (0, "m"), (3, _): action = .release
    case (32, "M"): action = .drag
    case (64, "M"): action = .wheelUp
    case (65, "M"): action = .wheelDown
    default: return nil
    }
    self.init(action, Point(column: column - 1, row: row - 1))
  }
}

/// What a key asks of the world outside the screen.
public enum Effect: Hashable, Sendable {
  case none
  case command(RunCommand)
  /// Writes the screen to files.
  case save
  /// Forks the run where it stands, and shows the fork beside it: what differs, and the layers that are frozen from there on.
  case fork(overrides: [String], frozen: [String])
  /// Shows another of the runs side by side.
  case lane(Int)
  /// Leaves the screen, and has the run go on without it.
  case detach
  case quit
}
