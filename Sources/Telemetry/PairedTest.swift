// Whether one net is better than another on the same images, or only luckier.

import Foundation

/// Two nets on the same images: how many only one of them gets right.
public struct PairedTest: Hashable, Sendable, Codable {
  public let images: Int
  /// Right only in the first, and right only in the second.
  public let onlyFirst: Int
  public let onlySecond: Int

  public init(images: Int, onlyFirst: Int, onlySecond: Int) {
    (self.images, self.onlyFirst, self.onlySecond) = (images, onlyFirst, onlySecond)
  }

  /// - Precondition: both are of the same images, in the same order.
  public init(_ first: [Bool], _ second: [Bool]) {
    precondition(first.count == second.count, "the images must be the same")
    self.init(
      images: first.count, onlyFirst: zip(first, second).count { $0 && !$1 },
      onlySecond: zip(first, second).count { !$0 && $1 })
  }

  /// By how much the first is ahead, as a share of all images.
  public var lead: Double { Double(onlyFirst - onlySecond) / Double(max(1, images)) }

  /// How likely a lead at least as large is, either way, if both were equally good: the exact binomial form of McNemar's test,
  /// 2 · Σ_{k ≤ min(b, c)} C(b + c, k) / 2^(b + c).
  ///
  /// Source: McNemar, "Note on the sampling error of the difference between correlated proportions" (1947).
  public var p: Double {
    let (few, all) = (min(onlyFirst, onlySecond), onlyFirst + onlySecond)
    guard all > 0 else { return 1 }
    var sum = 0.0
    for k in 0...few {
      let ways = lgamma(Double(all) + 1) - lgamma(Double(k) + 1) - lgamma(Double(all - k) + 1)
      sum += exp(ways - Double(all) * log(2))
    }
    return min(1, 2 * sum)
  }

  /// Less likely than one in twenty by chance alone.
  public var isMoreThanNoise: Bool { p < 0.05 }

  /// The verdict on two names, in a sentence.
  public func verdict(_ first: String, _ second: String) -> String {
    let pairs = "\(grouped(max(onlyFirst, onlySecond))) images against \(grouped(min(onlyFirst, onlySecond)))"
    guard onlyFirst != onlySecond else { return "\(lead(first, second)): \(pairs)" }
    return "\(lead(first, second)): \(pairs) that only one gets right, \(noise)"
  }

  /// Who is ahead of whom, and by how much.
  public func lead(_ first: String, _ second: String) -> String {
    guard onlyFirst != onlySecond else { return "\(first) and \(second) are level" }
    let (ahead, behind) = onlyFirst > onlySecond ? (first, second) : (second, first)
    return "\(ahead) leads \(behind) by \(percent(abs(lead), 2))"
  }

  /// Whether the lead is more than noise, and by which test.
  public var noise: String {
    let chance = p < 0.001 ? "p < 0.001" : "p = \(fixed(p, 3))"
    return "\(isMoreThanNoise ? "more" : "no more") than noise (McNemar's test, \(chance))"
  }
}
