// Where a step's time goes, operation by operation.

/// How long one operation's pass took in one step, summed over threads.
public struct OperationTime: Sendable {
  public enum Pass: Int, Sendable, CaseIterable {
    case forward, backward
    /// A parameter's gradient that is computed over the whole batch, after the shards.
    case wholeBatch
  }
  /// The operation's name, such as `conv2d`, and its place on the tape.
  public let operation: String
  public let node: Int
  public let pass: Pass
  public let seconds: Double
}

/// Clocks for each thread, operation and pass; threads write to rows of their own.
final class StepClock: @unchecked Sendable {
  private let slots: Int
  private let sums: UnsafeMutablePointer<Double>
  private let threads: Int

  init(nodes: Int, threads: Int) {
    // A row is padded, so that no two threads share a cache line.
    slots = nodes * OperationTime.Pass.allCases.count + 16
    self.threads = threads
    sums = .allocate(capacity: slots * threads)
    sums.update(repeating: 0, count: slots * threads)
  }

  deinit { sums.deallocate() }

  @inline(__always)
  func measure(_ node: Int, _ pass: OperationTime.Pass, worker: Int, _ body: () -> Void) {
    let start = ContinuousClock.now
    body()
    sums[worker * slots + node * OperationTime.Pass.allCases.count + pass.rawValue] +=
      (ContinuousClock.now - start).inSeconds
  }

  func seconds(_ node: Int, _ pass: OperationTime.Pass) -> Double {
    let slot = node * OperationTime.Pass.allCases.count + pass.rawValue
    return (0..<threads).reduce(0.0) { $0 + sums[$1 * slots + slot] }
  }
}
