// The help: the keys of the present view, which typing searches.

/// The page of keys, while it is open.
public struct Help: Hashable, Sendable {
  public private(set) var search = ""
  private(set) var first = 0
  /// More rows than all keys have.
  private static let most = 60

  /// Types into the search, scrolls, or closes: false then.
  mutating func handle(_ key: Key) -> Bool {
    switch key {
    case .character("?"), .escape, .enter: return false
    case .character(let character):
      search.append(character)
      first = 0
    case .backspace, .delete:
      guard !search.isEmpty else { return false }
      search.removeLast()
    case .down: first = min(first + 1, Help.most)
    case .up: first = max(0, first - 1)
    case .pageDown: first = min(first + 10, Help.most)
    case .pageUp: first = max(0, first - 10)
    case .mouse(let mouse):
      switch mouse.action {
      case .wheelDown: first = min(first + 1, Help.most)
      case .wheelUp: first = max(0, first - 1)
      case .press: return false
      case .drag, .release: break
      }
    default: break
    }
    return true
  }

  /// The bindings that the search finds: by key, name or words, whatever the letters' size.
  func found(_ model: DashboardModel) -> [KeyBinding] {
    let all = KeyTable.bindings(model.state.view, focus: model.state.focus, trains: model.trains)
    guard !search.isEmpty else { return all }
    let wanted = search.lowercased()
    return all.filter { "\($0.label) \($0.name) \($0.help)".lowercased().contains(wanted) }
  }
}
