// The machine's peak, and how near to it a configured model trains, evaluates, and does each of its operations.

import Autograd
import Datasets
import Experiments
import Kernels
import Tensors
import Training
import Workers

/// Measures on a number of threads; every figure is of all of them together.
public struct Benchmark: Sendable {
  /// One line of the result.
  public struct Row: Sendable {
    /// The model's name.
    public let workload: String
    /// `train`, `evaluate`, or a layer's name.
    public let part: String
    /// For a layer: its kind and `forward`, `backward`, `input gradient` or `weight gradient`; otherwise empty.
    public let kind: String
    public let pass: String
    public let batch: Int
    public let timings: Timings
    /// Multiply-adds of one batch; 0 for what has none.
    public let multiplyAdds: Int

    public var imagesPerSecond: Double { Double(batch) / timings.median }
    /// Billions of floating-point operations a second: a multiply-add is two.
    public var gflops: Double { 2e-9 * Double(multiplyAdds) / timings.median }
  }

  public let threads: Int
  /// How long each row is measured.
  public let seconds: Double
  /// The shape of the images of noise; nil for that of the configuration's data set.
  public let images: Shape?
  private let pool: WorkerPool

  public init(threads: Int, seconds: Double, images: Shape? = nil) {
    self.threads = threads
    self.seconds = seconds
    self.images = images
    pool = WorkerPool(threads: threads)
  }

  /// The multiply-adds that all threads can do together, in GFLOP/s: the best of the tries of a fifth of a second, in
  /// which the system has moved each thread to a processor of its own.
  public func peak() -> Double {
    let rounds = 200_000
    let clock = ContinuousClock()
    let sink = AlignedBuffer(floats: threads * lanesPerShard)
    var best = Double.infinity
    let end = clock.now + .milliseconds(200)
    repeat {
      let duration = clock.measure {
        pool.run(count: threads) { index, _ in sink.floats[index * lanesPerShard] = multiplyAddRounds(rounds) }
      }
      best = min(best, duration.inSeconds)
    } while clock.now < end
    return 2e-9 * Double(rounds * multiplyAddsPerRound * threads) / best
  }

  /// Training steps and evaluation of a configuration, on images of noise.
  ///
  /// - Throws: `ConfigurationError`, `DatasetError` or `ShapeError`.
  public func workload(_ configuration: Configuration) throws -> [Row] {
    let loop = try makeLoop(configuration)
    guard let learning = loop.classifier.learning else {
      preconditionFailure("a model that is only looked at has no step")
    }
    let batch = configuration.training.batchSize
    let clock = ContinuousClock()
    let steps = Timings.collect(seconds: seconds) {
      while true {
        var event = TrainingLoop.Event.finished
        let duration = clock.measure { event = loop.advance() }
        if case .step(let record) = event, record.images == batch { return duration.inSeconds }
      }
    }
    let images = Classifier.evaluationBatch
    let evaluations = Timings.collect(seconds: seconds) {
      clock.measure {
        loop.withBatch(loop.sampler.validationSource, loop.sampler.validationIndices, 0, images) {
          _ = learning.evaluation.run($0)
        }
      }.inSeconds
    }
    return [
      Row(
        workload: configuration.name, part: "train", kind: "", pass: "", batch: batch, timings: steps,
        multiplyAdds: batch * learning.training.multiplyAdds(backward: true)),
      Row(
        workload: configuration.name, part: "evaluate", kind: "", pass: "", batch: images, timings: evaluations,
        multiplyAdds: images * learning.evaluation.multiplyAdds(backward: false)),
    ]
  }

  private func makeLoop(_ configuration: Configuration) throws -> TrainingLoop {
    var configuration = configuration
    configuration.training.epochs = 1_000_000
    configuration.dataset.train = nil
    configuration.dataset.test = nil
    if let channels = images?[0] {
      configuration.dataset.normalization = Normalization(
        mean: Array(repeating: 0.5, count: channels), std: Array(repeating: 0.25, count: channels))
    }
    guard let source = DataSource.named(configuration.dataset.name) else {
      throw DatasetError("\(configuration.dataset.name) is not a known data set")
    }
    func noise(_ count: Int, stream: Int) -> LabeledImages {
      let random = RandomStream(seed: configuration.seed, purpose: .glyphs, stream: stream)
      return LabeledImages(
        shape: images ?? source.shape, labels: (0..<count).map { UInt8($0 % source.classes.count) }
      ) { bytes in
        for index in bytes.indices { bytes[index] = UInt8(256 * random.uniform(index)) }
      }
    }
    let dataset = try Dataset(
      name: "noise", classes: source.classes, train: noise(4 * configuration.training.batchSize, stream: 1),
      test: noise(Classifier.evaluationBatch, stream: 2))
    return try TrainingLoop(configuration, dataset: dataset, pool: pool)
  }

  /// Each layer of a configuration by itself, and its loss, at the shapes and the batch size that they have there.
  ///
  /// - Throws: `Sequential.BuildError` or `ShapeError`.
  public func operations(_ configuration: Configuration) throws -> [Row] {
    guard let source = DataSource.named(configuration.dataset.name) else {
      throw DatasetError("\(configuration.dataset.name) is not a known data set")
    }
    let bench = OperationBench(
      workload: configuration.name, batch: configuration.training.batchSize, pool: pool, seconds: seconds / 10)
    return try bench.rows(configuration.layers, input: images ?? source.shape, classes: source.classes.count)
  }
}
