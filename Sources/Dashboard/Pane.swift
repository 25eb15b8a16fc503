// What a pane is, and the table of all panes.

import Telemetry

/// A part of the screen as a value: what it is called, what room and what pictures it needs, how it draws, and what keys
/// and clicks mean to it. A new one is a file in `Panes/`, and a line in `all`.
public struct Pane: Sendable {
  /// What tells it from others.
  public let name: String
  /// The smallest size at which it is of use.
  public var smallest: Size
  /// Whether it has anything to show; the others take its room if not.
  var isWanted: @Sendable (DashboardModel) -> Bool = { _ in true }
  /// The size that it asks for, of a room that it shares with others.
  var wish: @Sendable (_ room: Size, DashboardModel) -> Wish = { _, _ in Wish() }
  /// Adds to a request what the pane shows at a place of the screen.
  var need: @Sendable (inout PictureRequest, DashboardModel, Rect) -> Void = { _, _, _ in }
  var draw: @Sendable (inout Canvas, Rect) -> Void
  /// What it shows, in one sentence for somebody who has never seen it.
  var explain: @Sendable (DashboardModel) -> String
  /// What mean something while it has the focus.
  var keys: [KeyBinding] = []
  /// Opens what it shows larger.
  var open: @Sendable (inout DashboardState, KeyContext) -> Effect = { state, _ in
    if !state.place.isZoomed { state.go(state.view, state.focus, isZoomed: true) }
    return .none
  }
  /// Turns the wheel one notch down, or up.
  var scroll: @Sendable (inout DashboardState, KeyContext, _ notches: Int) -> Void = { _, _, _ in }
  /// What lies at a point inside it; nil for nothing that can be chosen.
  var target: @Sendable (DashboardModel, Rect, Point) -> Target? = { _, _, _ in nil }
}

/// A size that is asked for; nil for a side that may be anything.
struct Wish {
  var columns: Int?
  var rows: Int?
}

extension Pane: Hashable {
  public static func == (a: Pane, b: Pane) -> Bool { a.name == b.name }
  public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

extension Pane {
  /// Every pane, in the order in which Tab goes through them.
  public static let all: [Pane] = [
    .loss, .accuracy, .layers, .network, .filters, .filter, .maps, .arithmetic, .prediction, .series, .plots, .images,
    .classes, .batch, .inside, .stages, .causes, .lanes, .compare,
  ]
}

/// Something in a pane that can be chosen.
public struct Target: Sendable {
  /// In words: `layer conv2`.
  public let label: String
  /// Chooses it.
  public let choose: @Sendable (inout DashboardState) -> Void
  /// What a click on it asks of the world outside, and what dragging the mouse over it does.
  let press: Effect
  let drag: Effect

  init(
    label: String, press: Effect = .none, drag: Effect = .none,
    choose: @escaping @Sendable (inout DashboardState) -> Void
  ) {
    (self.label, self.press, self.drag, self.choose) = (label, press, drag, choose)
  }
}

/// What lies at a point of the screen.
public struct Hit: Sendable {
  public let pane: Pane
  /// Nil for a part of the pane that means nothing by itself.
  public let target: Target?
}
