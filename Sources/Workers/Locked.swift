// A value that several threads share.

import Foundation

/// A value behind a lock.
///
/// Like `Synchronization.Mutex`, but over a lock that the thread sanitizer knows: it would take what a `Mutex` guards for
/// races.
public final class Locked<Value>: @unchecked Sendable {
  private let lock = NSLock()
  private var value: Value

  public init(_ value: Value) { self.value = value }

  /// Looks at the value or changes it, alone.
  public func withLock<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
    lock.lock()
    defer { lock.unlock() }
    return try body(&value)
  }
}
