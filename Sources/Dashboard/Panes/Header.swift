// The top two rows: the views, and which run, in which state, how far and how fast.

import Telemetry

/// A tab of the top row.
struct Tab {
  let view: ViewName
  let text: String
  let rect: Rect
}

extension Canvas {
  /// The tabs in their places; where there is room for it, with their keys.
  func tabs(in rect: Rect) -> [Tab] {
    let hasKeys = rect.columns >= 100
    var at = rect.column + (hasKeys ? 10 : 9)
    return ViewName.shown(in: model).map { view in
      let text = hasKeys ? " F\(view.number) \(view.title) " : " \(view.title) "
      defer { at += text.count }
      return Tab(view: view, text: text, rect: Rect(column: at, row: rect.row, columns: text.count, rows: 1))
    }
  }

  mutating func drawHeader(_ rect: Rect) {
    write(" convtop ", .brand, column: rect.column, row: rect.row)
    let tabs = tabs(in: rect)
    for tab in tabs {
      let isHere = tab.view == model.state.view
      // Without colours or reversal the present one is told by its brackets.
      let text = isHere && !model.capabilities.unicode ? "[\(tab.text.dropFirst().dropLast())]" : tab.text
      write(text, isHere ? .selected : .tab, column: tab.rect.column, row: rect.row)
    }
    drawState(after: tabs.last.map { $0.rect.column + $0.rect.columns } ?? 0, rect)
    let row = rect.row + 1
    if model.trains { drawProgress(rect, row: row) } else { drawLookedAt(row: row) }
  }

  /// What the run is doing, at the right.
  private mutating func drawState(after column: Int, _ rect: Rect) {
    guard model.trains else { return }
    let status = model.status
    let isDiverged = model.divergence != nil
    let isReplaying = status.newest != nil && status.phase == .running
    let word = isDiverged ? "diverged" : isReplaying ? "replaying" : status.phase.rawValue
    var text = "\(stateMark(status.phase)) \(word)"
    let end = rect.column + rect.columns - 1
    func add(_ more: String) { if column + 1 + text.count + more.count <= end { text += more } }
    if status.storageFault != nil { add("  not saved") }
    if model.access != .own { add(model.access == .readOnly ? "  read only" : "  attached") }
    if let validation = status.validation { add("  validating \(Int(validation * 100))%") }
    writeRight(text, isDiverged ? .failed : stateRole(status.phase), end: end, row: rect.row)
  }

  /// The run's name and its progress: the bar takes what is left; on a narrow screen the least of it goes first.
  private mutating func drawProgress(_ rect: Rect, row: Int) {
    let status = model.status
    let fraction = status.steps > 0 ? Double(status.step) / Double(status.steps) : 0
    let hasSpeed = status.imagesPerSecond > 0 && status.imagesPerSecond < 1e12
    let name = "\(model.run.name)\(" on ")\(model.run.dataset)"
    var tail = ["\(Int(fraction * 100))%", "\(hasSpeed ? grouped(Int(status.imagesPerSecond)) : "–") images/s"]
    if status.pace != .full { tail.insert("\(status.pace.isSlow ? "" : "at most ")\(status.pace)", at: 1) }
    if let left = status.secondsLeft, status.phase != .finished { tail.append("\(formatDuration(left)) left") }
    tail.append("learning rate \(status.learningRate)")
    // In the past it is the newest step that matters, not the last one that will be.
    let step = status.newest.map { "\(grouped(status.step)), replayed (newest \(grouped($0.step)))" }
    let place = step ?? "\(status.step)/\(status.steps)"
    let head = " \(name)  epoch \(status.epoch)/\(status.epochs)  step \(place)  "
    func width() -> Int { head.count + 8 + tail.reduce(0) { $0 + $1.count + 2 } }
    while tail.count > 1 && width() > rect.columns { tail.removeLast() }
    var at = write(" \(model.run.name)", .number, column: rect.column, row: row)
    at = write(" on ", .faint, column: at, row: row)
    at = write(model.run.dataset, .text, column: at, row: row)
    at = write("  epoch ", .faint, column: at, row: row)
    at = write("\(status.epoch)/\(status.epochs)", .number, column: at, row: row)
    at = write("  step ", .faint, column: at, row: row)
    at = write(place, step == nil ? .number : .paused, column: at, row: row)
    let tailWidth = tail.reduce(0) { $0 + $1.count + 2 }
    let bar = max(0, min(60, rect.columns - at - 3 - tailWidth))
    drawProgress(fraction, column: at + 2, row: row, width: bar)
    at += 2 + bar
    for text in tail { at = write("  \(text)", .text, column: at, row: row, limit: rect.columns - at) }
  }

  /// Which image a model that trains nothing looks at.
  private mutating func drawLookedAt(row: Int) {
    var at = write(" \(model.run.name)", .number, column: 0, row: row)
    at = write(" on ", .faint, column: at, row: row)
    at = write("\(model.run.dataset)", .text, column: at, row: row)
    at = write("  nothing trains here; image ", .faint, column: at, row: row)
    let end = write("\(grouped(model.state.probe)) of \(grouped(model.run.probes))", .number, column: at, row: row)
    guard let label = model.snapshot?.probe.label, model.run.classes.indices.contains(label) else { return }
    write(", \(model.run.classes[label])", .text, column: end, row: row)
  }

  private func stateMark(_ state: RunPhase) -> String {
    guard model.capabilities.unicode else { return "*" }
    return switch state {
    case .running: "▶"
    case .seeking: "◀"
    case .finished: "✓"
    case .failed: "✗"
    case .idle, .pausing, .paused: "‖"
    }
  }

  private func stateRole(_ state: RunPhase) -> Role {
    switch state {
    case .running, .seeking: .running
    case .finished: .finished
    case .failed: .failed
    case .idle, .pausing, .paused: .paused
    }
  }

  /// What went wrong, on a row of its own.
  mutating func drawBanner(_ rect: Rect) {
    for (index, line) in Dashboard.bannerLines(model, width: rect.columns).enumerated() {
      grid.fill(
        Rect(column: rect.column, row: rect.row + index, columns: rect.columns, rows: 1), Cell(" ", theme[.banner]))
      write(line, .banner, column: rect.column + 1, row: rect.row + index)
    }
  }
}
