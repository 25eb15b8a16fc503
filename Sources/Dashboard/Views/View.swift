// The views: which panes stand together, and how they share the room.

import Telemetry

/// The views, in the order of their tabs and of the keys F1 to F8.
public enum ViewName: String, CaseIterable, Sendable, Hashable {
  case overview, network, filters, maps, charts, data, step, fork

  public var title: String { rawValue.prefix(1).uppercased() + rawValue.dropFirst() }
  /// Those that have something to show: without training there are no curves.
  static func shown(in model: DashboardModel) -> [ViewName] {
    allCases.filter { (model.trains || !$0.needsTraining) && ($0 != .fork || model.hasRivals) }
  }
  /// Without training there are no curves, no steps and no forks.
  var needsTraining: Bool { [.charts, .step, .fork].contains(self) }
  /// F1 to F8.
  public var number: Int { (ViewName.allCases.firstIndex(of: self) ?? 0) + 1 }
}

/// Arrangements of panes, the one that needs most room first: the first that fits is taken, else the last; and the keys that
/// mean something whichever of the panes has the focus.
struct View: Sendable {
  let arrangements: [Arrangement]
  var keys: [KeyBinding] = []
  /// For a model that is only looked at.
  var lookingArrangements: [Arrangement]?
  let firstPane: Pane

  static func of(_ name: ViewName) -> View {
    switch name {
    case .overview: overview
    case .network: View(arrangements: [.pane(.network)], firstPane: .network)
    case .filters: filters
    case .maps: maps
    case .charts:
      View(arrangements: [.columns([.pane(.series, .wish), .pane(.plots, .rest)])], firstPane: .plots)
    case .data:
      View(
        arrangements: [.columns([.pane(.images, .rest), .pane(.classes, .wish)]), .pane(.images)], firstPane: .images)
    case .step: step
    case .fork:
      View(
        arrangements: [
          .rows([.pane(.lanes, .wish), curves, .pane(.compare, .rest)]),
          .rows([.pane(.lanes, .wish), .pane(.compare, .rest)]), .pane(.lanes),
        ], firstPane: .lanes)
    }
  }

  /// The panes that it can show.
  func panes(trains: Bool) -> [Pane] {
    let shown = Set((trains ? arrangements : lookingArrangements ?? arrangements).flatMap(\.panes))
    return Pane.all.filter(shown.contains)
  }

  /// Curves side by side on top; below them the layers, and beside those the pictures. A tall screen has the prediction
  /// below the layers, a low one beside the feature maps.
  private static let overview = View(
    arrangements: [
      .rows([
        curves,
        .columns(
          [
            .rows([.pane(.layers, .rest), .pane(.prediction, .wish)], .wish),
            .rows([.pane(.filters, .wish), .pane(.maps, .rest)], .rest),
          ], .rest),
      ]),
      .rows([
        curves,
        .columns(
          [
            .pane(.layers, .wish),
            .rows([.pane(.filters, .rest), .columns([.pane(.maps, .rest), .pane(.prediction, .wish)], .wish)], .rest),
          ], .rest),
      ]),
    ],
    keys: [KeyBinding.layerAbove, KeyBinding.layerBelow, KeyBinding.filterBefore, KeyBinding.filterAfter],
    lookingArrangements: [
      .columns([.pane(.layers, .wish), .rows([.pane(.filters, .percent(30)), .pane(.maps, .rest)], .rest)])
    ],
    firstPane: .layers)

  private static let curves = Arrangement.Part.columns([.pane(.loss, .rest), .pane(.accuracy, .rest)], .wish)

  /// All filters of a layer, and the chosen one in full where there is room beside them; of a layer without weights, its maps.
  private static let filters = View(
    arrangements: [
      .atLeast(
        230,
        .columns([.pane(.layers, .wish), .pane(.filters, .rest), .pane(.maps, .rest), .pane(.filter, .percent(36))])),
      .columns([.pane(.filters, .rest), .pane(.maps, .rest), .pane(.filter, .percent(45))]),
      .rows([.pane(.filters, .rest), .pane(.maps, .rest)]),
    ], firstPane: .filters)

  /// The last step from within: its images, its figures, what each layer made of one image, and on a wide screen what moved a filter.
  private static let step = View(
    arrangements: [
      .atLeast(
        150,
        .columns([
          .pane(.batch, .percent(31)),
          .rows([.pane(.inside, .rest), .columns([.pane(.stages, .wish), .pane(.causes, .rest)], .wish)], .rest),
        ])),
      .columns([.pane(.batch, .percent(39)), .rows([.pane(.inside, .rest), .pane(.stages, .wish)], .rest)]),
    ], keys: KeyBinding.stepKeys, firstPane: .batch)

  /// All maps of a layer; beside them how one number comes about, and on a wide screen what the net says.
  private static let maps = View(
    arrangements: [
      .atLeast(
        230,
        .columns([
          .pane(.layers, .wish), .pane(.maps, .rest),
          .rows([.pane(.arithmetic, .rest), .pane(.prediction, .wish)], .percent(36)),
        ])),
      .atLeast(
        150,
        .columns([.pane(.maps, .rest), .rows([.pane(.arithmetic, .rest), .pane(.prediction, .wish)], .percent(42))])),
      .atLeast(100, .columns([.pane(.maps, .rest), .pane(.arithmetic, .percent(42))])),
      .columns([.pane(.maps, .rest), .pane(.prediction, .wish)]),
    ], firstPane: .maps)
}

/// Panes side by side and above each other.
indirect enum Arrangement: Sendable {
  case pane(Pane)
  /// From top to bottom, without gaps: each pane begins with its title.
  case rows([Part])
  /// From left to right, a column apart.
  case columns([Part])
  /// Only for a room of at least so many columns.
  case atLeast(Int, Arrangement)

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
    case .atLeast(_, let content): content.panes
    }
  }

  /// The same without the panes that have nothing to show; nil when none is left.
  func keeping(_ isWanted: (Pane) -> Bool) -> Arrangement? {
    func kept(_ parts: [Part]) -> [Part] {
      let left = parts.compactMap { part in
        part.content.keeping(isWanted).map { Part(content: $0, share: part.share) }
      }
      // What nobody takes would stay empty.
      guard left.count < parts.count, !left.contains(where: { if case .rest = $0.share { true } else { false } }),
        let last = left.last
      else { return left }
      return left.dropLast() + [Part(content: last.content, share: .rest)]
    }
    switch self {
    case .pane(let pane): return isWanted(pane) ? self : nil
    case .atLeast(let columns, let content): return content.keeping(isWanted).map { .atLeast(columns, $0) }
    case .rows(let parts):
      let left = kept(parts)
      return left.isEmpty ? nil : .rows(left)
    case .columns(let parts):
      let left = kept(parts)
      return left.isEmpty ? nil : .columns(left)
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
