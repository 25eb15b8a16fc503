// The screen as files: its text, its text with colours, and a picture.

import Dashboard
import Foundation

enum SavedScreen {
  /// Writes `convtop-<view>-<number>.txt`, `.ansi` and `.png`, by the first number that is free.
  ///
  /// - Returns: what was written, in words.
  static func write(_ grid: Grid, in folder: String, view: ViewName, isLight: Bool) throws -> String {
    let manager = FileManager.default
    var number = 1
    func path(_ ending: String) -> String { "\(folder)/convtop-\(view)-\(number).\(ending)" }
    while ["txt", "ansi", "png"].contains(where: { manager.fileExists(atPath: path($0)) }) { number += 1 }
    try Data((grid.text + "\n").utf8).write(to: URL(fileURLWithPath: path("txt")))
    try Data(grid.ansi.utf8).write(to: URL(fileURLWithPath: path("ansi")))
    try ScreenPicture.encode(grid, isLight: isLight).write(to: URL(fileURLWithPath: path("png")))
    return "\(path("txt")), .ansi and .png"
  }
}
