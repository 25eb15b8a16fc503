// Into how many portions a shard's work is cut: found out by trying.

/// Finds how many threads are worth having on one shard.
///
/// Each portion's numbers go to the threads that compute with them next. What that costs depends on the processors: between two that
/// share a cache it is little, between two that do not, or on a machine that others use, it may be more than a thread gains.
/// So now and then a few runs are made with half as many portions, and with twice as many, and the quickest is kept. Results do not
/// depend on it.
struct PortionTrial {
  /// What kind of runs it is about.
  struct Kind: Hashable {
    let most: Int
    let backward: Bool
  }

  /// As many as would give all threads work.
  private let most: Int
  private(set) var best: Int
  /// Runs until the next trial; it comes soon at first.
  private var runsToGo = 32
  private var pause = 32
  /// Which candidate is being tried, in a trial, and its shortest run.
  private var candidate: Int?
  private var shortest: Duration?
  private var quickest: (portions: Int, duration: Duration)?
  private var runs = 0

  private static let longestPause = 1024
  /// Of each candidate; the first ones find its numbers in other caches.
  private static let runsOfTrial = 6
  private static let runsToSettle = 2

  init(most: Int) { (self.most, best) = (most, most) }

  /// For the run that comes next.
  var portions: Int { portions(of: candidate ?? 0) }

  private static let candidates = 3
  private func portions(of candidate: Int) -> Int {
    switch candidate {
    case 0: best
    case 1: max(1, best / 2)
    default: min(most, 2 * best)
    }
  }

  /// Takes note of how long that one took.
  mutating func note(_ duration: Duration) {
    guard let candidate else {
      runsToGo -= 1
      if runsToGo <= 0 { self.candidate = 0 }
      return
    }
    runs += 1
    if runs > PortionTrial.runsToSettle { shortest = min(shortest ?? duration, duration) }
    guard runs == PortionTrial.runsOfTrial, let time = shortest else { return }
    if quickest.map({ time < $0.duration }) ?? true { quickest = (portions, time) }
    (runs, shortest) = (0, nil)
    self.candidate = candidate + 1 < PortionTrial.candidates ? candidate + 1 : nil
    if self.candidate == nil { end() }
  }

  private mutating func end() {
    if let quickest { best = quickest.portions }
    quickest = nil
    pause = min(2 * pause, PortionTrial.longestPause)
    runsToGo = pause
  }
}
