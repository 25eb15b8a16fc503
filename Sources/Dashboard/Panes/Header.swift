// The top two rows: which run, on which data, in which state, how far and how fast.

import Training

extension Canvas {
  mutating func drawHeader(_ rect: Rect) {
    let status = model.status
    var at = write(" convtop ", .brand, column: rect.column, row: rect.row)
    at = write("  \(model.runName)", .number, column: at, row: rect.row)
    at = write(" on ", .faint, column: at, row: rect.row)
    at = write(model.datasetName, .text, column: at, row: rect.row)
    guard model.trains else { return drawLookedAt(row: rect.row + 1) }
    at = write("  \(stateMark(status.state)) ", stateRole(status.state), column: at, row: rect.row)
    at = write(status.state.rawValue, stateRole(status.state), column: at, row: rect.row)
    if let validation = status.validation {
      at = write("  validating \(Int(validation * 100))%", .faint, column: at, row: rect.row)
    }
    let rate = "learning rate \(status.learningRate)"
    if at + 2 + rate.count <= rect.columns - 1 { writeRight(rate, .faint, end: rect.columns - 1, row: rect.row) }

    let row = rect.row + 1
    at = write(" epoch ", .faint, column: 0, row: row)
    at = write("\(status.epoch)/\(status.epochs)", .number, column: at, row: row)
    at = write("  step ", .faint, column: at, row: row)
    at = write("\(status.step)/\(status.steps)", .number, column: at, row: row)
    let fraction = status.steps > 0 ? Double(status.step) / Double(status.steps) : 0
    let left = status.secondsLeft.map { status.state == .finished ? "" : "  \(formatDuration($0)) left" } ?? ""
    let hasSpeed = status.imagesPerSecond > 0 && status.imagesPerSecond < 1e12
    let speed = hasSpeed ? "\(grouped(Int(status.imagesPerSecond))) images/s" : "– images/s"
    let tail = " \(padLeft("\(Int(fraction * 100))%", 4))  \(speed)\(left)"
    let width = min(60, rect.columns - at - 2 - tail.count - 1)
    drawProgress(fraction, column: at + 2, row: row, width: width)
    write(tail, .text, column: at + 2 + max(0, width), row: row)
  }

  /// Which image a model that trains nothing looks at.
  private mutating func drawLookedAt(row: Int) {
    let at = write(" nothing trains here; image ", .faint, column: 0, row: row)
    let end = write("\(grouped(model.state.probe)) of \(grouped(model.probes))", .number, column: at, row: row)
    guard let label = model.snapshot?.probe.label, model.classes.indices.contains(label) else { return }
    write(", \(model.classes[label])", .text, column: end, row: row)
  }

  private func stateMark(_ state: TrainerState) -> String {
    guard model.capabilities.unicode else { return "*" }
    return switch state {
    case .running: "▶"
    case .finished: "✓"
    case .failed: "✗"
    case .idle, .pausing, .paused: "‖"
    }
  }

  private func stateRole(_ state: TrainerState) -> Role {
    switch state {
    case .running: .running
    case .finished: .finished
    case .failed: .failed
    case .idle, .pausing, .paused: .paused
    }
  }

  /// A bar of `width` cells, filled from the left.
  mutating func drawProgress(_ fraction: Double, column: Int, row: Int, width: Int) {
    guard width > 0 else { return }
    drawBar(fraction, role: .progressDone, column: column, row: row, width: width)
    let filled = barCells(fraction, width)
    for x in filled..<width { grid[column + x, row] = Cell(glyphs.barEmpty, theme[.progressLeft]) }
  }

  /// A bar's length in eighths of a cell; a fraction that is not a number has none.
  private func barEighths(_ fraction: Double, _ width: Int) -> Int {
    guard fraction.isFinite else { return 0 }
    return Int((min(1, max(0, fraction)) * Double(width) * 8).rounded())
  }

  /// How many cells a bar touches.
  private func barCells(_ fraction: Double, _ width: Int) -> Int {
    let eighths = barEighths(fraction, width)
    return glyphs.barEighths.isEmpty ? (eighths + 4) / 8 : (eighths + 7) / 8
  }

  /// The filled part of a bar.
  mutating func drawBar(_ fraction: Double, role: Role, column: Int, row: Int, width: Int) {
    let eighths = barEighths(fraction, width)
    for x in 0..<barCells(fraction, width) {
      let part = eighths - 8 * x
      let character = part >= 8 || glyphs.barEighths.isEmpty ? glyphs.barFull : glyphs.barEighths[max(0, part - 1)]
      grid[column + x, row] = Cell(character, theme[role])
    }
  }

  mutating func drawNotice(_ rect: Rect) {
    let role: Role = model.status.failure != nil ? .failed : .warning
    for (index, line) in Dashboard.noticeLines(model, width: rect.columns).enumerated() {
      write(line, role, column: rect.column + 1, row: rect.row + index)
    }
  }
}

/// `53,512`
func grouped(_ value: Int) -> String {
  var digits = String(abs(value))
  var parts: [String] = []
  while digits.count > 3 {
    parts.insert(String(digits.suffix(3)), at: 0)
    digits = String(digits.dropLast(3))
  }
  return (value < 0 ? "-" : "") + ([digits] + parts).joined(separator: ",")
}

/// `1h 02m`, `3m 07s`, `12s`.
public func formatDuration(_ seconds: Double) -> String {
  guard seconds.isFinite else { return "?" }
  let total = Int(min(max(0, seconds), 359_999).rounded())
  func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
  if total >= 3600 { return "\(total / 3600)h \(two(total / 60 % 60))m" }
  return total >= 60 ? "\(total / 60)m \(two(total % 60))s" : "\(total)s"
}

/// Spaces before a text, to so many columns.
func padLeft(_ text: String, _ width: Int) -> String {
  String(repeating: " ", count: max(0, width - text.count)) + text
}

/// Spaces after a text, or its beginning, in exactly so many columns.
func padRight(_ text: String, _ width: Int) -> String {
  let cut = text.prefix(max(0, width))
  return cut + String(repeating: " ", count: max(0, width - cut.count))
}
