// Threads that share out numbered pieces of work, and wait for each other at the end.

import Glibc
import Kernels
import Synchronization
import Tensors

/// Numbered pieces of work as a value: it lies on the caller's stack while the threads share it out.
public protocol PoolWork {
  /// Does one piece. `worker` is less than the pool's threads and is never in two calls at once.
  func perform(_ index: Int, _ worker: Int)
}

extension PoolWork {
  /// Does one piece of the work that lies at an address.
  fileprivate static func perform(at address: UnsafeRawPointer, _ index: Int, _ worker: Int) {
    address.assumingMemoryBound(to: Self.self).pointee.perform(index, worker)
  }
}

/// A fixed set of threads for fork and join; the calling thread is one of them.
///
/// Between jobs a worker spins for half a millisecond, because the next job of a training step is near, and waking up
/// takes longer than a short stage of one; then it sleeps: a paused program uses no processor time. Where other threads
/// want its processor, ten microseconds must do: time spent spinning would be missing when there is work. One thread at
/// a time may call `run`.
public final class WorkerPool: @unchecked Sendable {
  /// Threads that work, the caller included.
  public let threads: Int

  /// Whether the thread that calls `run` does all pieces itself, while others would take longer to learn of them.
  public var isCallerAlone = false

  private let isCrowded: Bool
  /// For each thread the pieces of the job that it takes first and that are still to take, each on cache lines of its own: between
  /// processors that share no cache, a change of one takes as long as a thousand multiply-adds.
  private let shares: UnsafeMutablePointer<Atomic<UInt64>>
  /// How many have not been reported as done.
  private let unfinished = Atomic<Int>(0)
  private let isStopping = Atomic<Bool>(false)
  private var job: Job?
  private var workers: [pthread_t] = []
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let wake: UnsafeMutablePointer<pthread_cond_t>

  /// - Parameter threads: at least 1.
  public init(threads: Int) {
    precondition(threads >= 1, "a worker pool needs a thread")
    self.threads = threads
    isCrowded = threads > Processors.available
    shares = .allocate(capacity: threads * WorkerPool.shareStep)
    for worker in 0..<threads { (shares + worker * WorkerPool.shareStep).initialize(to: Atomic(0)) }
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
    shares.deallocate()
    mutex.deallocate()
    wake.deallocate()
  }

  /// Performs the pieces 0..<count, each once, on all threads, and returns when all are done.
  ///
  /// A worker takes the pieces worker, worker + threads, worker + 2 · threads … as long as it can, in this order, since from one job to
  /// the next their numbers lie in its cache, and then what others have not come to: results must not depend on it.
  /// Nothing is allocated.
  public func run<Work: PoolWork>(count: Int, _ work: Work) {
    withUnsafePointer(to: work) { run(count: count, Job(work: $0, type: Work.self)) }
  }

  /// Some work where it lies, and its type, where a generic closure over it would have to be allocated.
  private struct Job {
    let work: UnsafeRawPointer
    let type: any PoolWork.Type

    func perform(_ index: Int, _ worker: Int) { type.perform(at: work, index, worker) }
  }

  /// The same for a closure, which costs an allocation.
  public func run(count: Int, _ body: (_ index: Int, _ worker: Int) -> Void) {
    withoutActuallyEscaping(body) { run(count: count, ClosureWork(body: $0)) }
  }

  private struct ClosureWork: PoolWork {
    let body: (Int, Int) -> Void
    func perform(_ index: Int, _ worker: Int) { body(index, worker) }
  }

  private func run(count: Int, _ job: Job) {
    guard threads > 1, count > 1, !isCallerAlone else {
      for index in 0..<count { job.perform(index, 0) }
      return
    }
    precondition(count <= Share.most, "a worker pool shares out at most \(Share.most) pieces")
    self.job = job
    unfinished.store(count, ordering: .relaxed)
    for worker in 0..<threads {
      // The first piece is the caller's.
      let share = Share(next: worker == 0 ? 1 : 0, count: (count - worker + threads - 1) / threads)
      self.share(worker).pointee.store(share.bits, ordering: .releasing)
    }
    signalWorkers()
    job.perform(0, 0)
    var done = 1
    while let index = takePiece(0) {
      job.perform(index, 0)
      done += 1
    }
    // The others have what is left; a thread that has taken nothing, because it sleeps or has lost its processor, is not waited for.
    while unfinished.load(ordering: .acquiring) > done {
      if isCrowded { sched_yield() } else { pauseProcessor() }
    }
    self.job = nil
  }

  /// Which piece of a worker's is the next one to take, and how many it has, in one word, so that they change together.
  private struct Share {
    static let most = 1 << 31
    let next: Int
    let count: Int

    init(next: Int, count: Int) { (self.next, self.count) = (next, max(0, count)) }
    init(_ bits: UInt64) { self.init(next: Int(bits & 0xFFFF_FFFF), count: Int(bits >> 32)) }

    var bits: UInt64 { UInt64(count) << 32 | UInt64(next) }
    var first: Int? { next < count ? next : nil }
  }

  /// Words from one share to the next: two cache lines, which processors fetch in pairs.
  private static let shareStep = 16

  private func share(_ worker: Int) -> UnsafeMutablePointer<Atomic<UInt64>> { shares + worker * WorkerPool.shareStep }

  /// Takes a piece of the present job, whichever that is by now: of the worker's own, or else of the others'; nil when none is left.
  /// The job ends only when the piece has been reported as done.
  private func takePiece(_ worker: Int) -> Int? {
    for other in 0..<threads {
      let owner = worker + other < threads ? worker + other : worker + other - threads
      if let piece = takePiece(of: owner) { return piece }
    }
    return nil
  }

  private func takePiece(of owner: Int) -> Int? {
    let share = share(owner)
    guard Share(share.pointee.load(ordering: .relaxed)).first != nil else { return nil }
    return Share(share.pointee.wrappingAdd(1, ordering: .acquiring).oldValue).first.map { $0 * threads + owner }
  }

  private func signalWorkers() {
    pthread_mutex_lock(mutex)
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
    // Signals are the main thread's business, but for a fault of this thread's own: while that is blocked, the process
    // is killed without its handler.
    var blocked = sigset_t()
    sigfillset(&blocked)
    for fault in [SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGABRT, SIGFPE] { sigdelset(&blocked, fault) }
    pthread_sigmask(SIG_BLOCK, &blocked, nil)
    var spins = Spinning(isCrowded: isCrowded)
    while let first = waitForPiece(worker, &spins) {
      guard let job else { preconditionFailure("a piece without a job") }
      var (next, done) = (Optional(first), 0)
      while let index = next {
        job.perform(index, worker)
        done += 1
        next = takePiece(worker)
      }
      unfinished.wrappingSubtract(done, ordering: .releasing)
    }
  }

  /// Whether a worker spins between jobs.
  private struct Spinning {
    let isCrowded: Bool
    /// Jobs before which it will not, since it lost its processor while it did.
    private(set) var jobsToSkip = 0
    private var lastSkip = 0
    private var jobsSince = 0

    init(isCrowded: Bool) { self.isCrowded = isCrowded }

    /// Another job is over.
    mutating func next() {
      jobsToSkip = max(0, jobsToSkip - 1)
      jobsSince += 1
    }

    /// Where others want the processor all the time it skips more and more jobs; a single interruption is soon forgotten.
    mutating func loseProcessor() {
      lastSkip = jobsSince < 1000 ? min(1000, max(60, 2 * lastSkip)) : 60
      (jobsToSkip, jobsSince) = (lastSkip, 0)
    }
  }

  /// Takes a piece of the next job; nil when there will be none.
  private func waitForPiece(_ worker: Int, _ spins: inout Spinning) -> Int? {
    spins.next()
    let start = ContinuousClock.now
    let end = start + (spins.isCrowded || spins.jobsToSkip > 0 ? .microseconds(10) : .microseconds(500))
    var last = start
    while last < end {
      for _ in 0..<64 {
        if let piece = takePiece(of: worker) { return piece }
        if isStopping.load(ordering: .acquiring) { return nil }
        pauseProcessor()
      }
      if let piece = takePiece(worker) { return piece }
      // Some microseconds have passed, or another thread had the processor.
      let now = ContinuousClock.now
      if now - last > .microseconds(100) {
        spins.loseProcessor()
        break
      }
      last = now
    }
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while true {
      if let piece = takePiece(worker) { return piece }
      if isStopping.load(ordering: .acquiring) { return nil }
      pthread_cond_wait(wake, mutex)
    }
  }
}
