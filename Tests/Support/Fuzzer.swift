// Damaged inputs, the same every time: what a parser must survive.

import Foundation

/// How many inputs a fuzz test tries: CONVTOP_FUZZ in the environment, or a few.
public let fuzzedInputs = ProcessInfo.processInfo.environment["CONVTOP_FUZZ"].flatMap { Int($0) } ?? 1500

/// The most memory that this process has had so far, in bytes.
public var peakMemory: Int {
  let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
  let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
  return (line?.split(separator: " ").dropLast().last.flatMap { Int($0) } ?? 0) * 1024
}

/// Makes inputs from sound ones: bits and bytes changed, pieces cut, doubled, moved, words and numbers put in.
public struct Fuzzer {
  private var state: UInt64
  private let corpus: [[UInt8]]
  /// What a format has in it that matters: keys, brackets, numbers at the edges.
  private let words: [[UInt8]]

  private static let numbers = [
    "0", "-1", "1e999", "-0", "4294967296", "9223372036854775807", "-9223372036854775808", "18446744073709551616",
    "1e-400", "NaN", "null", "true", "\"\"", "[]", "{}", "\"\\u0000\"", "\u{1b}[2J", "\u{202e}", "\n", "\"nan\"",
  ]

  public init(seed: UInt64, corpus: [[UInt8]], words: [String] = []) {
    state = seed &* 0x9e37_79b9_7f4a_7c15 &+ 1
    self.corpus = corpus
    self.words = (words + Fuzzer.numbers).map { Array($0.utf8) }
  }

  /// A number below a limit: SplitMix64, from Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014).
  public mutating func draw(_ limit: Int) -> Int {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return Int((z ^ (z >> 31)) % UInt64(max(1, limit)))
  }

  public mutating func next() -> [UInt8] {
    var bytes = corpus[draw(corpus.count)]
    for _ in 0...draw(4) { mutate(&bytes) }
    return bytes
  }

  private mutating func mutate(_ bytes: inout [UInt8]) {
    guard !bytes.isEmpty else {
      bytes = words[draw(words.count)]
      return
    }
    let place = draw(bytes.count)
    let length = min(bytes.count - place, 1 + draw(draw(8) == 0 ? bytes.count : 16))
    switch draw(8) {
    case 0: bytes[place] ^= 1 << UInt8(draw(8))
    case 1: bytes[place] = UInt8(draw(256))
    case 2: for index in place..<place + length { bytes[index] = [0, 0xff, 0x80, 0x7f][draw(4)] }
    case 3: bytes.removeSubrange(place..<place + length)
    case 4: bytes.insert(contentsOf: bytes[place..<place + length], at: draw(bytes.count))
    case 5: bytes.insert(contentsOf: words[draw(words.count)], at: place)
    case 6: bytes.replaceSubrange(place..<place + length, with: words[draw(words.count)])
    default: bytes.removeLast(draw(bytes.count))
    }
  }
}

/// Tries damaged inputs on a parser, prints what came of them, and says in a sentence what should not have.
///
/// - Parameter memory: the most bytes by which the process may grow.
/// - Returns: nil when sound inputs were taken, damaged ones refused, and memory stayed bounded.
public func fuzz(
  _ name: String, seed: UInt64, corpus: [[UInt8]], words: [String] = [], memory: Int = 300 << 20,
  _ parse: ([UInt8]) throws -> Void
) -> String? {
  var fuzzer = Fuzzer(seed: seed, corpus: corpus, words: words)
  let before = peakMemory
  var refused = 0
  for _ in 0..<fuzzedInputs { do { try parse(fuzzer.next()) } catch { refused += 1 } }
  print("\(name): \(fuzzedInputs) inputs, \(refused) refused, peak memory \(peakMemory >> 20) MB")
  guard refused > fuzzedInputs / 10, refused < fuzzedInputs else { return "\(name): \(refused) were refused" }
  return peakMemory - before < memory ? nil : "\(name): took \((peakMemory - before) >> 20) MB"
}
