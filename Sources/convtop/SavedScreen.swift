// The screen as files: its text, and its text with colours.

import Dashboard
import Foundation

enum SavedScreen {
  /// Writes `convtop-<view>-<number>.txt` and `.ansi`, by the first number that is free.
  ///
  /// - Returns: what was written, in words.
  static func write(_ grid: Grid, in folder: String, view: ViewName) throws -> String {
    let manager = FileManager.default
    var number = 1
    func path(_ ending: String) -> String { "\(folder)/convtop-\(view)-\(number).\(ending)" }
    while manager.fileExists(atPath: path("txt")) || manager.fileExists(atPath: path("ansi")) { number += 1 }
    try Data((grid.text + "\n").utf8).write(to: URL(fileURLWithPath: path("txt")))
    try Data(grid.ansi.utf8).write(to: URL(fileURLWithPath: path("ansi")))
    return "\(path("txt")) and .ansi"
  }
}
