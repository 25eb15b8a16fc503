// The same bits whatever the number of threads, and the same numbers whatever the split into batches.

import Layers
import Optimizers
import Tensors
import Testing
import Workers

@testable import Autograd

@Suite struct DeterminismTests {
  private static let padded = Conv2dOptions(padding: Padding2d(1))
  private static let layers: [any LayerConfiguration] = [
    Conv2d.Configuration(outChannels: 5, kernelSize: Size2d(3)), ReLU.Configuration(), BatchNorm2d.Configuration(),
    MaxPool2d.Configuration(options: Pool2dOptions(kernel: Size2d(2))), Dropout.Configuration(probability: 0.3),
    Conv2d.Configuration(outChannels: 4, kernelSize: Size2d(2)),
    Conv2d.Configuration(outChannels: 6, kernelSize: Size2d(1)),
    // The block's input has two readers, neither of which needs it backward.
    Conv2d.Configuration(outChannels: 4, kernelSize: Size2d(3), options: padded),
    Residual.Configuration(
      layers: [Conv2d.Configuration(outChannels: 4, kernelSize: Size2d(3), options: padded), ReLU.Configuration()],
      shortcut: [Conv2d.Configuration(outChannels: 4, kernelSize: Size2d(3), options: padded)]),
    ReLU.Configuration(),
    Flatten.Configuration(), Linear.Configuration(outFeatures: 4),
  ]

  /// Layers whose parameters threads share out by rows: slices of whole rows end within vectors.
  private static let wideLayers: [any LayerConfiguration] = [
    Flatten.Configuration(), Linear.Configuration(outFeatures: 531), ReLU.Configuration(),
    Linear.Configuration(outFeatures: 301), ReLU.Configuration(), Linear.Configuration(outFeatures: 4),
  ]

  /// What leaves each layer of a model, blocks as wholes.
  private func outputs(_ model: Sequential, _ x: Variable) throws -> [Variable] {
    var outputs: [Variable] = []
    for layer in model.layers { outputs.append(try layer.forward(outputs.last ?? x)) }
    return outputs
  }

  /// Some steps of training; the final parameters, and the losses.
  private func train(_ layers: [any LayerConfiguration], threads: Int, images count: Int = 50, steps: Int = 5) throws
    -> (
      parameters: [Tensor], losses: [Double]
    )
  {
    let model = try Sequential(layers, input: [2, 9, 9], seed: 3)
    let tape = Tape()
    let images = tape.input([2, 9, 9])
    let labels = tape.input([])
    let outputs = try outputs(model, images)
    let loss = try crossEntropy(outputs[outputs.count - 1], labels: labels)
    let pool = WorkerPool(threads: threads)
    let executor = Executor(tape, loss: loss, metrics: [loss], capacity: count, pool: pool)
    #expect(executor.plan.nodes.contains(where: \.isWide) == (model.parameters[0].shape.rank == 2))
    let optimizer = Adam(model.parameters.filter(\.isTrainable), options: Adam.Options(learningRate: 0.01))
    let batch = TensorBatch([noise([count, 2, 9, 9], seed: 6), Tensor([count], (0..<count).map { Float($0 % 4) })])
    let losses = (0..<steps).map { step in
      let loss = executor.step(batch, context: StepContext(isTraining: true, seed: 1, step: step))[0]
      optimizer.step(pool)
      return loss
    }
    return (model.parameters.map(\.tensor), losses)
  }

  @Test(arguments: [false, true])
  func trainingIsBitIdenticalForAnyNumberOfThreads(isWide: Bool) throws {
    let layers = isWide ? DeterminismTests.wideLayers : DeterminismTests.layers
    let alone = try train(layers, threads: 1)
    #expect(alone.losses[4] < alone.losses[0])
    for threads in [2, 3, 4, 7] {
      let together = try train(layers, threads: threads)
      #expect(together.losses == alone.losses)
      #expect(together.parameters == alone.parameters)
    }
  }

  @Test func tryingOutPortionsChangesNoBit() throws {
    let alone = try train(DeterminismTests.layers, threads: 1, images: 5, steps: 70)
    for threads in [2, 6] {
      let together = try train(DeterminismTests.layers, threads: threads, images: 5, steps: 70)
      #expect(together.losses == alone.losses)
      #expect(together.parameters == alone.parameters)
    }
  }

  @Test func aBatchOfTwoIsTwoBatchesOfOne() throws {
    let weight = Parameter("w", noise([3, 2, 3, 3], seed: 1))
    let x = noise([2, 2, 6, 6], seed: 2)
    func gradient(_ x: Tensor) throws -> [Float] {
      let tape = Tape()
      let y = try conv2d(tape.input([2, 6, 6]), weight: weight)
      let loss = try crossEntropy(y.flattened, labels: tape.input([]))
      let executor = Executor(tape, loss: loss, capacity: 2, pool: WorkerPool(threads: 1))
      executor.step(TensorBatch([x, Tensor([x.shape[0]])]), context: StepContext(isTraining: true))
      return weight.gradientTensor.values
    }
    let both = try gradient(x)
    let first = try gradient(x[0].reshaped([1, 2, 6, 6]))
    let second = try gradient(x[1].reshaped([1, 2, 6, 6]))
    for ((sum, a), b) in zip(zip(both, first), second) { #expect(abs(sum - (a + b) / 2) < 1e-6) }
  }

  @Test func exchangingReLUAndMaxPoolingChangesNoBit() throws {
    let layers: [any LayerConfiguration] = [
      Conv2d.Configuration(outChannels: 3, kernelSize: Size2d(3)), ReLU.Configuration(),
      MaxPool2d.Configuration(options: Pool2dOptions(kernel: Size2d(3), stride: Size2d(2), padding: Size2d(1))),
      Flatten.Configuration(), Linear.Configuration(outFeatures: 4),
    ]
    let batch = TensorBatch([whole([19, 2, 9, 8], seed: 1), Tensor([19], (0..<19).map { Float($0 % 4) })])
    func step(kept: [Variable]?) throws -> [[Float]] {
      let model = try Sequential(layers, input: [2, 9, 8], seed: 3)
      let tape = Tape()
      let loss = try crossEntropy(model.forward(tape.input(model.input)), labels: tape.input([]))
      let executor = Executor(
        tape, loss: loss, metrics: [loss], kept: kept, capacity: 19, pool: WorkerPool(threads: 2))
      // Where all values are kept, nothing changes its place.
      let order = executor.plan.graph.nodes.map(\.operation.name)
      #expect(
        order.firstIndex(of: "relu") == (kept == nil ? 1 : 2)
          && order.firstIndex(of: "max_pool2d") == (kept == nil ? 2 : 1))
      // What the other order computes in its place is not its value.
      let rectified = try #require(executor.plan.graph.nodes.firstIndex { $0.operation.name == "relu" })
      #expect(kept == nil || !executor.plan.graph.replaced.isEmpty)
      #expect(rectified == 1 || executor.plan.graph.replaced == [executor.plan.graph.nodes[1].output])
      let value = executor.step(batch, context: StepContext(isTraining: true))
      return [value.map(Float.init)] + model.parameters.map(\.gradientTensor.values)
    }
    let plain = try step(kept: nil)
    #expect(try step(kept: []) == plain)
    #expect(plain[1].contains { $0 != 0 })
  }

  /// Only values that are kept have a place of their own; that changes no loss, no gradient and no kept value.
  @Test func workingInPlaceChangesNoBit() throws {
    let batch = TensorBatch([noise([50, 2, 9, 9], seed: 6), Tensor([50], (0..<50).map { Float($0 % 4) })])
    func step(inPlace: Bool) throws -> [[Float]] {
      let model = try Sequential(DeterminismTests.layers, input: [2, 9, 9], seed: 3)
      let tape = Tape()
      let outputs = try outputs(model, tape.input(model.input))
      let loss = try crossEntropy(outputs[outputs.count - 1], labels: tape.input([]))
      let executor = Executor(
        tape, loss: loss, metrics: [loss], kept: inPlace ? [outputs[1], outputs[3]] : nil, capacity: 50,
        pool: WorkerPool(threads: 2))
      let value = executor.step(batch, context: StepContext(isTraining: true, seed: 1, step: 1))
      let pooled = executor.tensor(of: outputs[3], image: 7).values
      let activated = executor.tensor(of: outputs[1], image: 7).values
      return [value.map(Float.init), pooled, activated]
        + model.parameters.filter(\.isTrainable).map(\.gradientTensor.values)
    }
    #expect(try step(inPlace: true) == step(inPlace: false))
    let model = try Sequential(DeterminismTests.layers, input: [2, 9, 9], seed: 3)
    let tape = Tape()
    let loss = try crossEntropy(model.forward(tape.input(model.input)), labels: tape.input([]))
    #expect(
      Executor.memory(tape, loss: loss, kept: [], capacity: 50, threads: 2)
        < Executor.memory(tape, loss: loss, capacity: 50, threads: 2))
  }

  /// What is not kept makes room for what comes later: a deeper net is evaluated in the same memory, and trains in more for its values
  /// only.
  @Test func memoryDoesNotGrowWithWhatNobodyReadsAgain() throws {
    func lanes(depth: Int, trains: Bool) throws -> Int {
      let layer = Conv2d.Configuration(outChannels: 4, kernelSize: Size2d(3), options: DeterminismTests.padded)
      let layers = (0..<depth).flatMap { _ in
        [layer, Activation.Configuration(function: .tanh)] as [any LayerConfiguration]
      }
      let model = try Sequential(layers, input: [4, 9, 9], seed: 3)
      let tape = Tape()
      let y = try model.forward(tape.input(model.input))
      let loss = try crossEntropy(y.flattened, labels: tape.input([]))
      return Plan(tape, loss: trains ? loss : nil, metrics: [loss], kept: []).lanesPerShardMemory
    }
    #expect(try lanes(depth: 12, trains: false) == lanes(depth: 4, trains: false))
    // The tanh works in the convolution's place.
    let (value, copy, parameters) = (4 * 81, 4 * (11 * 11), 9 + 1)
    #expect(try lanes(depth: 12, trains: true) - lanes(depth: 11, trains: true) == value + copy + parameters)
  }

  /// Threads that come late to a job may not join the one after it with what they know of the first.
  @Test func jobsInQuickSuccessionKeepApart() {
    let pool = WorkerPool(threads: 9)
    let hits = UnsafeMutablePointer<Int>.allocate(capacity: 4)
    defer { hits.deallocate() }
    var faults = 0
    for job in 0..<20_000 {
      let count = 2 + job % 3
      hits.initialize(repeating: 0, count: 4)
      pool.run(count: count) { index, _ in hits[index] += job }
      for index in 0..<4 where hits[index] != (index < count ? job : 0) { faults += 1 }
    }
    #expect(faults == 0)
  }

  @Test func aPoolRunsEveryIndexExactlyOnce() {
    let pool = WorkerPool(threads: 3)
    for count in [0, 1, 2, 5, 1000] {
      let hits = UnsafeMutablePointer<Int>.allocate(capacity: max(1, count))
      defer { hits.deallocate() }
      hits.initialize(repeating: 0, count: max(1, count))
      pool.run(count: count) { index, _ in hits[index] += 1 }
      #expect((0..<count).allSatisfy { hits[$0] == 1 })
    }
  }
}
