// The characters that stand for things, and their plain ASCII doubles.

/// Characters for rules, bars, markers and signs.
struct Glyphs {
  let rule: String
  let minus: String
  let marker: String
  /// What is slid along a rule.
  let knob: String
  let barFull: Unicode.Scalar
  let barEmpty: Unicode.Scalar
  /// A bar's last cell, from an eighth to seven eighths; empty when bars end on whole cells.
  let barEighths: [Unicode.Scalar]
  let vertical: Unicode.Scalar

  init(_ capabilities: Capabilities) {
    if capabilities.unicode {
      (rule, minus, marker, knob, vertical) = ("─", "−", "▸", "●", "│")
      (barFull, barEmpty, barEighths) = ("█", "░", ["▏", "▎", "▍", "▌", "▋", "▊", "▉"])
    } else {
      (rule, minus, marker, knob, vertical) = ("-", "-", ">", "O", "|")
      (barFull, barEmpty, barEighths) = ("#", ".", [])
    }
  }

  /// Makes a text plain ASCII where that is all there is.
  func adapt(_ text: String) -> String {
    guard barEighths.isEmpty else { return text }
    return text.replacingScalars([
      "×": "x", "·": "|", "…": "...", "−": "-", "–": "-", "▸": ">", "÷": "/", "±": "+-", "←": "Left", "→": "Right",
      "↑": "Up",
      "↓": "Down",
    ])
  }
}

extension String {
  fileprivate func replacingScalars(_ table: [Unicode.Scalar: String]) -> String {
    var result = ""
    for scalar in unicodeScalars {
      if let double = table[scalar] { result += double } else { result.unicodeScalars.append(scalar) }
    }
    return result
  }
}
