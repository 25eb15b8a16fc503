// Elementary functions whose bits are the same on every processor.

/// Functions built of +, −, ·, / alone, each of which IEEE 754 defines to the last bit.
///
/// A system's mathematics library picks its code by the processor that it finds, and the last bits with it. These are
/// within a few units in the last place of a double, and the same everywhere; vector code for them is in `Kernels`.
public enum Reproducible {
  /// cos(2π · turns): the argument in turns, so that its reduction is exact.
  public static func cosine(turns: Double) -> Double {
    let (quarter, angle) = reduce(turns)
    switch quarter {
    case 0: return cosineNearZero(angle)
    case 1: return -sineNearZero(angle)
    case 2: return -cosineNearZero(angle)
    default: return sineNearZero(angle)
    }
  }

  /// sin(2π · turns)
  public static func sine(turns: Double) -> Double {
    let (quarter, angle) = reduce(turns)
    switch quarter {
    case 0: return sineNearZero(angle)
    case 1: return cosineNearZero(angle)
    case 2: return -sineNearZero(angle)
    default: return -cosineNearZero(angle)
    }
  }

  /// ln x for a finite x above 0: x = m · 2ⁿ with m near 1, and ln m = 2 · artanh((m − 1) / (m + 1)) as its series.
  public static func logarithm(_ x: Double) -> Double {
    var (fraction, exponent) = (x.significand, Double(x.exponent))
    if fraction > 1.414_213_562_373_095_1 { (fraction, exponent) = (fraction / 2, exponent + 1) }
    let s = (fraction - 1) / (fraction + 1)
    let square = s * s
    // |s| ≤ 0.172: the eleventh term is below the last bit.
    var sum = 0.0
    for term in stride(from: 21, through: 3, by: -2) { sum = (sum + 1 / Double(term)) * square }
    // ln 2 in two parts, so that the product with n is exact.
    return exponent * 0.693_147_180_369_123_8 + (2 * (s + s * sum) + exponent * 1.908_214_929_270_587_7e-10)
  }

  /// eˣ: x = n · ln 2 + r, and eʳ as its series; zero and infinity where a normal number would not do.
  public static func exponential(_ x: Double) -> Double {
    guard x.magnitude < 708 else { return x < 0 ? 0 : x > 0 ? .infinity : .nan }
    let n = (x / 0.693_147_180_559_945_3).rounded()
    let r = (x - n * 0.693_147_180_369_123_8) - n * 1.908_214_929_270_587_7e-10
    var sum = 1.0
    for term in stride(from: 14.0, through: 1, by: -1) { sum = 1 + sum * r / term }
    return Double(sign: .plus, exponent: Int(n), significand: sum)
  }

  /// base to a whole power, by squaring.
  public static func power(_ base: Double, _ exponent: Int) -> Double {
    var (result, square, left) = (1.0, base, exponent.magnitude)
    while left > 0 {
      if left & 1 == 1 { result *= square }
      square *= square
      left >>= 1
    }
    return exponent < 0 ? 1 / result : result
  }

  /// base, at least 0, to any power of at least 0.
  public static func power(_ base: Double, real exponent: Double) -> Double {
    if exponent == exponent.rounded(), exponent.magnitude < 0x1p31 { return power(base, Int(exponent)) }
    return base == 0 ? 0 : exponential(exponent * logarithm(base))
  }

  /// The nearest quarter turn, from 0 to 3, and the angle from there in radians, at most π/4 either way.
  private static func reduce(_ turns: Double) -> (quarter: Int, angle: Double) {
    let rest = turns - turns.rounded()
    let quarter = (4 * rest).rounded()
    return (Int(quarter) & 3, (rest - quarter / 4) * (2 * .pi))
  }

  /// The series of the sine, x · (1 − x²/(2·3) · (1 − x²/(4·5) · …)).
  private static func sineNearZero(_ x: Double) -> Double {
    let square = x * x
    var sum = 1.0
    for term in stride(from: 16.0, through: 2, by: -2) { sum = 1 - sum * square / (term * (term + 1)) }
    return x * sum
  }

  private static func cosineNearZero(_ x: Double) -> Double {
    let square = x * x
    var sum = 1.0
    for term in stride(from: 17.0, through: 1, by: -2) { sum = 1 - sum * square / (term * (term + 1)) }
    return sum
  }
}
