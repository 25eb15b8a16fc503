// What the net says of the probe image: a bar for each class.

import Training

extension Canvas {
  mutating func drawPrediction(_ rect: Rect) {
    let at = title(.prediction, "Prediction", in: rect)
    guard let probe = model.snapshot?.probe else { return }
    let end = rect.column + rect.columns
    let best = probe.probabilities.indices.max { probe.probabilities[$0] < probe.probabilities[$1] }
    let verdict = best == probe.label ? "right" : "wrong"
    _ = addToTitle(verdict, best == probe.label ? .barRight : .barWrong, column: at, end: end, row: rect.row)

    let rows = rect.rows - 1
    var shown = Array(probe.probabilities.indices)
    if shown.count > rows {
      // The likeliest, and always the true class, in the classes' own order.
      let byProbability = shown.sorted { probe.probabilities[$0] > probe.probabilities[$1] }
      var kept = Array(byProbability.prefix(max(1, rows)))
      if !kept.contains(probe.label) { kept[kept.count - 1] = probe.label }
      shown = kept.sorted()
    }
    let nameWidth = min(11, max(4, rect.columns / 2 - 2))
    let barWidth = rect.columns - nameWidth - 8
    for (offset, index) in shown.enumerated() where offset < rows {
      let row = rect.row + 1 + offset
      let probability = Double(probe.probabilities[index])
      let isLabel = index == probe.label
      let name = model.classes.indices.contains(index) ? model.classes[index] : "\(index)"
      // The true class is marked, whatever the colours.
      write(isLabel ? (model.capabilities.unicode ? "✓" : "*") : " ", .barRight, column: rect.column + 1, row: row)
      write(padRight(name, nameWidth), isLabel ? .number : .text, column: rect.column + 2, row: row, limit: nameWidth)
      let role: Role = isLabel ? .barRight : index == best ? .barWrong : .barOther
      drawBar(probability, role: role, column: rect.column + 3 + nameWidth, row: row, width: max(1, barWidth))
      let percent = probability.isFinite ? "\(Int((probability * 100).rounded()))%" : "nan"
      writeRight(percent, .text, end: end, row: row)
    }
  }
}
