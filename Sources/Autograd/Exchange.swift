// Where what the shards of a batch give is joined, those of other processes included.

/// Adds up over all shards of a batch, in the order of the shards, whichever process has them.
///
/// Everything that crosses shards goes through it: the gradients of parameters, the means of metrics, and what operations
/// add up at a barrier. What else depends on the whole batch is known to every process beforehand: how many images it
/// has (`StepContext.totalImages`), what its losses are divided by (`BatchSource.lossWeight`), and where in it a process's
/// shards stand (`StepContext.firstShard`). So nothing but an exchange knows whether all shards are here.
///
/// The sums have one order and so the same bits however the shards are spread, but for the weight gradient of a linear
/// layer, which adds 64 shards in one go: it has them where each process begins at a multiple of that.
public protocol Exchange: Sendable {
  /// Joins sums.
  ///
  /// - Parameters:
  ///   - pieces: memory for the sums; afterwards it holds those over all shards, in every process.
  ///   - add: continues the sums by the shards of this process; when they are the first, what lies in the memory counts
  ///     for nothing.
  func join(_ pieces: some Collection<UnsafeMutableRawBufferPointer>, _ add: (_ areFirst: Bool) -> Void)
}

/// The exchange of a process that has all shards.
public struct LocalExchange: Exchange {
  public init() {}
  public func join(_ pieces: some Collection<UnsafeMutableRawBufferPointer>, _ add: (_ areFirst: Bool) -> Void) {
    add(true)
  }
}
