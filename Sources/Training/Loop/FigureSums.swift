// Sums over images, from which means follow.

/// Loss and hits over some images.
struct FigureSums: Hashable, Sendable, Codable {
  private(set) var images = 0
  private var loss = 0.0
  private var weight = 0.0
  private var hits = 0.0

  /// - Parameters:
  ///   - means: of the images' losses and hits.
  ///   - weight: what the sum of the losses is divided by for their mean.
  mutating func add(_ means: (loss: Double, accuracy: Double), images count: Int, weight added: Double) {
    images += count
    loss += means.loss * added
    weight += added
    hits += means.accuracy * Double(count)
  }

  var meanLoss: Double { weight == 0 ? 0 : loss / weight }
  var accuracy: Double { hits / Double(images) }
}
