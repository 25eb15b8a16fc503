// How a key or the mouse changes what is chosen.

import Telemetry

extension DashboardModel {
  /// The panes on a screen of a size, or that would be there if none had all of it.
  func shownPanes(_ size: Size) -> [Pane] {
    var model = self
    model.state.place.isZoomed = false
    guard let shown = Layout(size, model)?.panes else { return [] }
    return Pane.all.filter { shown[$0] != nil }
  }

  /// Changes the choice by a key, and says what that asks of the world outside.
  public mutating func handle(_ key: Key, size: Size) -> Effect {
    var effect = effect(of: key, size)
    if case .command = effect, access == .readOnly {
      state.say("read only: nothing can be changed from here")
      effect = .none
    }
    // A pane that has nothing to show any more cannot have the focus.
    let shown = state.place.isZoomed ? [state.focus] : shownPanes(size)
    if !shown.contains(state.focus), let first = shown.first {
      let usual = View.of(state.view).firstPane
      state.focus = shown.contains(usual) ? usual : first
    }
    return effect
  }

  private mutating func effect(of key: Key, _ size: Size) -> Effect {
    switch state.overlay {
    case .quitQuestion: return answerQuit(key)
    case .help(var help):
      state.overlay = help.handle(key) ? .help(help) : .none
      return .none
    case .commandLine(var line):
      switch line.handle(key, self) {
      case .typing: state.overlay = .commandLine(line)
      case .closed: state.overlay = .none
      case .entered(let text):
        state.overlay = .none
        if !text.isEmpty && state.history.last != text { state.history = (state.history + [text]).suffix(100) }
        return CommandLine.perform(text, &self, size)
      }
      return .none
    case .messages:
      state.overlay = .none
      return .none
    case .breakpoints(let row): return choose(key, breakpoint: row)
    case .fork(let form): return handle(key, form, size)
    case .none: break
    }
    if case .mouse(let mouse) = key { return handle(mouse, size) }
    state.hasNews = false
    if case .character(let character) = key, let digit = character.wholeNumberValue, character.isASCII,
      digit > 0 || state.count != nil
    {
      state.count = min(DashboardState.largestCount, (state.count ?? 0) * 10 + digit)
      return .none
    }
    let context = KeyContext(model: self, size: size, count: state.count)
    let hadCount = state.count != nil
    state.count = nil
    // Escape first takes back a number.
    if key == .escape && hadCount { return .none }
    let bindings = KeyTable.bindings(state.view, focus: state.focus, trains: trains)
    if let binding = bindings.first(where: { $0.keys.contains(key) }) { return binding.perform(&state, context) }
    if KeyTable.everywhere.contains(where: { $0.keys.contains(key) }) {
      state.say("nothing trains here: the model is only looked at")
    }
    return .none
  }

  /// A key in the table of breakpoints.
  private mutating func choose(_ key: Key, breakpoint row: Int) -> Effect {
    let all = status.breakpoints
    switch key {
    case .up: state.overlay = .breakpoints(row: max(0, row - 1))
    case .down: state.overlay = .breakpoints(row: max(0, min(row + 1, all.count - 1)))
    case .character(" "), .enter:
      if all.indices.contains(row) { return .command(.turnBreakpoint(row, on: !all[row].isOn)) }
    case .delete, .backspace, .character("d"):
      state.overlay = .breakpoints(row: max(0, min(row, all.count - 2)))
      if all.indices.contains(row) { return .command(.removeBreakpoint(row)) }
    case .mouse(let mouse) where mouse.action != .press: break
    default: state.overlay = .none
    }
    return .none
  }

  private mutating func answerQuit(_ key: Key) -> Effect {
    state.overlay = .none
    switch key {
    case .character("y"), .character("Y"), .character("q"), .enter: return .quit
    default: return .none
    }
  }

  private mutating func handle(_ mouse: Mouse, _ size: Size) -> Effect {
    switch mouse.action {
    case .press:
      if let view = Dashboard.tab(at: mouse.point, self, size: size) {
        state.go(view)
        return .none
      }
      guard let layout = Layout(size, self) else { return .none }
      if layout.lanes.contains(mouse.point) {
        let tab = Canvas(size, self).laneTabs(in: layout.lanes).first { $0.rect.contains(mouse.point) }
        return tab.map { .lane($0.lane) } ?? .none
      }
      if layout.keys.contains(mouse.point) { return press(mouse.point, layout.keys, size) }
      if let hit = Dashboard.hit(mouse.point, self, size: size), let target = hit.target {
        let isAgain = hit.pane == state.focus && state.isChosen(target, run)
        state.focus = hit.pane
        target.choose(&state)
        state.grip = .pane(hit.pane)
        if target.press != .none { return target.press }
        // A second click on what is chosen opens it, as Enter does.
        return isAgain ? hit.pane.open(&state, KeyContext(model: self, size: size, count: nil)) : .none
      }
      if let border = layout.borders.first(where: { $0.rect.contains(mouse.point) }) {
        state.grip = .border(border.name, from: mouse.point, offset: state.borders[border.name] ?? 0)
      }
      if let pane = Dashboard.hit(mouse.point, self, size: size)?.pane { state.focus = pane }
    case .drag:
      switch state.grip {
      case .border(let name, let from, let offset):
        guard let border = Layout(size, self)?.borders.first(where: { $0.name == name }) else { return .none }
        let moved = border.isHorizontal ? mouse.point.row - from.row : mouse.point.column - from.column
        state.borders[name] = offset + moved
      case .pane(let pane):
        let hit = Dashboard.hit(mouse.point, self, size: size)
        if hit?.pane == pane, let target = hit?.target {
          target.choose(&state)
          return target.drag
        }
      case .pace:
        guard let keys = Layout(size, self)?.keys else { return .none }
        return slide(to: mouse.point.column, keys, size)
      case nil: break
      }
    case .release: state.grip = nil
    case .wheelUp, .wheelDown:
      guard let pane = Dashboard.hit(mouse.point, self, size: size)?.pane else { return .none }
      let context = KeyContext(model: self, size: size, count: nil)
      pane.scroll(&state, context, mouse.action == .wheelUp ? -1 : 1)
    }
    return .none
  }
}

extension DashboardModel {
  /// A click on the line of keys does what the key does; on the pace's slider it sets that.
  private mutating func press(_ point: Point, _ line: Rect, _ size: Size) -> Effect {
    let entries = Canvas(size, self).keyLine(in: line)
    guard let entry = entries.first(where: { $0.rect.contains(point) }) else { return .none }
    if entry.slider?.contains(point) == true {
      state.grip = .pace
      return slide(to: point.column, line, size)
    }
    // Two keys with one word are two actions: nobody knows which is meant.
    guard entry.binding.keys.count == 1, !entry.label.contains(" ") else { return .none }
    return handle(entry.binding.keys[0], size: size)
  }

  private func slide(to column: Int, _ line: Rect, _ size: Size) -> Effect {
    let slider = Canvas(size, self).keyLine(in: line).lazy.compactMap(\.slider).first
    guard let slider, case let pace = KeyLineEntry.pace(at: column, on: slider), pace != status.pace else {
      return .none
    }
    return .command(.pace(pace))
  }
}

extension DashboardState {
  /// Whether choosing something would change nothing.
  fileprivate func isChosen(_ target: Target, _ run: RunDescription) -> Bool {
    var copy = self
    target.choose(&copy)
    return copy == self
  }
}
