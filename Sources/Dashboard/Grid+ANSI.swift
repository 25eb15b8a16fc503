// A grid as text with colours, for files and for terminals that are only written to.

extension Grid {
  /// The characters with SGR sequences, a line a row; a style is said where it changes.
  public var ansi: String {
    var text = ""
    for row in 0..<size.rows {
      var last = Style.plain
      for column in 0..<size.columns {
        let cell = self[column, row]
        if cell.style != last {
          text += "\u{1b}[\(cell.style.sgr)m"
          last = cell.style
        }
        text.unicodeScalars.append(cell.character)
      }
      if last != .plain { text += "\u{1b}[0m" }
      text += "\n"
    }
    return text
  }
}

extension Style {
  /// The numbers of its SGR sequence, from nothing on.
  fileprivate var sgr: String {
    var parts = ["0"]
    if isBold { parts.append("1") }
    if isReversed { parts.append("7") }
    for (color, kind) in [(foreground, 3), (background, 4)] {
      switch color {
      case .standard: break
      case .indexed(let index) where index < 8: parts.append("\(kind)\(index)")
      case .indexed(let index): parts.append("\(kind)8;5;\(index)")
      case .rgb(let red, let green, let blue): parts.append("\(kind)8;2;\(red);\(green);\(blue)")
      }
    }
    return parts.joined(separator: ";")
  }
}
