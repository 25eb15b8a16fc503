// Memory for kernels: aligned to a cache line, a whole number of lanes long, zeroed.

import Glibc
import Kernels

/// A zeroed block of memory, aligned to 64 bytes and rounded up to whole lanes; freed with its owner.
///
/// It is shared between threads without locks: whoever hands it out says who may write when.
public final class AlignedBuffer: @unchecked Sendable {
  public let lanes: LanePointer
  /// The block's size in lanes; each is sixteen floats.
  public let laneCount: Int

  private static let hugePage = 2 << 20

  /// - Parameter laneCount: at least this many lanes (one is allocated for zero, so that the pointer is valid).
  public init(lanes laneCount: Int) {
    self.laneCount = max(1, laneCount)
    let bytes = self.laneCount * MemoryLayout<Lanes>.stride
    let isLarge = bytes >= 2 * AlignedBuffer.hugePage
    let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: isLarge ? AlignedBuffer.hugePage : 64)
    // A step passes over all of it, and a page of 4 KB lasts for sixty-four lanes. This is advice: a kernel that has no
    // larger pages refuses it, and nothing else changes.
    if isLarge { madvise(memory, bytes / AlignedBuffer.hugePage * AlignedBuffer.hugePage, MADV_HUGEPAGE) }
    lanes = memory.bindMemory(to: Lanes.self, capacity: self.laneCount)
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
  }

  /// A block of at least `floats` floats.
  public convenience init(floats: Int) { self.init(lanes: vectorCount(floats)) }

  public var floats: UnsafeMutablePointer<Float> { UnsafeMutableRawPointer(lanes).assumingMemoryBound(to: Float.self) }

  deinit { lanes.deallocate() }
}
