// What the net says of the probe image: a bar for each class.

import Telemetry

extension Pane {
  /// What the net says of the probe image.
  public static let prediction: Pane = Pane(
    name: "prediction", smallest: Size(16, 4),
    isWanted: \.trains,
    wish: { room, model in Wish(columns: 21, rows: min(model.run.classes.count + 1, max(4, room.rows / 2))) },
    need: { request, _, _ in request.wantsPrediction = true },
    draw: { $0.drawPrediction($1) },
    explain: { model in
      "How likely the net finds each class for \(model.probeName): green is the true one"
    })
}

extension Canvas {
  fileprivate mutating func drawPrediction(_ rect: Rect) {
    var at = title("Prediction", in: rect)
    guard let probe = model.snapshot?.probe, let prediction = probe.prediction else { return }
    let values = prediction.values
    let end = rect.column + rect.columns
    let best = values.indices.max { values[$0] < values[$1] }
    let verdict = best == probe.label ? "right" : "wrong"
    at = addToTitle(verdict, best == probe.label ? .barRight : .barWrong, column: at, end: end, row: rect.row)

    let shown = prediction.classes(inRows: rect.rows - 1, label: probe.label)
    if shown.count < values.count {
      at = addToTitle("\(shown.count) of \(values.count)", .faint, column: at, end: end, row: rect.row)
    }
    if let note = prediction.meaning.note { _ = addToTitle(note, .faint, column: at, end: end, row: rect.row) }
    drawClasses(prediction, label: probe.label, rect.dropping(rows: 1))
  }

  /// A bar for each class, or for the likeliest where there is no room for all.
  mutating func drawClasses(_ prediction: Prediction, label: Int, _ rect: Rect) {
    let values = prediction.values
    let shown = prediction.classes(inRows: rect.rows, label: label)
    if shown.count < values.count, rect.rows > 1 {
      write(
        "+ \(values.count - shown.count) more", .faint, column: rect.column + 2, row: rect.row + rect.rows - 1,
        limit: rect.columns - 2)
    }
    let best = values.indices.max { values[$0] < values[$1] }
    let nameWidth = min(11, max(4, rect.columns / 2 - 2))
    let barWidth = min(60, rect.columns - nameWidth - 8)
    for (offset, index) in shown.enumerated() where offset < rect.rows {
      let row = rect.row + offset
      let isLabel = index == label
      let name = className(index)
      // The true class is marked, whatever the colours.
      write(isLabel ? (model.capabilities.unicode ? "✓" : "*") : " ", .barRight, column: rect.column + 1, row: row)
      write(
        padRight(cut(name, nameWidth), nameWidth), isLabel ? .number : .text, column: rect.column + 2, row: row,
        limit: nameWidth)
      let role: Role = isLabel ? .barRight : index == best ? .barWrong : .barOther
      // A score has no bounds: 0 to 1 is what its loss compares it with.
      drawBar(
        Double(min(max(values[index], 0), 1)), role: role, column: rect.column + 3 + nameWidth, row: row,
        width: max(1, barWidth))
      writeRight(
        prediction.meaning.text(values[index]), .text, end: rect.column + nameWidth + 8 + barWidth, row: row)
    }
  }
}

extension Prediction {
  /// The classes that are listed in so many rows, in their own order: all of them, or else the likeliest, and always the true
  /// one, with a row left to say how many there are besides.
  func classes(inRows rows: Int, label: Int) -> [Int] {
    guard values.count > rows else { return Array(values.indices) }
    var kept = Array(values.indices.sorted { values[$0] > values[$1] }.prefix(max(1, rows - 1)))
    if !kept.contains(label), values.indices.contains(label) { kept[kept.count - 1] = label }
    return kept.sorted()
  }
}

extension Prediction.Meaning {
  fileprivate var note: String? {
    switch self {
    case .probabilities: nil
    case .independentProbabilities: "each by itself"
    case .scores: "scores"
    }
  }

  func text(_ value: Float) -> String {
    guard value.isFinite else { return "nan" }
    if self != .scores { return percent(Double(value), 0) }
    return abs(value) < 100 ? fixed(Double(value), 2) : formatNumber(value)
  }
}
