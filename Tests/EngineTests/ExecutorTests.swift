// What an executor keeps, and how much of the machine it takes.

import Layers
import Testing
import Workers

@testable import Autograd
@testable import Tensors

@Suite struct ExecutorTests {
  private static let layers: [any LayerConfiguration] = [
    Conv2d.Configuration(outChannels: 3, kernelSize: Size2d(3)), BatchNorm2d.Configuration(), ReLU.Configuration(),
    Flatten.Configuration(), Linear.Configuration(outFeatures: 5),
  ]

  @Test func threadsThatUseTheirMemoryAgainGiveWhatShardsWithTheirOwnGive() throws {
    let model = try Sequential(ExecutorTests.layers, input: [2, 6, 6], seed: 3)
    let batch = TensorBatch([noise([77, 2, 6, 6], seed: 6), Tensor([77], (0..<77).map { Float($0 % 5) })])
    func run(reusing: Bool, threads: Int) throws -> (means: [Double], logits: [Tensor], bytes: Int) {
      let tape = Tape()
      let images = tape.input([2, 6, 6])
      let logits = try model.forward(images)
      let loss = try crossEntropy(logits, labels: tape.input([]))
      let executor = Executor(
        tape, metrics: [loss], kept: [logits], capacity: 80, pool: WorkerPool(threads: threads), reusesMemory: reusing)
      let means = executor.run(batch)
      let bytes = Executor.memory(
        tape, metrics: [loss], kept: [logits], capacity: 80, threads: threads, reusesMemory: reusing)
      return (means, (0..<77).map { executor.tensor(of: logits, image: $0) }, bytes)
    }
    let own = try run(reusing: false, threads: 1)
    for threads in [1, 2, 3, 9] {
      let reused = try run(reusing: true, threads: threads)
      #expect(reused.means == own.means && reused.logits == own.logits)
      #expect(threads > 2 || reused.bytes < own.bytes)
    }
  }

  @Test func withoutRunningStatisticsEvaluationTakesTheBatchsOwn() throws {
    var configuration = BatchNorm2d.Configuration()
    configuration.tracksStatistics = false
    let norm = try configuration.build(BuildSite(input: [2, 3, 3], name: "n", seed: 1, index: 0))
    #expect(norm.parameters.map(\.name) == ["n.weight", "n.bias"])
    let x = noise([40, 2, 3, 3], seed: 1)
    let (training, evaluation) = (
      try evaluate([x], training: true) { try norm.forward($0[0]) }, try evaluate([x]) { try norm.forward($0[0]) }
    )
    #expect(training == evaluation)
  }

  @Test func momentumOfNullAveragesOverAllBatches() throws {
    let statistics = BatchNormStatistics(
      mean: Parameter("mean", Tensor([1]), isTrainable: false),
      variance: Parameter("variance", Tensor([1], [1]), isTrainable: false),
      batches: Parameter("batches", Tensor([1]), isTrainable: false))
    for values: [Float] in [[1, 3], [5, 5], [0, 6]] {
      _ = try evaluate([Tensor([2, 1, 1, 1], values)], training: true) {
        try batchNorm2d(
          $0[0], weight: nil, bias: nil, statistics: statistics, options: BatchNormOptions(momentum: nil))
      }
    }
    // Means 2, 5 and 3; unbiased variances 2, 0 and 18.
    #expect(abs(statistics.mean.values[0] - 10.0 / 3) < 1e-6)
    #expect(abs(statistics.variance.values[0] - 20.0 / 3) < 1e-5)
    #expect(statistics.batches?.values[0] == 3)
  }

  @Test func noTwoLayersOfAModelShareRandomNumbers() throws {
    let relu: [any LayerConfiguration] = Array(repeating: ReLU.Configuration(), count: 40)
    let linear = Linear.Configuration(outFeatures: 6)
    let model = try Sequential(
      [Residual.Configuration(layers: relu + [linear], shortcut: [linear]), linear] + relu + [linear] + relu + [linear],
      input: [6], seed: 1)
    let weights = model.parameters.filter { $0.name.hasSuffix("weight") }.map(\.tensor)
    #expect(weights.count == 5 && Set(weights).count == 5)
  }

  @Test(
    arguments: [
      ("200000 100000", 2), ("150000 100000\n", 2), ("50000 100000", 1), ("max 100000", nil), ("-1 100000", nil),
      ("", nil),
    ] as [(String, Int?)])
  func aQuotaOfProcessorTimeIsSoManyProcessors(text: String, processors: Int?) {
    #expect(Processors.quota(text) == processors)
  }

  @Test func aLogitThatIsNotANumberIsNoHit() throws {
    let logits = Tensor([4, 3], [.nan, 1, 2, 3, .nan, 1, 1, 2, .nan, 1, 0, 0])
    let hits = try evaluate([logits, Tensor([4], [0, 0, 1, 0])]) { try topOne($0[0], labels: $0[1]) }
    #expect(hits.map { $0.values[0] } == [0, 0, 0, 1])
  }
}
