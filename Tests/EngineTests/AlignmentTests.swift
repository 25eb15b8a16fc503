// Kernels on memory as Swift aligns it: to sixteen bytes, not to a vector's sixty-four.

import Kernels
import Testing

/// Memory whose blocks all begin a number of bytes after a multiple of 64.
private final class Arena {
  private let memory: UnsafeMutableRawPointer
  private var used: Int

  init(offset: Int) {
    memory = .allocate(byteCount: 1 << 22, alignment: 64)
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: 1 << 22)
    used = offset
  }

  deinit { memory.deallocate() }

  func lanes(_ count: Int, seed: Int? = nil) -> LanePointer {
    let block = (memory + used).bindMemory(to: Lanes.self, capacity: count)
    used += count * MemoryLayout<Lanes>.stride
    precondition(used <= 1 << 22)
    guard let seed else { return block }
    for i in 0..<count * lanesPerShard { scalars(block)[i] = Float((i &* 37 &+ seed) % 41 - 20) / 16 }
    return block
  }

  func scalars(_ lanes: LanePointer) -> UnsafeMutablePointer<Float> {
    UnsafeMutableRawPointer(lanes).assumingMemoryBound(to: Float.self)
  }

  func floats(_ count: Int, seed: Int? = nil) -> UnsafeMutablePointer<Float> {
    scalars(lanes(vectorCount(count), seed: seed))
  }
}

@Suite struct AlignmentTests {
  /// A kernel on memory from an arena: where its result lies, and how many floats that is.
  fileprivate struct Kernel: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let run: @Sendable (Arena) -> (UnsafeMutablePointer<Float>, Int)

    init(_ name: String, _ run: @escaping @Sendable (Arena) -> (UnsafeMutablePointer<Float>, Int)) {
      (testDescription, self.run) = (name, run)
    }
  }

  private static func geometry(
    _ channels: Int, _ kernel: Int, stride: Int = 1, side: Int = 12
  ) -> CorrelationGeometry {
    let axis = TapAxis(kernel: kernel, stride: stride, dilation: 1, data: 0..<side)
    let outputs = (side - kernel) / stride + 1
    return CorrelationGeometry(
      channels: channels, outChannels: channels, outHeight: outputs, outWidth: outputs, pitch: side, plane: side * side,
      rows: axis, columns: axis)
  }

  private static func correlation(_ channels: Int, _ kernel: Int, stride: Int = 1, side: Int = 12) -> [Kernel] {
    let g = geometry(channels, kernel, stride: stride, side: side)
    let (inputs, outputs) = (channels * side * side, channels * g.outHeight * g.outWidth)
    return [
      Kernel("correlate, \(channels) channels, \(kernel) taps, stride \(stride)") { arena in
        let packed = arena.floats(g.packedCount)
        packWeights(
          arena.floats(channels * g.offsets.count, seed: 1), channelStep: g.offsets.count,
          tapSource: Array(0..<g.offsets.count), geometry: g, into: packed)
        let output = arena.lanes(outputs)
        correlate(
          arena.lanes(inputs, seed: 2), packed: packed, bias: arena.floats(channels, seed: 3), geometry: g,
          accumulate: false, scratch: arena.lanes(g.correlationLanes), into: output)
        return (arena.scalars(output), outputs * lanesPerShard)
      },
      Kernel("weight gradient, \(channels) channels, \(kernel) taps, stride \(stride)") { arena in
        let gradient = arena.floats(channels * g.offsets.count)
        accumulateKernelGradient(
          arena.lanes(outputs, seed: 4), arena.lanes(inputs, seed: 5), geometry: g,
          sums: arena.lanes(g.kernelGradientLanes), into: gradient)
        return (gradient, channels * g.offsets.count)
      },
    ]
  }

  private static func normalization(_ name: String, repeats: Int) -> Kernel {
    Kernel(name) { arena in
      let g = GroupGeometry(count: 90, repeats: repeats, epsilon: 1e-5)
      let (x, y, statistics, dx) = (arena.lanes(90, seed: 1), arena.lanes(90), arena.lanes(2), arena.lanes(90))
      let (weight, gradient) = (arena.floats(90 / repeats, seed: 2), arena.floats(90 / repeats))
      normalizeGroup(x, geometry: g, weight: weight, bias: weight, into: y, statistics: statistics)
      normalizeGroupGradient(
        x, y, geometry: g, weight: weight, statistics: statistics,
        into: GroupGradients(weight: gradient, bias: gradient, input: dx, accumulate: false))
      dx[0][0] += gradient[0]
      return (arena.scalars(dx), 90 * lanesPerShard)
    }
  }

  fileprivate static let kernels: [Kernel] =
    correlation(3, 3) + correlation(16, 3) + correlation(16, 5) + correlation(16, 7) + correlation(17, 3, stride: 2)
    + correlation(30, 1, side: 13) + [
      Kernel("depthwise") { arena in
        let (g, output) = (geometry(1, 3), arena.lanes(500))
        correlatePlanes(
          arena.lanes(5 * 144, seed: 1), inputStep: 144, weights: arena.floats(45, seed: 2), weightStep: 9,
          bias: arena.floats(5, seed: 3), planes: 0..<5, geometry: g, accumulate: false, into: output,
          grid: g.wholePlane,
          height: 10, width: 10)
        return (arena.scalars(output), 500 * lanesPerShard)
      },
      Kernel("linear, forward and both gradients") { arena in
        let (x, dy, vectors) = (arena.lanes(37, seed: 1), arena.lanes(19, seed: 2), arena.lanes(48))
        let (weight, y, dx) = (arena.floats(37 * 19, seed: 3), arena.lanes(19), arena.lanes(37))
        linearForward(x, weight: weight, bias: arena.floats(19, seed: 4), inFeatures: 37, outFeatures: 0..<19, into: y)
        linearInputGradient(
          y, weight: weight, inFeatures: 0..<37, weightStep: 37, outFeatures: 19, accumulate: false, into: dx)
        transposeLanes(dx, features: 37, into: vectors)
        let gradient = arena.floats(37 * 19)
        linearWeightGradient(
          LinearGradientTerms(vectors: vectors, outputGradient: dy, shards: 1, step: 0), outFeatures: 0..<19,
          columns: 0..<37, inFeatures: 37, accumulate: false, into: gradient)
        return (gradient, 37 * 19)
      },
      Kernel("images") { arena in
        let bytes = UnsafeRawPointer(arena.floats(400, seed: 1)).assumingMemoryBound(to: UInt8.self)
        let target = arena.lanes(70)
        loadImages(
          channels: 2, plane: 35, scale: arena.floats(2, seed: 2), shift: arena.floats(2, seed: 3), into: target
        ) { bytes + $0 * 70 }
        return (arena.scalars(target), 70 * lanesPerShard)
      },
      normalization("group norm and its gradient", repeats: 30),
      normalization("layer norm and its gradient", repeats: 1),
      Kernel("softmax, functions and dropout") { arena in
        let (x, y, z) = (arena.lanes(12, seed: 1), arena.lanes(12), arena.lanes(12))
        softmax(x, geometry: SoftmaxGeometry(outer: 2, length: 3, inner: 2), logarithm: true, into: y)
        for kind in [ElementwiseKind.gelu, .tanh, .silu, .elu(alpha: 1)] {
          applyElementwise(kind, y, count: 12, into: z)
          elementwiseGradient(kind, y, x, count: 12, accumulate: true, into: z)
        }
        fillDropoutFactors(x, count: 12, probability: 0.5, firstImage: 0, stream: [1, 2], key: [3, 4])
        multiplyLanes(x, by: y, count: 12, accumulate: true, into: z)
        return (arena.scalars(z), 12 * lanesPerShard)
      },
      Kernel("sources of elements and average pooling") { arena in
        let (rows, columns) = (
          AxisSources(first: [0, 4, 2]), AxisSources(first: [0, 1], second: [1, 2], weights: [0.5, 0.25])
        )
        let (y, dx, pooled) = (arena.lanes(12), arena.lanes(60), arena.lanes(4))
        gatherLanes(
          arena.lanes(60, seed: 1), rows: rows, columns: columns, channels: 2, height: 5, width: 6, into: y)
        scatterGathered(y, rows: rows, columns: columns, channels: 2, height: 5, width: 6, into: dx)
        let window = [PoolWindow(start: 0, count: 3)]
        averagePool(
          dx, geometry: PoolGeometry(channels: 2, height: 5, width: 6, rows: window, columns: window + window),
          channels: 0..<2, divisors: [9, 3], into: pooled)
        return (arena.scalars(pooled), 4 * lanesPerShard)
      },
      Kernel("max pooling and its gradient") { arena in
        func windows(_ count: Int) -> [PoolWindow] { (0..<count).map { PoolWindow(start: 2 * $0, count: 2) } }
        let g = PoolGeometry(channels: 2, height: 5, width: 6, rows: windows(2), columns: windows(3))
        let (y, winners, dx) = (arena.lanes(12), arena.lanes(12), arena.lanes(60))
        maxPool(arena.lanes(60, seed: 1), geometry: g, channels: 0..<2, into: y, winners: winners)
        maxPoolGradient(y, winners: winners, geometry: g, channels: 0..<2, accumulate: false, into: dx)
        return (arena.scalars(dx), 60 * lanesPerShard)
      },
    ]

  @Test(arguments: kernels)
  fileprivate func memoryAtAnyMultipleOfSixteenBytesGivesTheSameNumbers(kernel: Kernel) {
    func result(_ offset: Int) -> [UInt32] {
      let arena = Arena(offset: offset)
      let (numbers, count) = kernel.run(arena)
      return withExtendedLifetime(arena) { (0..<count).map { numbers[$0].bitPattern } }
    }
    let expected = result(0)
    #expect(expected.contains { $0 != 0 })
    for offset in [16, 32, 48] { #expect(result(offset) == expected, "\(offset) bytes off") }
  }
}
