// A batch whose shards are spread over two executors, as over two processes: the same bits as in one.

import Autograd
import Dispatch
import Kernels
import Layers
import Tensors
import Testing
import Workers

/// Relays the sums of the first half to the second one, and the result back.
private final class Relay: Sendable {
  private nonisolated(unsafe) var memory: [[UInt8]] = []
  private let (forth, back) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))

  struct End: Exchange {
    let relay: Relay
    let isFirst: Bool

    func join(_ pieces: some Collection<UnsafeMutableRawBufferPointer>, _ add: (_ areFirst: Bool) -> Void) {
      if isFirst {
        add(true)
        relay.memory = pieces.map(Array.init)
        relay.forth.signal()
        relay.back.wait()
        load(pieces)
      } else {
        relay.forth.wait()
        load(pieces)
        add(false)
        relay.memory = pieces.map(Array.init)
        relay.back.signal()
      }
    }

    private func load(_ pieces: some Collection<UnsafeMutableRawBufferPointer>) {
      for (piece, bytes) in zip(pieces, relay.memory) { piece.copyBytes(from: bytes) }
    }
  }
}

/// Some images of a batch, whose mean is over all of it.
private struct Part: BatchSource {
  let batch: TensorBatch
  var images: Int { batch.images }
  let lossWeight: Double

  func load(shard: Int, realImages: Int, into inputs: [UnsafeMutableBufferPointer<Lanes>]) {
    batch.load(shard: shard, realImages: realImages, into: inputs)
  }
}

@Suite struct ExchangeTests {
  private struct Outcome: Equatable {
    var means: [Double]
    var gradients: [[Float]]
    var statistics: [[Float]]
  }

  private static let convolutional: [any LayerConfiguration] = [
    Conv2d.Configuration(outChannels: 5, kernelSize: Size2d(3)), BatchNorm2d.Configuration(), ReLU.Configuration(),
    MaxPool2d.Configuration(options: Pool2dOptions(kernel: Size2d(2))), Dropout.Configuration(probability: 0.3),
    Conv2d.Configuration(outChannels: 4, kernelSize: Size2d(3)), Flatten.Configuration(),
  ]
  private static let linear =
    convolutional.dropLast(2) + [
      Flatten.Configuration(), Linear.Configuration(outFeatures: 4),
    ]

  /// Two steps of a part of the batch.
  private func steps(
    _ layers: [any LayerConfiguration], _ images: Range<Int>, of total: Int, _ exchange: any Exchange
  ) throws -> Outcome {
    let model = try Sequential(layers, input: [2, 8, 8], seed: 3)
    let tape = Tape()
    let loss = try crossEntropy(model.forward(tape.input(model.input)), labels: tape.input([]))
    let executor = Executor(
      tape, loss: loss, metrics: [loss], kept: [], capacity: images.count, pool: WorkerPool(threads: 2),
      exchange: exchange)
    let pixels = noise([total, 2, 8, 8], seed: 6)
    let (first, last) = (images.lowerBound * 128, images.upperBound * 128)
    let batch = Part(
      batch: TensorBatch([
        Tensor([images.count, 2, 8, 8], Array(pixels.values[first..<last])),
        Tensor([images.count], images.map { Float($0 % 4) }),
      ]), lossWeight: Double(total))
    let means = (0..<2).flatMap { step in
      executor.step(
        batch,
        context: StepContext(
          isTraining: true, seed: 1, step: step, firstShard: images.lowerBound / lanesPerShard, totalImages: total))
    }
    let parameters = model.parameters
    return Outcome(
      means: means, gradients: parameters.filter(\.isTrainable).map(\.gradientTensor.values),
      statistics: parameters.filter { !$0.isTrainable }.map(\.tensor.values))
  }

  private func both(_ layers: [any LayerConfiguration], cut: Int, of total: Int) async throws -> (Outcome, Outcome) {
    let relay = Relay()
    async let first = steps(layers, 0..<cut, of: total, Relay.End(relay: relay, isFirst: true))
    async let second = steps(layers, cut..<total, of: total, Relay.End(relay: relay, isFirst: false))
    return try await (first, second)
  }

  @Test(arguments: [(16, 50), (32, 50), (48, 64)])
  func twoHalvesOfABatchGiveTheBitsOfTheWhole(cut: Int, total: Int) async throws {
    let whole = try steps(ExchangeTests.convolutional, 0..<total, of: total, LocalExchange())
    let (first, second) = try await both(ExchangeTests.convolutional, cut: cut, of: total)
    #expect(first == whole)
    #expect(second == whole)
    #expect(whole.gradients.allSatisfy { $0.contains { $0 != 0 } } && whole.statistics.count == 2)
  }

  @Test func linearLayersAgreeToRoundingWhereverTheCutIs() async throws {
    let whole = try steps(ExchangeTests.linear, 0..<50, of: 50, LocalExchange())
    let (first, second) = try await both(ExchangeTests.linear, cut: 16, of: 50)
    #expect(first == second)
    for (a, b) in zip(whole.gradients.joined(), first.gradients.joined()) { #expect(abs(a - b) < 1e-6) }
  }
}
