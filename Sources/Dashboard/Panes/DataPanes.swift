// The images that the net learns from, and how many there are of each class.

import Telemetry

extension Pane {
  /// Images as the net sees them, in a grid, with their labels; of a batch with each image's loss.
  public static let images: Pane = Pane(
    name: "images", smallest: Size(40, 10),
    need: { request, model, rect in
      let capacity = imageArrangement(model, rect)?.capacity ?? 0
      let first = model.state.data.first
      request.images = ImageRequest(source: model.state.data.source, places: first..<(first + capacity))
    },
    draw: { $0.drawImages($1) },
    explain: { model in
      switch model.state.data.source {
      case .training: "Training images as the net sees them, with their classes; d: the last batch"
      case .batch: "The last step's batch, what the net loses most on first; d: all training images"
      }
    },
    keys: [
      scrolling("left", .left, "←", line: ("← → ↑ ↓", "scroll"), "one image back") { _ in -1 },
      scrolling("right", .right, "→", "one image on") { _ in 1 },
      scrolling("up", .up, "↑", "a row back") { -($0?.stripsAcross ?? 1) },
      scrolling("down", .down, "↓", "a row on") { $0?.stripsAcross ?? 1 },
      scrolling("page-up", .pageUp, "PgUp", "a page back") { -($0?.capacity ?? 1) },
      scrolling("page-down", .pageDown, "PgDn", "a page on") { $0?.capacity ?? 1 },
      .choice(
        "batch-images", [.character("d")], "d", line: ("d", "batch"), "the training images, or the last step's batch"
      ) {
        state, _ in
        state.data = DataChoice(source: state.data.source == .batch ? .training(ofClass: nil) : .batch)
      },
      .choice(
        "class-images", [.character("C")], "C", line: ("C", "class"),
        "the images of one class after the other, then all"
      ) {
        state, context in
        var next: Int? = 0
        if case .training(let label?) = state.data.source {
          next = label + 1 < context.run.classes.count ? label + 1 : nil
        }
        state.data = DataChoice(source: .training(ofClass: next))
      },
    ],
    scroll: { state, context, notches in
      let rect = Layout(context.size, context.model)?.panes[.images]
      let arrangement = rect.flatMap { imageArrangement(context.model, $0) }
      scroll(&state, context, notches * (arrangement?.stripsAcross ?? 1))
    })

  private static func scrolling(
    _ name: String, _ key: Key, _ label: String, line: (label: String, word: String)? = nil, _ help: String,
    _ by: @escaping @Sendable (TileArrangement?) -> Int
  ) -> KeyBinding {
    .choice(name, [key], label, line: line, help) { state, context in
      let arrangement = context.focusRect.flatMap { imageArrangement(context.model, $0) }
      scroll(&state, context, by(arrangement) * context.repeats)
    }
  }

  private static func scroll(_ state: inout DashboardState, _ context: KeyContext, _ by: Int) {
    let total = context.model.snapshot?.images?.total ?? 0
    state.data.first = max(0, min(state.data.first + by, total - 1))
  }

  /// Images with two lines of caption; the caption row of an arrangement is the first of them.
  static func imageArrangement(_ model: DashboardModel, _ pane: Rect) -> TileArrangement? {
    let image = model.run.image
    let inside = pane.belowTitle
    // At most three rows of large images, but always at least two of small ones.
    let zoom = max(1, min(3, inside.rows * 2 / 3 / max(1, image[1])))
    return TileArrangement(
      TileGeometry(count: 1 << 20, tiles: 1, height: image[1], width: image[2]), in: inside.size, atLeast: 8,
      largest: zoom, on: model.capabilities)
  }

  /// How many images of each class there are, and what the numbers are like.
  public static let classes: Pane = Pane(
    name: "classes", smallest: Size(26, 8), wish: { _, _ in Wish(columns: 30) },
    draw: { $0.drawClassCounts($1) },
    explain: { _ in "How many training images each class has, and mean and spread of the normalised pixels" },
    target: { model, rect, point in
      let index = point.row - rect.row - 1
      guard model.run.classes.indices.contains(index) else { return nil }
      return Target(label: "class \(model.run.classes[index])") {
        $0.data = DataChoice(source: .training(ofClass: index))
      }
    })
}

extension Canvas {
  fileprivate mutating func drawImages(_ rect: Rect) {
    let source = model.state.data.source
    var what = "Training images"
    switch source {
    case .training(let label?) where model.run.classes.indices.contains(label):
      what = "Training images: \(model.run.classes[label])"
    case .batch: what = "Last batch, by loss"
    case .training: break
    }
    var at = title(what, in: rect)
    guard let pictures = model.snapshot?.images, model.snapshot?.request.images?.source == source,
      let arrangement = Pane.imageArrangement(model, rect)
    else { return }
    let end = rect.column + rect.columns
    let inside = rect.belowTitle
    guard !pictures.images.isEmpty else {
      let isNone = pictures.total == 0
      write(
        isNone ? source == .batch ? "there was no step yet" : "there are none" : "behind the last one", .faint,
        column: inside.column, row: inside.row)
      return
    }
    let first = model.snapshot?.request.images?.places.lowerBound ?? 0
    at = addToTitle(
      "\(grouped(first))–\(grouped(first + pictures.images.count - 1)) of \(grouped(pictures.total))", .faint,
      column: at,
      end: end, row: rect.row)
    // All by one scale, from the data's own black to its white.
    let range = ValueRange(of: pictures.images)
    at = addToTitle(
      "\(formatNumber(range.minimum)) to \(formatNumber(range.maximum))".replacing("-", with: "−"), .text, column: at,
      end: end,
      row: rect.row)
    if let note = painter.note(arrangement.scale) { _ = addToTitle(note, .faint, column: at, end: end, row: rect.row) }
    for (place, image) in pictures.images.enumerated() where place < arrangement.capacity {
      let origin = arrangement.origin(place)
      let (column, row) = (inside.column + origin.column, inside.row + origin.row)
      if arrangement.hasCaptions {
        let loss = image.loss.map { "\(fixed($0, 2)) " } ?? ""
        write(
          "\(loss)\(className(image.label))", .faint, column: column, row: row - 1, limit: arrangement.tile.columns)
      }
      drawImage(image, range, arrangement.scale, column: column, row: row)
    }
  }

  func className(_ label: Int) -> String { model.className(label) }

  /// A normalised image, from black at the range's minimum to white at its maximum.
  mutating func drawImage(
    _ image: ImagePictures.Image, _ range: ValueRange, _ scale: TileScale, column: Int, row: Int
  ) {
    let span = max(range.maximum - range.minimum, .leastNormalMagnitude)
    let channels = image.channels.map { tile in
      Tile(
        height: tile.height, width: tile.width, values: tile.values.map { ($0 - range.minimum) / span },
        count: tile.count)
    }
    painter.draw(channels, scale: scale, shading: Shading(.gray, limit: 1), column: column, row: row, on: &grid)
  }

  fileprivate mutating func drawClassCounts(_ rect: Rect) {
    _ = title("Classes", in: rect)
    guard let pictures = model.snapshot?.images else { return }
    let most = Double(pictures.counts.max() ?? 1)
    let figures = zip(pictures.means, pictures.deviations).enumerated().map { channel, figure in
      "\(pictures.means.count > 1 ? "channel \(channel): " : "")mean \(fixed(figure.0, 3)), spread \(fixed(figure.1, 3))"
    }
    let rows = rect.rows - 2 - figures.count
    let name = min(12, rect.columns - 16)
    for (index, count) in pictures.counts.prefix(max(0, rows)).enumerated() {
      let row = rect.row + 1 + index
      let label = className(index)
      let isChosen = model.state.data.source == .training(ofClass: index)
      write(padRight(label, name), isChosen ? .selected : .text, column: rect.column + 1, row: row)
      let width = rect.columns - name - 10
      drawBar(Double(count) / max(1, most), role: .barOther, column: rect.column + 2 + name, row: row, width: width)
      writeRight(grouped(count), .text, end: rect.column + rect.columns, row: row)
    }
    if pictures.counts.count > rows, rows > 0 {
      write("+ \(pictures.counts.count - rows) more classes", .faint, column: rect.column + 1, row: rect.row + 1 + rows)
    }
    for (offset, text) in figures.enumerated() {
      write(
        text, .faint, column: rect.column + 1, row: rect.row + rect.rows - figures.count + offset,
        limit: rect.columns - 1)
    }
  }
}
