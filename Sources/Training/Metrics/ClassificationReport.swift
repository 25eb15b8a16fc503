// What a classifier confuses with what: counts over images, and the figures that follow from them.

/// Which classes a net took images for, and how often the true class was among its k best.
public struct ClassificationReport: Hashable, Sendable {
  public let classes: Int
  /// The k of `topKAccuracy`.
  public let k: Int
  /// `classes × classes` counts of images, row-major: the row is the true class, the column the predicted one.
  public private(set) var confusion: [Int]
  public private(set) var images = 0
  /// Images whose logits are not all numbers: no class was chosen for them, and none is right.
  public private(set) var undecided = 0
  private var topKHits = 0

  /// - Parameter k: more than there are classes counts as all of them.
  public init(classes: Int, k: Int) {
    self.classes = classes
    self.k = min(k, classes)
    confusion = [Int](repeating: 0, count: classes * classes)
  }

  /// Counts one image. Of equal logits the first is the prediction; a label's rank is the number of larger ones.
  public mutating func add(logits: UnsafeBufferPointer<Float>, label: Int) {
    images += 1
    guard !logits.contains(where: \.isNaN) else {
      undecided += 1
      return
    }
    var (best, larger) = (0, 0)
    for index in 0..<classes {
      if logits[index] > logits[best] { best = index }
      if logits[index] > logits[label] { larger += 1 }
    }
    confusion[label * classes + best] += 1
    if larger < k { topKHits += 1 }
  }

  public func count(of label: Int, takenFor predicted: Int) -> Int { confusion[label * classes + predicted] }

  /// The share of images whose true class is among the k likeliest.
  public var topKAccuracy: Double { Double(topKHits) / Double(images) }

  /// Of the images taken for a class, the share that are of it; nil when none was.
  public func precision(_ label: Int) -> Double? {
    share(label, of: (0..<classes).reduce(0) { $0 + count(of: $1, takenFor: label) })
  }

  /// Of a class's images, the share that were recognised; nil when there are none.
  public func recall(_ label: Int) -> Double? {
    share(label, of: (0..<classes).reduce(0) { $0 + count(of: label, takenFor: $1) })
  }

  private func share(_ label: Int, of total: Int) -> Double? {
    total == 0 ? nil : Double(count(of: label, takenFor: label)) / Double(total)
  }
}
