// Why a filter moved: the images whose losses pushed it most, and those that held it back.

import Telemetry

extension Pane {
  public static let causes: Pane = Pane(
    name: "causes", smallest: Size(44, 9),
    isWanted: { $0.trains && $0.selectedLayer?.filters != nil },
    wish: { room, _ in Wish(rows: room.rows * 2 / 5) },
    need: { request, model, _ in
      request.causes = CauseRequest(filter: model.state.filter, steps: model.state.glass.causeSteps)
    },
    draw: { $0.drawCauses($1) },
    explain: { model in
      let steps = model.state.glass.causeSteps
      return "Each image's own gradient at filter \(model.state.filter), projected on what "
        + "\(steps == 1 ? "the last step" : "the last \(grouped(steps)) steps") added to it; all together are the whole"
    },
    keys: [KeyBinding.filterBefore, KeyBinding.filterAfter, KeyBinding.layerAbove, KeyBinding.layerBelow])
}

extension Canvas {
  fileprivate mutating func drawCauses(_ rect: Rect) {
    guard let layer = model.selectedLayer else { return }
    let end = rect.column + rect.columns
    let at = title("Why filter \(model.state.filter) of \(layer.name) moved", in: rect)
    let inside = rect.belowTitle
    guard layer.filters != nil else {
      write("\(layer.name) has no weights; [ ] choose another layer", .faint, column: inside.column, row: inside.row)
      return
    }
    guard !model.status.phase.isUnderWay, let causes = model.currentSnapshot?.causes,
      causes.request.filter == model.state.filter
    else { return drawExamination(inside) }
    let steps =
      causes.steps.count == 1
      ? "in step \(grouped(causes.steps.upperBound))"
      : "in steps \(grouped(causes.steps.lowerBound))–\(grouped(causes.steps.upperBound))"
    _ = addToTitle(steps, .number, column: at, end: end, row: rect.row)
    guard causes.figures.range.nonFinite == 0, causes.sum.isFinite else {
      write("what was added is no number any more", .failed, column: inside.column, row: inside.row)
      return
    }
    guard causes.figures.norm > 0 else {
      write("it did not move", .faint, column: inside.column, row: inside.row)
      return
    }
    // What was added at the left, where the images leave room for it.
    var room = inside
    let images = 5 * (TileScale.mean(2).cells(height: model.run.image[1], width: model.run.image[2]).columns + 1)
    let spare = inside.columns - images - 2
    if spare >= 12, let tile = causes.movement.first {
      let columns = min(spare, inside.columns / 5)
      write("what was added", .faint, column: inside.column, row: inside.row + 1, limit: columns)
      drawTile(
        tile, model.shading(causes.figures.range, isSigned: true),
        in: Rect(column: inside.column, row: inside.row + 2, columns: columns, rows: inside.rows - 3))
      room = inside.dropping(columns: columns + 2)
    }
    let along =
      "norm \(formatNumber(Float(causes.figures.norm))) · "
      + "along the gradient \(percent(causes.alignment, 0)) · \(grouped(causes.images)) images"
    write(
      along.replacing("-", with: glyphs.minus), .text, column: inside.column, row: inside.row, limit: inside.columns)
    let rows = (room.rows - 2) / 2
    drawCauses(
      "moved it most", causes.most,
      Rect(column: room.column, row: room.row + 1, columns: room.columns, rows: rows))
    drawCauses(
      "held it back most", causes.least,
      Rect(column: room.column, row: room.row + 1 + rows, columns: room.columns, rows: rows))
    let shown = (causes.most + causes.least).reduce(0) { $0 + $1.share }
    let others = causes.images - causes.most.count - causes.least.count
    var sum = "the other \(grouped(others)) \(share(causes.sum - shown)), all together \(share(causes.sum))"
    if causes.sum < 0 { sum += ": it was earlier steps that moved it" }
    write(sum, .number, column: inside.column, row: inside.row + inside.rows - 1, limit: inside.columns)
  }

  /// Images side by side, each with its share above it.
  private mutating func drawCauses(_ caption: String, _ causes: [CausePictures.Cause], _ room: Rect) {
    let image = model.run.image
    let geometry = TileGeometry(count: causes.count, tiles: 1, height: image[1], width: image[2])
    // The shares come before the words, and before a larger picture.
    let scales = [TileScale.zoom(2), .zoom(1)] + [2, 3, 4, 6, 8, 12, 16].map(TileScale.mean)
    let arrangements = scales.compactMap { TileArrangement(geometry, in: room.size, scale: $0) }
    guard let arrangement = arrangements.first(where: { $0.hasCaptions && $0.capacity >= causes.count }) else { return }
    let hasWords = arrangement.tile.rows + 1 < room.rows
    if hasWords { write(caption, .faint, column: room.column, row: room.row, limit: room.columns) }
    let range = ValueRange(of: causes.map(\.image))
    for (place, cause) in causes.enumerated() {
      let origin = arrangement.origin(place)
      let (column, row) = (room.column + origin.column, room.row + origin.row + (hasWords ? 1 : 0))
      drawImage(cause.image, range, arrangement.scale, column: column, row: row)
      // A name that is cut to a letter or two says nothing.
      let (part, width) = (share(cause.share), arrangement.tile.columns)
      let text = width >= part.count + 4 ? "\(part) \(className(cause.image.label))" : part
      write(text, cause.share < 0 ? .barWrong : .barRight, column: column, row: row - 1, limit: width)
    }
  }

  private func share(_ value: Double) -> String {
    let text = percent(value, abs(value) < 0.995 ? 1 : 0)
    return value < 0 ? text.replacing("-", with: glyphs.minus) : "+\(text)"
  }
}
