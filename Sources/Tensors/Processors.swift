// How many processors this process may use.

import CVector
import Foundation

/// The processors of the machine, as far as this process may use them.
public enum Processors {
  /// How many threads can run at once: the processors that the process is bound to (`taskset`), or fewer where its control
  /// group has a quota of processor time (containers); at least one.
  public static let available: Int = {
    let affinity = Int(processor_affinity())
    let bound = affinity > 0 ? affinity : ProcessInfo.processInfo.processorCount
    return max(1, min(bound, quota(text("/sys/fs/cgroup/cpu.max")) ?? bound, legacyQuota ?? bound))
  }()

  /// `cpu.max` of a control group's second version: microseconds of processor time, or `max`, in a period.
  static func quota(_ text: String?) -> Int? {
    let words = (text ?? "").split(whereSeparator: \.isWhitespace)
    guard words.count == 2, let time = Double(words[0]), let period = Double(words[1]), period > 0, time > 0 else {
      return nil
    }
    return max(1, Int((time / period).rounded(.up)))
  }

  /// The same in two files, of the first version.
  private static var legacyQuota: Int? {
    guard let time = text("/sys/fs/cgroup/cpu/cpu.cfs_quota_us"),
      let period = text("/sys/fs/cgroup/cpu/cpu.cfs_period_us")
    else { return nil }
    return quota("\(time) \(period)")
  }

  private static func text(_ path: String) -> String? {
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
  }
}
