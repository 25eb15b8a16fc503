// Threads that share out numbered pieces of work, and meet again when all are done.

import Glibc
import Synchronization

/// A fixed set of threads for fork and join; the calling thread is one of them.
///
/// Between jobs a worker spins for some microseconds, because the next job of a training step is near, then sleeps: a
/// paused program uses no processor time. One thread at a time may call `run`.
public final class WorkerPool: @unchecked Sendable {
  /// Threads that work, the caller included.
  public let threads: Int

  private typealias Body = (_ index: Int, _ worker: Int) -> Void

  private let generation = Atomic<Int>(0)
  private let nextIndex = Atomic<Int>(0)
  private let unfinished = Atomic<Int>(0)
  private let isStopping = Atomic<Bool>(false)
  private var body: UnsafePointer<Body>?
  private var count = 0
  private var workers: [pthread_t] = []
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let wake: UnsafeMutablePointer<pthread_cond_t>

  /// - Parameter threads: at least 1.
  public init(threads: Int) {
    precondition(threads >= 1, "a worker pool needs a thread")
    self.threads = threads
    mutex = .allocate(capacity: 1)
    wake = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(wake, nil)
    for worker in 1..<threads { start(worker) }
  }

  deinit {
    isStopping.store(true, ordering: .releasing)
    signalWorkers()
    for worker in workers { pthread_join(worker, nil) }
    pthread_mutex_destroy(mutex)
    pthread_cond_destroy(wake)
    mutex.deallocate()
    wake.deallocate()
  }

  /// Calls `body(index, worker)` once for each index in 0..<count, on all threads, and returns when all calls have.
  ///
  /// `worker` is less than `threads` and is never in two calls at once. Which worker gets which index is not fixed:
  /// results must not depend on it.
  public func run(count: Int, _ body: (_ index: Int, _ worker: Int) -> Void) {
    guard threads > 1, count > 1 else {
      for index in 0..<count { body(index, 0) }
      return
    }
    withoutActuallyEscaping(body) { escaping in
      withUnsafePointer(to: escaping) { pointer in
        self.body = pointer
        self.count = count
        nextIndex.store(0, ordering: .relaxed)
        unfinished.store(threads - 1, ordering: .relaxed)
        signalWorkers()
        work(pointer.pointee, 0)
        // The pointer may not be let go before every worker has seen that no index is left.
        while unfinished.load(ordering: .acquiring) > 0 { spinPause() }
        self.body = nil
      }
    }
  }

  private func work(_ body: Body, _ worker: Int) {
    while true {
      let index = nextIndex.wrappingAdd(1, ordering: .relaxed).oldValue
      guard index < count else { return }
      body(index, worker)
    }
  }

  private func signalWorkers() {
    pthread_mutex_lock(mutex)
    generation.wrappingAdd(1, ordering: .releasing)
    pthread_cond_broadcast(wake)
    pthread_mutex_unlock(mutex)
  }

  private final class Start {
    unowned(unsafe) let pool: WorkerPool
    let worker: Int
    init(_ pool: WorkerPool, _ worker: Int) {
      self.pool = pool
      self.worker = worker
    }
  }

  private func start(_ worker: Int) {
    var thread = pthread_t()
    let start = Unmanaged.passRetained(Start(self, worker))
    let status = pthread_create(
      &thread, nil,
      { raw in
        let start = Unmanaged<Start>.fromOpaque(raw!).takeRetainedValue()
        start.pool.loop(start.worker)
        return nil
      }, start.toOpaque())
    precondition(status == 0, "pthread_create failed with \(status)")
    workers.append(thread)
  }

  private func loop(_ worker: Int) {
    // Signals are the main thread's business.
    var all = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_BLOCK, &all, nil)
    var seen = 0
    while true {
      seen = waitForWork(after: seen)
      if isStopping.load(ordering: .acquiring) { return }
      if let body { work(body.pointee, worker) }
      unfinished.wrappingSubtract(1, ordering: .releasing)
    }
  }

  private func waitForWork(after seen: Int) -> Int {
    for _ in 0..<4000 {
      let now = generation.load(ordering: .acquiring)
      if now != seen { return now }
      spinPause()
    }
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while generation.load(ordering: .acquiring) == seen { pthread_cond_wait(wake, mutex) }
    return generation.load(ordering: .acquiring)
  }

  /// A few dozen nanoseconds of waiting that leave the processor's other thread its resources.
  @inline(__always)
  private func spinPause() {
    for _ in 0..<8 { _ = isStopping.load(ordering: .relaxed) }
  }
}
