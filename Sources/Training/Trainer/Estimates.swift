// How fast a run goes, and how long it will still take: all that it knows of time.

import Telemetry

/// What the durations of a run's units amount to.
struct Estimates {
  private var throughput = Throughput()
  /// Seconds of work in this epoch, and the images trained on meanwhile.
  private var training = 0.0
  private var validation = 0.0
  private var images = 0
  private var lastValidation = 0.0
  /// Of work, over the whole run, without pauses.
  private(set) var seconds = 0.0

  /// Training images a second, over the last second or so; 0 before the first step.
  var imagesPerSecond: Double { throughput.imagesPerSecond }

  /// Of a step with so many images; 0 before the first one.
  func secondsPerStep(of images: Int) -> Double { imagesPerSecond > 0 ? Double(images) / imagesPerSecond : 0 }

  mutating func addStep(images count: Int, seconds: Double) {
    self.seconds += seconds
    training += seconds
    images += count
    throughput.add(images: count, seconds: seconds)
  }

  mutating func addValidation(seconds: Double) {
    self.seconds += seconds
    validation += seconds
  }

  /// Begins the next epoch, and gives the record of the one that is over its times.
  mutating func finishEpoch(_ record: EpochRecord) -> EpochRecord {
    var record = record
    record.imagesPerSecond = training > 0 ? Double(images) / training : 0
    record.seconds = training + validation
    (lastValidation, training, validation, images) = (validation, 0, 0, 0)
    return record
  }

  /// Seconds that the rest of a run will take at a pace; nil before there is anything to go by.
  func secondsLeft(_ loop: TrainingLoop, _ pace: Pace) -> Double? {
    guard imagesPerSecond > 0 else { return nil }
    let epochs = loop.epochs - (loop.epoch - 1)
    let done = min(loop.sampler.trainCount, loop.stepInEpoch * loop.configuration.training.batchSize)
    let images = Double(epochs * loop.sampler.trainCount - done)
    let steps = Double(epochs * loop.stepsPerEpoch - loop.stepInEpoch)
    let training = max(images / imagesPerSecond, steps * pace.secondsPerStep)
    return max(0, training) + Double(epochs) * lastValidation
  }
}

/// Images a second over about the last second of work: older work counts half for each second that has passed since.
private struct Throughput {
  private var images = 0.0
  private var seconds = 0.0

  mutating func add(images count: Int, seconds duration: Double) {
    let decay = pow2(-duration)
    images = images * decay + Double(count)
    seconds = seconds * decay + duration
  }

  var imagesPerSecond: Double { seconds > 0 ? images / seconds : 0 }

  /// 2ˣ for x ≤ 0, near enough: (1 + x/16 · ln 2)¹⁶.
  private func pow2(_ x: Double) -> Double {
    var value = max(0, 1 + x * 0.693_147 / 16)
    for _ in 0..<4 { value *= value }
    return value
  }
}
