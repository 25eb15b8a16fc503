// What the person at the screen has chosen.

import Telemetry

/// Where somebody is: which view, which pane of it, and whether that has the whole screen.
public struct Place: Hashable, Sendable {
  public var view: ViewName
  public var pane: Pane
  public var isZoomed: Bool
}

/// What lies over the screen and takes the keys.
public enum Overlay: Hashable, Sendable {
  case none
  case quitQuestion
  case help(Help)
  case commandLine(CommandLine)
  case messages
  /// The table of breakpoints, and the chosen row.
  case breakpoints(row: Int)
  case fork(ForkForm)
}

/// Something that happened, in a sentence.
public struct Message: Hashable, Sendable {
  public let text: String
  public let isError: Bool

  public init(_ text: String, isError: Bool = false) { (self.text, self.isError) = (text, isError) }
}

/// The filter that is switched off, for all that is shown.
public struct SwitchedOff: Hashable, Sendable {
  public let layer: Int
  public let filter: Int

  public init(layer: Int, filter: Int) { (self.layer, self.filter) = (layer, filter) }
}

/// What the person at the screen has chosen.
public struct DashboardState: Sendable, Hashable {
  public var layer = 0
  public var filter = 0
  public var probe = 0
  /// A training image that is looked at instead, by its index in the data set.
  public var trainingProbe: Int?
  /// Other probes beside it, at most three.
  public var otherProbes: [Int] = []
  public var switchedOff: SwitchedOff?
  /// What the next random probe follows from.
  var random: UInt64 = 1
  /// What is being looked for among the validation images.
  public var search: ProbeSearch?
  public var place: Place = Place(view: .overview, pane: Pane.layers, isZoomed: false)
  /// The pane that had the focus in each view when it was left.
  var lastPanes: [ViewName: Pane] = [:]
  /// The places that somebody came from, the last one last.
  var trail: [Place] = []
  public var overlay = Overlay.none
  /// The number typed before a key, while it is being typed.
  public var count: Int?
  public var look = Look()
  public var filters = FilterChoice()
  public var maps = MapChoice()
  public var charts = ChartChoice()
  public var data = DataChoice()
  public var glass = GlassChoice()
  /// All that was said, oldest first.
  public var messages: [Message] = []
  /// Whether the last message is still to be read at the foot of the screen.
  var hasNews = false
  /// Whether somebody has asked for a checkpoint that is not there yet.
  var awaitsCheckpoint = false
  /// Borders that somebody has moved, by their names: how far.
  var borders: [String: Int] = [:]
  /// What the mouse holds.
  var grip: Grip?
  /// The last of what was typed at the command line, oldest first.
  var history: [String] = []

  public init(probe: Int = 0) { self.probe = probe }

  public var view: ViewName { place.view }
  public var focus: Pane {
    get { place.pane }
    set { place.pane = newValue }
  }

  /// The largest number that may be typed before a key.
  static let largestCount = 999_999
  /// The most messages that are kept.
  static let messageLimit = 200

  /// Says something at the foot of the screen, and keeps it.
  public mutating func say(_ message: Message) {
    messages.append(message)
    if messages.count > DashboardState.messageLimit { messages.removeFirst() }
    hasNews = true
  }

  mutating func say(_ text: String) { say(Message(text)) }

  /// Chooses a layer; the chosen filter stays within those that it has.
  mutating func selectLayer(_ index: Int, _ run: RunDescription) {
    let chosen = min(max(0, index), max(0, run.layers.count - 1))
    if chosen != layer { switchedOff = nil }
    layer = chosen
    selectFilter(filter, run)
    guard run.layers.indices.contains(layer) else { return }
    let geometry = run.layers[layer].maps
    maps.row = min(maps.row, geometry.height - 1)
    maps.column = min(maps.column, geometry.width - 1)
  }

  mutating func selectFilter(_ index: Int, _ run: RunDescription) {
    let chosen = max(0, min(index, DashboardState.filterCount(run, layer) - 1))
    if chosen != filter { switchedOff = nil }
    filter = chosen
  }

  mutating func selectProbe(_ index: Int, _ run: RunDescription) {
    let count = max(1, run.probes)
    probe = ((index % count) + count) % count
    (search, trainingProbe) = (nil, nil)
  }

  /// How many filters, or else feature maps, can be selected in a layer.
  static func filterCount(_ run: RunDescription, _ index: Int) -> Int {
    guard run.layers.indices.contains(index) else { return 1 }
    let layer = run.layers[index]
    // A vector is one map of many numbers; a linear layer's filters are its numbers.
    return layer.filters?.count ?? layer.maps.count
  }
}

extension DashboardState {
  /// Goes somewhere, and remembers the way back.
  mutating func go(_ view: ViewName, _ pane: Pane, isZoomed: Bool = false) {
    let target = Place(view: view, pane: pane, isZoomed: isZoomed)
    guard target != place else { return }
    lastPanes[place.view] = place.pane
    trail.append(place)
    if trail.count > 50 { trail.removeFirst() }
    place = target
  }

  /// Goes to a view, to the pane of it that was left last.
  mutating func go(_ view: ViewName) { go(view, lastPanes[view] ?? View.of(view).firstPane) }

  /// Goes back the way somebody came.
  mutating func goBack() {
    if let last = trail.popLast() {
      place = last
    } else {
      place.isZoomed = false
    }
  }
}
