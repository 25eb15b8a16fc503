// The pieces of a shard's memory, some of which serve several values one after the other.

/// Hands out places, and those again that nobody needs any more.
struct PlaceList {
  /// Lanes of all places together.
  private(set) var lanes = 0
  private var sizes: [Int: Int] = [:]
  private var free: [Int] = []

  /// A place that no one else had or will have.
  mutating func add(_ count: Int) -> Int {
    defer { lanes += count }
    sizes[lanes] = count
    return lanes
  }

  /// The smallest place that will do of those given back, and of equals the one given back last, since the caches may still
  /// hold it; a new one if there is none.
  mutating func take(_ count: Int) -> Int {
    func size(_ index: Int) -> Int { sizes[free[index]] ?? 0 }
    var best: Int?
    for index in free.indices where size(index) >= count && best.map({ size(index) <= size($0) }) ?? true {
      best = index
    }
    guard count > 0, let best else { return add(count) }
    return free.remove(at: best)
  }

  /// Gives a place back.
  mutating func release(_ place: Int) { free.append(place) }
}
