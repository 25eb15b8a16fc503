// Colours by meaning, and what each is on every kind of terminal.

/// What a piece of the screen means; a theme says how that looks.
public enum Role: CaseIterable, Sendable {
  case text, faint, brand, tab, title, focusedTitle, rule, number, explanation
  case running, paused, finished, failed
  case progressDone, progressLeft
  case trainCurve, trainRaw, band, validationCurve, axis
  case selected, key, keyLabel, warning
  case barRight, barWrong, barOther
  /// What goes wrong, over the whole width.
  case banner
  /// Marks what is looked at inside a picture.
  case mark
  /// Curves of further quantities and of other runs.
  case curve3, curve4, curve5
}

/// Maps meanings to styles for one kind of terminal; no colour carries a meaning alone.
public struct Theme: Sendable {
  private let capabilities: Capabilities

  public init(_ capabilities: Capabilities) { self.capabilities = capabilities }

  public subscript(role: Role) -> Style {
    switch capabilities.colors {
    case .monochrome: Theme.monochrome(role)
    case .eight, .sixteen: capabilities.isLight ? Theme.fewOnLight(role) : Theme.fewOnDark(role)
    case .indexed256, .trueColor: capabilities.isLight ? Theme.light(role) : Theme.dark(role)
    }
  }

  private static func monochrome(_ role: Role) -> Style {
    switch role {
    case .brand, .focusedTitle, .selected, .banner, .mark: Style(reversed: true)
    case .title, .key, .number, .warning, .failed, .paused, .finished, .validationCurve: Style(bold: true)
    default: .plain
    }
  }

  /// Of the first eight colours, which are the terminal's own: those that read on black wherever bold ones are brighter.
  private static func fewOnDark(_ role: Role) -> Style {
    func color(_ index: UInt8, bold: Bool = false) -> Style { Style(foreground: .indexed(index), bold: bold) }
    return switch role {
    case .text, .faint, .axis, .keyLabel, .rule, .progressLeft, .tab, .explanation: .plain
    case .brand, .selected, .mark: Style(reversed: true)
    case .banner: Style(foreground: .indexed(7), background: .indexed(1), bold: true)
    case .curve3: color(5, bold: true)
    case .curve4: color(2)
    case .curve5, .failed, .barWrong: color(1, bold: true)
    case .focusedTitle: Style(foreground: .indexed(6), bold: true, reversed: true)
    case .title, .number: Style(bold: true)
    case .running, .finished, .progressDone, .barRight: color(2, bold: true)
    case .paused, .warning, .validationCurve: color(3, bold: true)
    case .trainCurve, .key: color(6, bold: true)
    case .trainRaw, .band: color(4)
    case .barOther: color(6)
    }
  }

  /// Red and blue alone read on white; what other colours would say, the words say.
  private static func fewOnLight(_ role: Role) -> Style {
    func color(_ index: UInt8) -> Style { Style(foreground: .indexed(index)) }
    return switch role {
    case .text, .faint, .axis, .keyLabel, .rule, .progressLeft, .tab, .explanation, .barOther, .curve4: .plain
    case .brand, .selected, .mark: Style(reversed: true)
    case .banner: Style(foreground: .indexed(7), background: .indexed(1), bold: true)
    case .focusedTitle: Style(foreground: .indexed(4), reversed: true)
    case .title, .number, .paused, .warning: Style(bold: true)
    case .running, .finished, .progressDone, .barRight, .trainCurve, .key: color(4)
    case .failed, .barWrong, .validationCurve: color(1)
    case .curve3: color(5)
    case .curve5: color(2)
    case .trainRaw, .band: color(6)
    }
  }

  private static func dark(_ role: Role) -> Style {
    func color(_ index: UInt8, bold: Bool = false) -> Style { Style(foreground: .indexed(index), bold: bold) }
    return switch role {
    case .text: .plain
    case .faint, .tab: color(247)
    case .explanation: color(250)
    case .banner: Style(foreground: .indexed(231), background: .indexed(124), bold: true)
    case .mark: Style(foreground: .indexed(16), background: .indexed(226), bold: true)
    case .curve3: color(176, bold: true)
    case .curve4: color(150, bold: true)
    case .curve5: color(210, bold: true)
    case .brand: Style(foreground: .indexed(16), background: .indexed(80), bold: true)
    case .title: color(252, bold: true)
    case .focusedTitle: Style(foreground: .indexed(80), bold: true)
    case .rule: color(238)
    case .number: color(255, bold: true)
    case .running, .finished: color(114, bold: true)
    case .paused: color(221, bold: true)
    case .failed: color(203, bold: true)
    case .progressDone: color(80)
    case .progressLeft: color(238)
    case .trainCurve: color(80)
    case .trainRaw: color(239)
    case .band: Style(background: .indexed(236))
    case .validationCurve: color(215, bold: true)
    case .axis: color(247)
    case .selected: Style(foreground: .indexed(16), background: .indexed(80))
    case .key: color(80, bold: true)
    case .keyLabel: color(248)
    case .warning: color(221, bold: true)
    case .barRight: color(114)
    case .barWrong: color(203)
    case .barOther: color(74)
    }
  }

  private static func light(_ role: Role) -> Style {
    func color(_ index: UInt8, bold: Bool = false) -> Style { Style(foreground: .indexed(index), bold: bold) }
    return switch role {
    case .text: .plain
    case .faint, .keyLabel, .tab: color(241)
    case .explanation: color(238)
    case .banner: Style(foreground: .indexed(231), background: .indexed(124), bold: true)
    case .mark: Style(foreground: .indexed(231), background: .indexed(90), bold: true)
    case .curve3: color(90, bold: true)
    case .curve4: color(22, bold: true)
    case .curve5: color(124, bold: true)
    case .brand: Style(foreground: .indexed(231), background: .indexed(24), bold: true)
    case .title, .number: Style(bold: true)
    case .focusedTitle, .key: color(24, bold: true)
    case .rule, .progressLeft: color(250)
    case .running, .finished: color(22, bold: true)
    case .paused, .warning: color(94, bold: true)
    case .failed: color(160, bold: true)
    case .progressDone, .trainCurve: color(25)
    case .trainRaw: color(250)
    case .band: Style(background: .indexed(254))
    case .validationCurve: color(130, bold: true)
    case .axis: color(241)
    case .selected: Style(foreground: .indexed(231), background: .indexed(24))
    case .barRight: color(22)
    case .barWrong: color(160)
    case .barOther: color(60)
    }
  }
}
