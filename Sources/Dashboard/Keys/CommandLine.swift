// The command line: all that keys do by name, and what takes a number or a word.

import Telemetry

/// A line that is being typed behind a colon.
public struct CommandLine: Hashable, Sendable {
  public private(set) var text = ""
  /// Earlier lines, oldest first, and which of them is shown; nil for the line being typed.
  private let history: [String]
  private var shown: Int?
  /// What Tab goes through, while it does.
  private var completions: [String] = []

  /// - Parameter text: what is typed already.
  init(_ text: String = "", history: [String] = []) { (self.text, self.history) = (text, history) }

  enum Outcome: Hashable {
    case typing, closed
    case entered(String)
  }

  mutating func handle(_ key: Key, _ model: DashboardModel) -> Outcome {
    if key != .tab { completions = [] }
    switch key {
    case .character(let character): text.append(character)
    case .backspace, .delete:
      guard !text.isEmpty else { return .closed }
      text.removeLast()
    case .enter: return .entered(trimmed(text))
    case .escape: return .closed
    case .up, .down: recall(key == .up ? -1 : 1)
    case .tab: complete(model)
    default: break
    }
    return .typing
  }

  private mutating func recall(_ step: Int) {
    guard !history.isEmpty else { return }
    let index = (shown ?? history.count) + step
    shown = index >= history.count ? nil : max(0, index)
    text = shown.map { history[$0] } ?? ""
  }

  /// Goes on to the next of the lines that begin like this one.
  private mutating func complete(_ model: DashboardModel) {
    if completions.isEmpty { completions = CommandLine.completions(of: text, model) }
    guard !completions.isEmpty else { return }
    let next = completions.firstIndex(of: text).map { ($0 + 1) % completions.count } ?? 0
    text = completions[next]
  }

  /// Every whole line that begins with a text, in alphabetical order.
  static func completions(of text: String, _ model: DashboardModel) -> [String] {
    let words = Argued.all.flatMap { argued in
      argued.words(model).map { "\(argued.name) \($0)" } + [argued.name]
    }
    let names = KeyTable.all.filter { model.trains || !$0.needsTraining }.map(\.name)
    let all = Set(words + names).filter { $0.hasPrefix(text) && $0 != text }
    return all.sorted()
  }

  /// Does what a line says, or says why it cannot.
  static func perform(_ line: String, _ model: inout DashboardModel, _ size: Size) -> Effect {
    let words = line.split(separator: " ").map(String.init)
    guard let first = words.first else { return .none }
    let argument = words.dropFirst().joined(separator: " ")
    if let argued = Argued.all.first(where: { $0.name == first }) {
      if let effect = argued.perform(argument, &model) { return effect }
      model.state.say(Message(":\(first) takes \(argued.expected), not \"\(argument)\"", isError: true))
      return .none
    }
    let bindings =
      KeyTable.bindings(model.state.view, focus: model.state.focus, trains: model.trains)
      + KeyTable.all.filter { model.trains || !$0.needsTraining }
    let count = Int(argument)
    let isCount = argument.isEmpty || count.map((1...DashboardState.largestCount).contains) == true
    guard let binding = bindings.first(where: { $0.name == first }), isCount else {
      let near = completions(of: String(first.prefix(2)), model).prefix(6).joined(separator: ", ")
      model.state.say(
        Message("\"\(line)\" is no command\(near.isEmpty ? "; Tab lists them" : "; there are: \(near)")", isError: true)
      )
      return .none
    }
    let context = KeyContext(model: model, size: size, count: count)
    return binding.perform(&model.state, context)
  }
}

private func trimmed(_ text: String) -> String { text.split(separator: " ").joined(separator: " ") }

/// A command with an argument.
private struct Argued: Sendable {
  let name: String
  /// What the argument is, in words.
  let expected: String
  /// What the argument may be, for completion.
  let words: @Sendable (DashboardModel) -> [String]
  /// Nil for an argument that means nothing.
  let perform: @Sendable (String, inout DashboardModel) -> Effect?

  init(
    _ name: String, _ expected: String, _ words: @escaping @Sendable (DashboardModel) -> [String] = { _ in [] },
    perform: @escaping @Sendable (String, inout DashboardModel) -> Effect?
  ) {
    (self.name, self.expected, self.words, self.perform) = (name, expected, words, perform)
  }

  static let all = [lr, epochs, pace, step, breakAt, watch, fork, layer, filter, probe, chart, smoothing, images]

  private static let lr = Argued("lr", "a learning rate of at least 0") { text, model in
    guard let rate = Double(text), rate.isFinite, rate >= 0, model.trains else { return nil }
    model.state.say("learning rate \(rate) from the next step on")
    return .command(.learningRate(rate))
  }

  private static let epochs = Argued("epochs", "how many more, such as +10") { text, model in
    let digits = text.hasPrefix("+") ? String(text.dropFirst()) : text
    guard let count = Int(digits), (1...1_000_000).contains(count), model.trains else { return nil }
    let isOver = model.status.phase == .finished
    model.state.say("\(count) more epoch\(count == 1 ? "" : "s")\(isOver ? "; Space goes on" : "")")
    return .command(.addEpochs(count))
  }

  private static let paces: @Sendable (DashboardModel) -> [String] = { _ in Pace.all.map(word) }
  private static let pace = Argued("pace", "full, 100, 30, 10, 3 or 1 steps a second, or 1/3", paces) { text, _ in
    Pace.all.first { word($0) == text }.map { .command(.pace($0)) }
  }

  private static let step = Argued("step", "the number of a step that has been") { text, model in
    guard let step = Int(text), step >= 0, step <= model.newestStep, model.trains else { return nil }
    return .command(.goTo(step: step))
  }

  private static let conditions: @Sendable (DashboardModel) -> [String] = { model in
    let layers = model.run.layers.filter { $0.parameters > 0 }.map(\.name)
    return ["loss > 2", "accuracy >= 0.9", "gradient_norm > 10", "non-finite", "every 100"]
      + layers.flatMap { ["update_ratio(\($0)) < 1e-5", "gradient_norm(\($0)) > 10", "dead(\($0)) > 0.5"] }
  }
  private static let breakAt = Argued("break", "a condition, such as loss > 2 or non-finite", conditions) {
    text, model in
    guard !text.isEmpty, model.trains else { return nil }
    return .command(.addBreakpoint(text))
  }

  private static let formulas: @Sendable (DashboardModel) -> [String] = { model in
    let layers = model.run.layers.filter { $0.parameters > 0 }.map(\.name)
    return ["gradient_norm"] + layers.flatMap { ["update_ratio(\($0))", "gradient_norm(\($0))", "weight_norm(\($0))"] }
  }
  private static let watch = Argued("watch", "a quantity, such as update_ratio(conv1)", formulas) { text, model in
    guard !text.isEmpty, model.trains else { return nil }
    return .command(.watch(text))
  }

  private static let forkKeys: @Sendable (DashboardModel) -> [String] = { model in
    [
      "training.optimizer.learning_rate=\(model.status.baseLearningRate / 2)", "training.batch_size=",
      "training.epochs=",
    ]
      + model.run.layers.filter { $0.parameters > 0 }.map { "freeze=\($0.name)" }
  }
  private static let fork = Argued("fork", "what differs, such as training.batch_size=32 or freeze=conv1", forkKeys) {
    text, model in
    let words = text.split(separator: " ").map(String.init)
    guard words.allSatisfy({ $0.contains("=") && !$0.hasSuffix("=") }), model.trains else { return nil }
    if let complaint = model.forkComplaint {
      model.state.say(complaint)
      return Effect.none
    }
    let frozen = words.filter { $0.hasPrefix("freeze=") }.map { String($0.dropFirst("freeze=".count)) }
    return .fork(overrides: words.filter { !$0.hasPrefix("freeze=") }, frozen: frozen)
  }

  private static let layerNames: @Sendable (DashboardModel) -> [String] = { $0.run.layers.map(\.name) }
  private static let layer = Argued("layer", "a layer's name", layerNames) { text, model in
    guard let index = model.run.layers.firstIndex(where: { $0.name == text }) else { return nil }
    model.state.selectLayer(index, model.run)
    return Effect.none
  }

  private static let filter = Argued("filter", "a filter's number") { text, model in
    guard let index = Int(text), index >= 0, index < DashboardState.filterCount(model.run, model.state.layer) else {
      return nil
    }
    model.state.selectFilter(index, model.run)
    return Effect.none
  }

  private static let classNames: @Sendable (DashboardModel) -> [String] = { $0.run.classes.filter { !$0.isEmpty } }
  private static let probe = Argued("probe", "the number of a validation image, or a class", classNames) {
    text, model in
    if let label = model.run.classes.firstIndex(of: text), Int(text) == nil {
      model.state.search = .ofClass(label, after: model.state.probe)
      return Effect.none
    }
    guard let index = Int(text), index >= 0, index < model.run.probes else { return nil }
    model.state.selectProbe(index, model.run)
    return Effect.none
  }

  private static let quantities: @Sendable (DashboardModel) -> [String] = { $0.snapshot?.quantities ?? [] }
  private static let chart = Argued("chart", "a quantity, to show or hide it", quantities) { text, model in
    guard model.snapshot?.quantities.contains(text) == true else { return nil }
    model.state.charts.toggle(text)
    return Effect.none
  }

  private static let smoothing = Argued("smoothing", "the weight of the past, from 0 to below 1") { text, model in
    guard let weight = Double(text), (0..<1).contains(weight) else { return nil }
    model.state.charts.smoothing = weight
    return Effect.none
  }

  private static let classChoices: @Sendable (DashboardModel) -> [String] = { ["all"] + classNames($0) }
  private static let images = Argued("class", "a class, or all", classChoices) { text, model in
    guard text == "all" || model.run.classes.contains(text) else { return nil }
    model.state.data.source = .training(ofClass: model.run.classes.firstIndex(of: text))
    model.state.data.first = 0
    model.state.go(.data)
    return Effect.none
  }

  @Sendable private static func word(_ pace: Pace) -> String {
    pace == .full ? "full" : pace.secondsPerStep > 1 ? "1/3" : "\(Int((1 / pace.secondsPerStep).rounded()))"
  }
}
