// The views: which panes stand together, and how they share the room.

/// Panes side by side and above each other.
indirect enum Arrangement: Sendable {
  case pane(Pane)
  /// From top to bottom, without gaps: each pane begins with its title.
  case rows([Part])
  /// From left to right, a column apart.
  case columns([Part])

  /// One of several that share a room.
  struct Part: Sendable {
    let content: Arrangement
    let share: Share
  }

  /// How much of the room a part takes.
  enum Share: Sendable {
    /// What its panes wish for; less when the others would fall below their smallest size.
    case wish
    /// So many parts in a hundred of the room.
    case percent(Int)
    /// What the others leave, in equal parts if there are several.
    case rest
  }

  var panes: [Pane] {
    switch self {
    case .pane(let pane): [pane]
    case .rows(let parts), .columns(let parts): parts.flatMap(\.content.panes)
    }
  }
}

extension Arrangement.Part {
  static func pane(_ pane: Pane, _ share: Arrangement.Share) -> Self { Self(content: .pane(pane), share: share) }
  static func rows(_ parts: [Self], _ share: Arrangement.Share) -> Self { Self(content: .rows(parts), share: share) }
  static func columns(_ parts: [Self], _ share: Arrangement.Share) -> Self {
    Self(content: .columns(parts), share: share)
  }
}

/// Arrangements of the same panes, the one that needs most room first: the first that fits is taken, else the last.
struct View: Sendable {
  let arrangements: [Arrangement]

  static func of(trains: Bool) -> View { trains ? run : pictures }

  /// A run: curves side by side on top; below them the layers, and beside those the pictures. A tall screen has the
  /// prediction below the layers, a low one beside the feature maps.
  static let run = View(arrangements: [
    .rows([
      charts,
      .columns(
        [
          .rows([.pane(.layers, .rest), .pane(.prediction, .wish)], .wish),
          .rows([.pane(.filters, .wish), .pane(.maps, .rest)], .rest),
        ], .rest),
    ]),
    .rows([
      charts,
      .columns(
        [
          .pane(.layers, .wish),
          .rows(
            [
              .pane(.filters, .rest),
              .columns([.pane(.maps, .rest), .pane(.prediction, .wish)], .wish),
            ], .rest),
        ], .rest),
    ]),
  ])

  private static let charts = Arrangement.Part.columns([.pane(.loss, .rest), .pane(.accuracy, .rest)], .wish)

  /// A model that is only looked at: the layers, and beside them the filters above what leaves the layer.
  static let pictures = View(arrangements: [
    .columns([
      .pane(.layers, .wish), .rows([.pane(.filters, .percent(30)), .pane(.maps, .rest)], .rest),
    ])
  ])
}
