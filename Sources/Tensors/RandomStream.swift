// Randomness without hidden state: every number is a function of what it is for.

import Kernels

/// See `Kernels`; for modules that know no kernels.
public typealias Reproducible = Kernels.Reproducible

/// What a random number is for; part of its key, so that no two uses ever share numbers.
public enum RandomPurpose: UInt32, Sendable {
  case initialization = 1
  case shuffle
  case dropout
  case glyphs
  case split
}

/// A sequence of random numbers that is fully determined by (seed, purpose, stream, index).
///
/// Asking for the i-th number twice gives the same number: a run can be resumed, replayed and rewound exactly.
public struct RandomStream: Sendable {
  private let key: SIMD2<UInt32>
  private let purpose: UInt32
  private let stream: UInt32

  /// - Parameter stream: which sequence of this purpose: an epoch, a parameter's index, an image's index.
  public init(seed: UInt64, purpose: RandomPurpose, stream: Int = 0) {
    key = RandomStream.key(seed)
    self.purpose = purpose.rawValue
    self.stream = UInt32(truncatingIfNeeded: stream)
  }

  public static func key(_ seed: UInt64) -> SIMD2<UInt32> {
    SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
  }

  /// Four independent 32-bit words for an index.
  public func words(_ index: Int) -> SIMD4<UInt32> {
    let index = UInt64(index)
    return philox(
      SIMD4(UInt32(truncatingIfNeeded: index), UInt32(truncatingIfNeeded: index >> 32), stream, purpose), key: key)
  }

  /// The index-th number, uniform in [0, 1), with 24 random bits.
  public func uniform(_ index: Int) -> Float { Float(words(index / 4)[index % 4] >> 8) * 0x1p-24 }

  /// The index-th number, uniform in `range`.
  public func uniform(_ index: Int, in range: Range<Float>) -> Float {
    range.lowerBound + (range.upperBound - range.lowerBound) * uniform(index)
  }

  /// The index-th number, normal with mean 0 and deviation 1, by Box and Muller.
  public func normal(_ index: Int) -> Float {
    let w = words(index)
    // From 2⁻³² to 1, so that the logarithm is finite.
    let u = (Double(w.x) + 1) * 0x1p-32
    let turns = Double(w.y) * 0x1p-32
    return Float((-2 * Reproducible.logarithm(u)).squareRoot() * Reproducible.cosine(turns: turns))
  }

  /// A permutation of 0..<count, by Fisher and Yates.
  public func permutation(_ count: Int) -> [Int32] {
    var order = (0..<Int32(count)).map { $0 }
    for i in stride(from: count - 1, to: 0, by: -1) {
      // 64 random bits against a bound below 2³²: the bias is under 2⁻³².
      let w = words(i)
      let wide = UInt64(w.x) << 32 | UInt64(w.y)
      order.swapAt(i, Int(wide.multipliedFullWidth(by: UInt64(i + 1)).high))
    }
    return order
  }
}
