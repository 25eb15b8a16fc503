// What a step and an epoch leave behind, and how they are written down.

/// The figures of one training step.
public struct StepRecord: Hashable, Sendable, Codable {
  /// Counted from 1 over the whole run.
  public var step: Int
  /// Counted from 1.
  public var epoch: Int
  /// The mean over the batch.
  public var loss: Double
  public var accuracy: Double
  public var learningRate: Float
  public var images: Int

  public init(step: Int, epoch: Int, loss: Double, accuracy: Double, learningRate: Float, images: Int) {
    (self.step, self.epoch, self.loss, self.accuracy) = (step, epoch, loss, accuracy)
    (self.learningRate, self.images) = (learningRate, images)
  }

  /// The fields of its line in `metrics.jsonl`.
  public func add(to line: inout JSONLine) {
    line.add("step", step)
    line.add("epoch", epoch)
    for scalar in StepRecord.scalars { scalar.write(self, &line) }
  }
}

/// The figures of one epoch.
public struct EpochRecord: Hashable, Sendable, Codable {
  public var epoch: Int
  /// The last step of the epoch.
  public var step: Int
  /// Means over the epoch's training images, as they were while it went by.
  public var trainLoss: Double
  public var trainAccuracy: Double
  public var validationLoss: Double
  public var validationAccuracy: Double
  /// Training images a second of training, without validation and pauses.
  public var imagesPerSecond = 0.0
  /// Training and validation, without pauses.
  public var seconds = 0.0

  public init(
    epoch: Int, step: Int, trainLoss: Double, trainAccuracy: Double, validationLoss: Double, validationAccuracy: Double
  ) {
    (self.epoch, self.step) = (epoch, step)
    (self.trainLoss, self.trainAccuracy) = (trainLoss, trainAccuracy)
    (self.validationLoss, self.validationAccuracy) = (validationLoss, validationAccuracy)
  }

  /// The fields of its line in `metrics.jsonl`: the same for the same seed, so it holds no times.
  public func add(to line: inout JSONLine) {
    line.add("epoch", epoch)
    line.add("step", step)
    for scalar in EpochRecord.scalars { scalar.write(self, &line) }
  }

  /// The line of `convtop train --json`.
  public func event() throws -> JSONLine {
    var line = JSONLine()
    try line.add("event", "epoch")
    add(to: &line)
    line.add("images_per_second", rounded(imagesPerSecond, 1))
    line.add("seconds", rounded(seconds, 3))
    return line
  }
}

/// What was measured of the net after a step, beside the step's own figures: after steps 1, 2, 4, 8, 16, then every 32nd.
///
/// `gradient_norm` is the Euclidean norm of all gradients together; of each layer with weights, `conv1/weight_norm`,
/// `conv1/gradient_norm` and `conv1/update_norm`, of what the step added; and at an epoch's end, of each activation with zeros,
/// `relu1/dead`: the share of its units (channels, if it has planes) that are zero for every image looked at.
public struct MeasureRecord: Hashable, Sendable, Codable {
  public struct Value: Hashable, Sendable, Codable {
    public let name: String
    public let value: Double

    public init(_ name: String, _ value: Double) { (self.name, self.value) = (name, value) }
  }
  public let step: Int
  public let epoch: Int
  public let values: [Value]

  public init(step: Int, epoch: Int, values: [Value]) {
    (self.step, self.epoch) = (step, epoch)
    // By name, those of the whole net first: a line of JSON keeps no order.
    func rank(_ value: Value) -> Int { value.name.utf8.contains(UInt8(ascii: "/")) ? 1 : 0 }
    self.values = values.sorted { (rank($0), $0.name) < (rank($1), $1.name) }
  }

  /// Whether a step is measured: more of the first ones, in which most happens.
  public static func isDue(_ step: Int) -> Bool { step % 32 == 0 || step < 32 && step.nonzeroBitCount == 1 }

  /// Whether a key of `metrics.jsonl` names such a value.
  static func isName(_ key: String) -> Bool { key == "gradient_norm" || key.contains("/") }

  /// The fields of its line in `metrics.jsonl`.
  public func add(to line: inout JSONLine) {
    line.add("step", step)
    line.add("epoch", epoch)
    for value in values { line.add(value.name, value.value) }
  }
}

/// A number cut to so many decimals, for figures whose further digits mean nothing.
private func rounded(_ value: Double, _ decimals: Int) -> Double {
  var factor = 1.0
  for _ in 0..<decimals { factor *= 10 }
  return (value * factor).rounded() / factor
}
