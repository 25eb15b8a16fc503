// The runs side by side in a table, and which of them is ahead; and in short on a line at the top.

import Telemetry

extension Pane {
  public static let lanes: Pane = Pane(
    name: "lanes", smallest: Size(40, 5),
    wish: { _, model in Wish(rows: model.lanes.count + 4) },
    draw: { $0.drawLanes($1) },
    explain: { model in
      model.hasRivals
        ? "A run and its forks, taking turns on the same threads: ; shows the next, Space runs or pauses all"
        : "Runs side by side are compared here: f begins a fork of this one"
    },
    target: { model, rect, point in
      let index = point.row - rect.row - 2
      guard model.hasRivals, model.lanes.indices.contains(index) else { return nil }
      return Target(label: "run \(model.lanes[index].letter)", press: .lane(index)) { _ in }
    })
}

/// A run's tab on the line of runs.
struct LaneTab {
  let lane: Int
  let text: String
  let rect: Rect
}

extension Canvas {
  fileprivate mutating func drawLanes(_ rect: Rect) {
    _ = title("Runs side by side", in: rect)
    let inside = rect.belowTitle
    guard model.hasRivals else {
      write("f forks the run where it stands", .faint, column: inside.column, row: inside.row)
      return
    }
    let name = max(8, inside.columns - 48)
    write(
      "  " + padRight("differs in", name) + padLeft("step", 8) + padLeft("loss", 9)
        + padLeft("\(model.run.validation)", 9) + "  state", .faint, column: inside.column, row: inside.row,
      limit: inside.columns)
    for (index, lane) in model.lanes.enumerated() {
      let (status, row) = (lane.status, inside.row + 1 + index)
      let loss = status.lastStep.map { fixed($0.loss, 3) } ?? "–"
      let accuracy = status.lastEpoch.map { percent($0.validationAccuracy, 2) } ?? "–"
      let word = status.divergedAt != nil ? "diverged" : status.stop != nil ? "stopped" : status.phase.rawValue
      write("\(lane.letter) ", role(ofLane: index), column: inside.column, row: row)
      write(
        padRight(lane.title, name) + padLeft(grouped(status.step), 8) + padLeft(loss, 9) + padLeft(accuracy, 9)
          + "  \(word)", index == model.lane ? .number : .text, column: inside.column + 2, row: row,
        limit: inside.columns - 2)
    }
    let verdict = model.verdict ?? "who is ahead is said once all have validated the same epoch"
    let first = inside.row + 1 + model.lanes.count
    for (offset, line) in wrap(glyphs.adapt(verdict), width: inside.columns).enumerated()
    where first + offset < inside.row + inside.rows {
      write(line, model.verdict == nil ? .faint : .warning, column: inside.column, row: first + offset)
    }
  }

  /// The colour of a run's curves.
  func role(ofLane index: Int) -> Role {
    guard index != model.lane else { return .trainCurve }
    return ChartLayers.role(ofOther: index < model.lane ? index : index - 1).role
  }

  /// The runs on a line of their own.
  func laneTabs(in rect: Rect) -> [LaneTab] {
    var at = rect.column + 1
    return model.lanes.enumerated().map { index, lane in
      let accuracy = lane.status.lastEpoch.map { " \(percent($0.validationAccuracy, 1))" } ?? ""
      let title = lane.title.count > 28 ? "\(lane.title.prefix(27))…" : lane.title
      let text = glyphs.adapt(
        " \(lane.letter) \(rect.columns < 100 ? "" : "\(title) ")\(grouped(lane.status.step))\(accuracy) ")
      defer { at += text.unicodeScalars.count + 1 }
      return LaneTab(
        lane: index, text: text, rect: Rect(column: at, row: rect.row, columns: text.unicodeScalars.count, rows: 1))
    }
  }

  /// The line of runs, with the verdict where there is room for it.
  mutating func drawLaneTabs(_ rect: Rect) {
    guard rect.rows > 0 else { return }
    var at = rect.column + 1
    for tab in laneTabs(in: rect) {
      let isHere = tab.lane == model.lane
      write(tab.text, isHere ? .selected : role(ofLane: tab.lane), column: tab.rect.column, row: rect.row)
      at = tab.rect.column + tab.rect.columns + 1
    }
    guard let verdict = model.verdict else { return }
    let room = rect.column + rect.columns - at - 1
    let text = glyphs.adapt(verdict)
    if room > 20 {
      write(text.count <= room ? text : "\(text.prefix(room - 1))…", .warning, column: at + 1, row: rect.row)
    }
  }
}
