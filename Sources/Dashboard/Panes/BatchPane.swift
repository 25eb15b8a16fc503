// A step's images, what the net loses most on first: the batch under the glass.

import Telemetry

extension Pane {
  /// The images of the last step, or of the one that the run has stopped before, in a grid.
  public static let batch: Pane = Pane(
    name: "batch", smallest: Size(30, 8),
    isWanted: \.trains,
    need: { request, model, rect in
      let page = batchPage(model, rect)
      request.wantGlass(model) { $0.images = page }
    },
    draw: { $0.drawBatch($1) },
    explain: { model in
      guard let chosen = model.glass?.chosen, let loss = chosen.loss else {
        return "The step's images, with the loss on each and what the net takes it for, the largest loss first"
      }
      let taken = chosen.predicted.map(model.className) ?? "nothing"
      let verdict = chosen.predicted == chosen.label ? "found right" : "taken for \(taken)"
      return
        "Training image \(grouped(chosen.index)): \(model.className(chosen.label)), \(verdict), loss \(fixed(loss, 3)); Enter shows "
        + "the net through it"
    },
    open: { state, context in
      guard let chosen = context.model.glass?.chosen else { return .none }
      state.trainingProbe = chosen.index
      state.go(.network)
      return .none
    },
    scroll: { state, context, notches in
      let rect = Layout(context.size, context.model)?.panes[.batch]
      let arrangement = rect.flatMap { imageArrangement(context.model, $0) }
      state.glass.move(notches * (arrangement?.stripsAcross ?? 1), context.model)
    },
    target: { model, rect, point in
      guard let arrangement = imageArrangement(model, rect),
        let strip = arrangement.strip(at: point, in: rect.belowTitle)
      else { return nil }
      let place = batchPage(model, rect).lowerBound + strip
      guard place < model.glass?.total ?? 0 else { return nil }
      return Target(label: "image \(place) of the batch") { $0.glass.image = place }
    })

  fileprivate static func batchPage(_ model: DashboardModel, _ rect: Rect) -> Range<Int> {
    imageArrangement(model, rect)?.page(holding: model.state.glass.image, of: model.glass?.total ?? 1 << 16) ?? 0..<0
  }
}

extension GlassChoice {
  /// Chooses another image of the batch.
  mutating func move(_ count: Int, _ model: DashboardModel) {
    image = max(0, min(image + count, (model.glass?.total ?? 1) - 1))
  }
}

extension DashboardModel {
  /// What is known of the step that is looked at, while the run rests.
  var glass: GlassPictures? { status.phase.isUnderWay ? nil : snapshot?.glass }
}

extension PictureRequest {
  /// Asks for a part of a step from within; there is an answer while the run rests.
  mutating func wantGlass(_ model: DashboardModel, _ want: (inout GlassRequest) -> Void) {
    let choice = model.state.glass
    var request =
      glass
      ?? GlassRequest(
        stage: choice.stage, layer: model.state.layer, image: choice.image, images: 0..<0, tiles: 0..<0)
    want(&request)
    glass = request
  }
}

extension Canvas {
  fileprivate mutating func drawBatch(_ rect: Rect) {
    let place = model.glass.map { "Batch of step \(grouped($0.step))" } ?? "Batch"
    var at = title(place, in: rect)
    let inside = rect.belowTitle
    guard let glass = model.glass else { return drawExamination(inside) }
    let end = rect.column + rect.columns
    let first = glass.request.images.lowerBound
    if glass.images.count < glass.total {
      at = addToTitle(
        "\(first)–\(first + glass.images.count - 1) of \(glass.total)", .faint, column: at, end: end, row: rect.row)
    }
    at = addToTitle("by loss", .faint, column: at, end: end, row: rect.row)
    guard let arrangement = Pane.imageArrangement(model, rect) else { return }
    let range = ValueRange(of: glass.images)
    for (offset, image) in glass.images.enumerated() where offset < arrangement.capacity {
      let origin = arrangement.origin(offset)
      let (column, row) = (inside.column + origin.column, inside.row + origin.row)
      drawImage(image, range, arrangement.scale, column: column, row: row)
      guard arrangement.hasCaptions else { continue }
      let isChosen = first + offset == model.state.glass.image
      let isRight = image.predicted == image.label
      let verdict = isRight ? className(image.label) : "as \(className(image.predicted ?? -1))"
      let text = "\(isChosen ? glyphs.marker : "")\(fixed(image.loss ?? 0, 2)) \(verdict)"
      let role: Role = isChosen ? .selected : isRight ? .barRight : .barWrong
      write(text, role, column: column, row: row - 1, limit: arrangement.tile.columns)
    }
  }

  /// What stands where a step from within will be.
  mutating func drawExamination(_ inside: Rect) {
    let text =
      if model.status.phase.isUnderWay {
        "Space pauses the run; its last step is here then"
      } else {
        switch model.snapshot?.examination {
        case .underWay(let share): "the step is made again: \(Int(share * 100))%"
        case .impossible(let sentence): sentence
        case .needsRest, .done, nil: ""
        }
      }
    for (offset, line) in wrap(text, width: inside.columns).prefix(inside.rows).enumerated() {
      write(line, .faint, column: inside.column, row: inside.row + offset)
    }
  }
}

extension ValueRange {
  /// All numbers of some images.
  init(of images: [ImagePictures.Image]) { self.init(images.flatMap { $0.channels.flatMap(\.values) }) }
}
