// What can be wrong in a configuration, and the hint that goes with it.

/// What is wrong in a configuration: the file, the key path, what was found, what is expected.
public struct ConfigurationError: Error, CustomStringConvertible, Equatable {
  public let file: String
  /// `model.layers[2].kernel_size`; empty when it concerns the whole file.
  public let keyPath: String
  public let message: String

  public init(file: String, keyPath: String, message: String) {
    self.file = file
    self.keyPath = keyPath
    self.message = message
  }

  public var description: String { keyPath.isEmpty ? "\(file): \(message)" : "\(file): \(keyPath): \(message)" }
}

/// Whether a name can stand in a file's name and on a screen: ASCII letters, digits, "-", "_" and ".".
public func isPlainName(_ name: String, limit: Int) -> Bool {
  (1...limit).contains(name.count)
    && name.unicodeScalars.allSatisfy { scalar in
      scalar.isASCII && (scalar.properties.isAlphabetic || "0123456789-_.".unicodeScalars.contains(scalar))
    }
}

/// The choice with the smallest edit distance, if it is close enough to be a slip of the hand.
public func nearest(_ word: String, among choices: [String]) -> String? {
  let scored = choices.map { ($0, editDistance(Array(word), Array($0))) }
  guard let best = scored.min(by: { $0.1 < $1.1 }), best.1 <= max(2, word.count / 3) else { return nil }
  return best.0
}

/// Levenshtein's distance: insertions, deletions and replacements.
private func editDistance(_ a: [Character], _ b: [Character]) -> Int {
  var row = Array(0...b.count)
  for (i, x) in a.enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    for (j, y) in b.enumerated() {
      let replaced = diagonal + (x == y ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(replaced, diagonal + 1, row[j] + 1)
    }
  }
  return row[b.count]
}
