// Numbers, durations and columns of text, as every screen and line of output shows them.

/// A number in three significant digits: `0.423`, `12.3`, `1.2e-5`.
public func formatNumber(_ value: Float) -> String {
  let magnitude = abs(value)
  if !value.isFinite { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
  if magnitude == 0 { return "0" }
  if magnitude >= 9999.5 || magnitude < 0.000_95 { return scientific(value, decimals: 1) }
  let decimals =
    magnitude >= 99.95 ? 0 : magnitude >= 9.995 ? 1 : magnitude >= 0.0995 ? 2 : magnitude >= 0.00995 ? 3 : 4
  return fixed(Double(value), decimals)
}

/// `1.2e-5` with one decimal, `1e-5` with none.
///
/// - Parameter decimals: of the mantissa, none or one.
public func scientific(_ value: Float, decimals: Int) -> String {
  // What rounds to ten is one, of the next exponent.
  let most = decimals == 0 ? 9.5 : 9.95
  var (mantissa, exponent) = (Double(value), 0)
  while abs(mantissa) >= most {
    mantissa /= 10
    exponent += 1
  }
  while abs(mantissa) < most / 10 {
    mantissa *= 10
    exponent -= 1
  }
  return "\(fixed(mantissa, decimals))e\(exponent)"
}

/// A number with so many decimals, rounded.
public func fixed(_ value: Double, _ decimals: Int) -> String {
  var factor = 1
  for _ in 0..<decimals { factor *= 10 }
  let scaled = (abs(value) * Double(factor)).rounded()
  guard scaled < 1e15 else { return "\(value)" }
  let whole = Int(scaled)
  let sign = value < 0 && whole > 0 ? "-" : ""
  guard decimals > 0 else { return "\(sign)\(whole)" }
  let fraction = String(whole % factor)
  return "\(sign)\(whole / factor).\(String(repeating: "0", count: decimals - fraction.count))\(fraction)"
}

/// A share in percent, with so many decimals: `85.6%`.
public func percent(_ share: Double, _ decimals: Int) -> String { "\(fixed(100 * share, decimals))%" }

/// `53,512`
public func grouped(_ value: Int) -> String {
  var digits = String(abs(value))
  var parts: [String] = []
  while digits.count > 3 {
    parts.insert(String(digits.suffix(3)), at: 0)
    digits = String(digits.dropLast(3))
  }
  return (value < 0 ? "-" : "") + ([digits] + parts).joined(separator: ",")
}

/// `1h 02m`, `3m 07s`, `12s`.
public func formatDuration(_ seconds: Double) -> String {
  guard seconds.isFinite else { return "?" }
  let total = Int(min(max(0, seconds), 359_999).rounded())
  func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
  if total >= 3600 { return "\(total / 3600)h \(two(total / 60 % 60))m" }
  return total >= 60 ? "\(total / 60)m \(two(total % 60))s" : "\(total)s"
}

/// Spaces before a text, to so many columns.
public func padLeft(_ text: String, _ width: Int) -> String {
  String(repeating: " ", count: max(0, width - text.count)) + text
}

/// Spaces after a text, or its beginning, in exactly so many columns.
public func padRight(_ text: String, _ width: Int) -> String {
  let cut = text.prefix(max(0, width))
  return cut + String(repeating: " ", count: max(0, width - cut.count))
}
