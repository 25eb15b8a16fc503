// The top two rows: which run, on which data, in which state, how far and how fast.

import Telemetry

extension Canvas {
  mutating func drawHeader(_ rect: Rect) {
    let status = model.status
    var at = write(" convtop ", .brand, column: rect.column, row: rect.row)
    at = write("  \(model.run.name)", .number, column: at, row: rect.row)
    at = write(" on ", .faint, column: at, row: rect.row)
    at = write(model.run.dataset, .text, column: at, row: rect.row)
    guard model.trains else { return drawLookedAt(row: rect.row + 1) }
    at = write("  \(stateMark(status.phase)) ", stateRole(status.phase), column: at, row: rect.row)
    at = write(status.phase.rawValue, stateRole(status.phase), column: at, row: rect.row)
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
    let left = status.secondsLeft.map { status.phase == .finished ? "" : "  \(formatDuration($0)) left" } ?? ""
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
    let end = write("\(grouped(model.state.probe)) of \(grouped(model.run.probes))", .number, column: at, row: row)
    guard let label = model.snapshot?.probe.label, model.run.classes.indices.contains(label) else { return }
    write(", \(model.run.classes[label])", .text, column: end, row: row)
  }

  private func stateMark(_ state: RunPhase) -> String {
    guard model.capabilities.unicode else { return "*" }
    return switch state {
    case .running: "▶"
    case .finished: "✓"
    case .failed: "✗"
    case .idle, .pausing, .paused: "‖"
    }
  }

  private func stateRole(_ state: RunPhase) -> Role {
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
